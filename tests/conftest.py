"""Settings and fixtures of all tests, and the order in which modules run."""

from __future__ import annotations

from collections import defaultdict

import pytest
from hypothesis import HealthCheck, settings

# How long an example takes depends on what else the machine does.
settings.register_profile("tests", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tests")

pytest_plugins = ["tests.parts.fixtures", "tests.parts.spans", "tests.integration.http.serving"]


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
