"""Systems to be broken: real PostgreSQL, real Kafka, every service as processes of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from anning.services import load_all
from standalone.system import System
from tests.faults.running import Running

RULE_PACKS = "CN-2015,CN-2026"


@pytest.fixture(scope="package")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A system for all tests that leave it whole; each uses numbers of its own."""
    with System(tmp_path_factory.mktemp("system"), load_all(), rule_packs=RULE_PACKS) as system:
        yield Running(system)


@pytest.fixture(scope="module")
def running_alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A system for one module only, which may then look at everything there is."""
    with System(tmp_path_factory.mktemp("system"), load_all(), rule_packs=RULE_PACKS) as system:
        yield Running(system)
