"""Every test has a depot of its own: an empty database and topics that nobody else knows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count

import pytest

from chassis import worker
from chassis.events import consumer
from tests.integration.events.depot import Depot
from tests.parcels import service as parcels
from tests.parts.fixtures import Parts

_numbers = count(1)


@pytest.fixture
def new_depot(parts: Parts, new_database: Callable[[str], str], topic_prefix: str) -> Iterator[Callable[[], Depot]]:
    """Makes a depot with its tables and topics; all are closed after the test."""
    made: list[Depot] = []

    def make() -> Depot:
        number = next(_numbers)
        depot = Depot(new_database(str(number)), parts.kafka.bootstrap, f"{topic_prefix}{number}.")
        made.append(depot)
        parcels.create_tables(depot.database)
        depot.catalogue.create(depot.bootstrap, ["parcels"])
        return depot

    yield make
    parcels.broken_notes.clear()
    for each in made:
        each.close()


@pytest.fixture
def depot(new_depot: Callable[[], Depot]) -> Depot:
    """The depot of this test."""
    return new_depot()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What fails is tried again within a third of a second, always, and shown for half a second."""
    monkeypatch.setattr(consumer, "RETRY_SECONDS", 0.3)
    monkeypatch.setattr(worker, "STEADY_SECONDS", 0.5)
