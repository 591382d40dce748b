"""Each test has its own depot: an empty database, and topics that no other test uses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import count

import pytest

from chassis import worker
from chassis.events import consumer, quarantine
from tests.integration.events.depot import Depot
from tests.parcels import service as parcels
from tests.parts.fixtures import Parts

_numbers = count(1)


@pytest.fixture
def new_depot(parts: Parts, new_database: Callable[[str], str], topic_prefix: str) -> Iterator[Callable[[], Depot]]:
    """Create a depot with its tables and topics; all are closed after the test."""
    created: list[Depot] = []

    def create() -> Depot:
        number = next(_numbers)
        depot = Depot(new_database(str(number)), parts.kafka.broker(), f"{topic_prefix}{number}.")
        created.append(depot)
        parcels.create_tables(depot.database)
        depot.catalogue.create(depot.broker, ["parcels"])
        return depot

    yield create
    parcels.broken_notes.clear()
    for each in created:
        each.close()


@pytest.fixture
def depot(new_depot: Callable[[], Depot]) -> Depot:
    """The depot of this test."""
    return new_depot()


@pytest.fixture
def fast_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try failing events again within 0.3 s; a restarted loop is healthy after 0.5 s."""
    monkeypatch.setattr(consumer, "RETRY_SECONDS", 0.3)
    monkeypatch.setattr(consumer, "REPLAY_SECONDS", 0.05)
    monkeypatch.setattr(consumer, "EMPTY_SECONDS", 0.05)
    monkeypatch.setattr(quarantine, "LONGEST_PAUSE", timedelta(seconds=0.3))
    monkeypatch.setattr(worker, "STEADY_SECONDS", 0.5)
