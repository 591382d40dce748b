"""Settings and fixtures of all tests, the order in which modules run, and the process that runs them."""

from __future__ import annotations

import gc
import os
from collections import defaultdict
from collections.abc import Generator
from functools import cache
from pathlib import Path
from threading import Thread

import pytest
from hypothesis import HealthCheck, settings
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

from standalone.kafka import learn

# How long an example takes depends on what else the machine does.
settings.register_profile("tests", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tests")

pytest_plugins = ["tests.parts.fixtures", "tests.parts.spans", "tests.integration.http.serving"]


@pytest.hookimpl
def pytest_sessionstart(session: pytest.Session) -> None:
    """On a new machine, fetch Kafka and record what its start loads while the processes collect: they wait for it, and
    their starts take a quarter of the time."""
    options = session.config.option
    if options.dist != "no" and not options.markexpr and os.environ.get("TEST_BACKEND") != "docker":
        Thread(target=learn).start()


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Modules and tests are never garbage: to search them again and again takes a tenth of the time of the tests."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that need PostgreSQL or Kafka, and put the modules whose tests may take longest first.

    With the long modules first, the processes that share the modules end at the same time.
    """
    seconds: dict[object, float] = defaultdict(float)
    for item in items:
        if "backend" in getattr(item, "fixturenames", ()):
            item.add_marker("database")
        if mark := item.get_closest_marker("timeout"):
            seconds[item.path] = max(seconds[item.path], *mark.args)
    items.sort(key=lambda item: -seconds[item.path])


class _Scheduling(LoadFileScheduling):  # type: ignore[misc]
    """Each process runs whole modules; one runs all modules of tests/faults that share a running system.

    To start a system takes 19 seconds of a core, and it uses a third of a core while nothing happens.
    """

    def _split_scope(self, nodeid: str) -> str:
        module: str = super()._split_scope(nodeid)
        return "tests/faults" if module.startswith("tests/faults/") and not _needs_own_system(module) else module


@cache
def _needs_own_system(module: str) -> bool:
    return "dedicated" in Path(module).read_text(encoding="utf-8")


@pytest.hookimpl
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> _Scheduling:
    """Replace the scheduling of `--dist loadfile`."""
    return _Scheduling(config, log)
