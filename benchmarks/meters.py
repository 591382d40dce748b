"""A database and a topic outside the services, with which relay and consumer are measured."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import ClassVar

from benchmarks.testbed import Testbed
from chassis.aggregate import Cause, Recorded
from chassis.broker import Broker
from chassis.database import MECHANISM, Database
from chassis.event import Event
from chassis.events import outbox
from chassis.events.topics import Catalogue, Topic
from chassis.ids import new_id

EVENTS = 20_000
TOPIC = "meters.readings.v1"


class ReadingTaken(Event, frozen=True, kw_only=True):
    """An event of about 600 bytes in its envelope."""

    type: ClassVar[str] = "reading-taken.v1"
    topic: ClassVar[str] = TOPIC
    aggregate: ClassVar[str] = "reading"

    reading: str
    meter: str
    note: str

    @property
    def aggregate_id(self) -> str:
        return self.reading

    @property
    def key(self) -> str:
        return self.meter


@dataclass(frozen=True)
class Meters:
    """The outbox, inbox and topic of a made-up service that reads meters."""

    database: Database
    broker: Broker
    catalogue: Catalogue

    def fill(self) -> None:
        """Put 20,000 events into the outbox."""
        with self.database.begin() as tx:
            cause = Cause.beginning("benchmark")
            events = [
                Recorded(1, ReadingTaken(reading=new_id().hex, meter=f"meter-{number % 997}", note="x" * 150), cause)
                for number in range(EVENTS)
            ]
            outbox.flush_as("meters")(tx, events)


@contextmanager
def meters(testbed: Testbed, name: str) -> Iterator[Meters]:
    """A new database with this name, and a new topic."""
    url = testbed.system.postgres.create_database(f"bench_{name}")
    database = Database(url, pool=4, flush=outbox.flush_as("meters"))
    with database.engine.begin() as connection:
        MECHANISM.create_all(connection)
    topic = Topic(owner="meters", consumers=("meters",), key="meter", partitions=6, events=(), retention_days=1)
    catalogue = Catalogue({TOPIC: topic}, f"bench{new_id().hex[-8:]}.")
    broker = testbed.system.kafka.broker()
    catalogue.create(broker, ["meters"])
    try:
        yield Meters(database, broker, catalogue)
    finally:
        database.close()
