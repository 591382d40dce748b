"""Systems that tests may break: real PostgreSQL, real Kafka, every service as separate processes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from anning.services import load_all
from standalone.system import LOAD, System
from tests.faults.running import RunningSystem


@pytest.fixture(scope="package")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSystem]:
    """A system shared by all tests that leave it intact; each test uses its own numbers."""
    with System(tmp_path_factory.mktemp("system"), load_all(), rule_packs=LOAD) as system:
        yield RunningSystem(system)


@pytest.fixture(scope="module")
def dedicated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSystem]:
    """A system for one module only, whose tests may therefore compare complete tables."""
    with System(tmp_path_factory.mktemp("system"), load_all(), rule_packs=LOAD) as system:
        yield RunningSystem(system)
