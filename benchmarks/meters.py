"""What the relay and the consumer are measured with: a database and a topic that no service has to do with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import ClassVar

from benchmarks.stage import Stage
from chassis.aggregate import Cause, Recorded
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
    """The outbox and inbox of a service that takes readings of meters, and its topic."""

    database: Database
    bootstrap: str
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
def meters(stage: Stage, name: str) -> Iterator[Meters]:
    """Meters of their own in a database of this name."""
    url = stage.system.postgres.create_database(f"bench_{name}")
    database = Database(url, pool=4, flush=outbox.flush_as("meters"))
    with database.engine.begin() as connection:
        MECHANISM.create_all(connection)
    topic = Topic(owner="meters", consumers=("meters",), key="meter", partitions=6, events=(), retention_days=1)
    catalogue = Catalogue({TOPIC: topic}, f"bench{new_id().hex[-8:]}.")
    bootstrap = stage.system.kafka.bootstrap
    catalogue.create(bootstrap, ["meters"])
    try:
        yield Meters(database, bootstrap, catalogue)
    finally:
        database.close()
