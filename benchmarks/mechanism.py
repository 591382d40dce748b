"""The relay and the consumer, each beside a loop written by hand that does the same work without their care."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any, ClassVar
from uuid import UUID

import msgspec
import psycopg
from kafka import OffsetAndMetadata

from benchmarks.results import Result, rates
from chassis.aggregate import Cause, Recorded
from chassis.buckets import ALL
from chassis.database import MECHANISM, Database, Tx
from chassis.events import inbox, outbox
from chassis.events import kafka as clients
from chassis.events.consumer import Consumer
from chassis.events.envelope import Message
from chassis.events.event import Event
from chassis.events.relay import Relay
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


def measure(database_url: str, bootstrap: str) -> list[Result]:
    """`relay` and `consumer`, in events per second."""
    database = Database(database_url, pool=4, flush=outbox.flush_as("meters"))
    with database.engine.begin() as connection:
        MECHANISM.create_all(connection)
    topic = Topic(owner="meters", consumers=("meters",), key="meter", partitions=6, events=(), retention_days=1)
    catalogue = Catalogue({TOPIC: topic}, f"bench{new_id().hex[-8:]}.")
    catalogue.create(bootstrap, ["meters"])
    try:
        return [_relay(database, bootstrap, catalogue), _consumer(database, bootstrap, catalogue)]
    finally:
        database.close()


def _fill(database: Database) -> None:
    with database.begin() as tx:
        cause = Cause.beginning("benchmark")
        events = [
            Recorded(1, ReadingTaken(reading=new_id().hex, meter=f"meter-{number % 997}", note="x" * 150), cause)
            for number in range(EVENTS)
        ]
        outbox.flush_as("meters")(tx, events)


def _relay(database: Database, bootstrap: str, catalogue: Catalogue) -> Result:
    relay = Relay(database, bootstrap, catalogue, stop=threading.Event(), waiter=threading.Event())
    producer = clients.producer(bootstrap, "floor")
    connection = psycopg.connect(database.conninfo)

    def ours() -> None:
        while relay.publish(ALL):
            pass

    def by_hand() -> None:
        name = catalogue.physical(TOPIC)
        headers = [("content-type", b"application/cloudevents+json; charset=utf-8")]
        while True:
            rows = connection.execute(
                "SELECT position, key, payload FROM outbox WHERE published_at IS NULL ORDER BY position LIMIT 2000"
            ).fetchall()
            if not rows:
                return
            for _, key, payload in rows:
                producer.send(name, payload, key.encode(), headers)
            producer.flush()
            connection.execute(
                "UPDATE outbox SET published_at = now() WHERE position = ANY(%s)", ([row[0] for row in rows],)
            )
            connection.commit()

    value, floor = rates(ours, by_hand, EVENTS, prepare=lambda: _fill(database))
    connection.close()
    producer.close()
    return Result.against("relay", value, "events/s", floor)


def _consumer(database: Database, bootstrap: str, catalogue: Catalogue) -> Result:
    """What the relay left in the topic, read from its beginning by a new group each time."""
    connection = psycopg.connect(database.conninfo)
    runs = iter(range(100))

    def forget() -> None:
        with database.begin() as tx:
            tx.execute(inbox.INBOX.delete())

    def ours() -> None:
        stop = threading.Event()
        handled = 0

        def count(_: Tx, messages: Sequence[Message[Any]]) -> None:
            nonlocal handled
            handled += len(messages)
            if handled >= EVENTS:
                stop.set()

        Consumer(
            service="meters",
            group=f"{catalogue.prefix}ours{next(runs)}",
            instance="0",
            database=database,
            bootstrap=bootstrap,
            catalogue=catalogue,
            routing={ReadingTaken: count},
            admit=inbox.take,
            stop=stop,
        ).run()

    def by_hand() -> None:
        consumer = clients.consumer(bootstrap, f"{catalogue.prefix}floor{next(runs)}", "0", [catalogue.physical(TOPIC)])
        decoder = msgspec.json.Decoder(_Envelope)
        handled = 0
        while handled < EVENTS:
            polled = consumer.poll(timeout_ms=500)
            events = [decoder.decode(record.value) for records in polled.values() for record in records]
            if not events:
                continue
            connection.execute(
                "INSERT INTO inbox (event_id, type, heard_at) SELECT unnest(%s::uuid[]), 'reading-taken.v1', now()"
                " ON CONFLICT DO NOTHING",
                ([event.id for event in events],),
            )
            connection.commit()
            consumer.commit({tp: OffsetAndMetadata(records[-1].offset + 1, "", -1) for tp, records in polled.items()})
            handled += len(events)
        consumer.close(autocommit=False)

    value, floor = rates(ours, by_hand, EVENTS, prepare=forget)
    connection.close()
    return Result.against("consumer", value, "events/s", floor)


class _Envelope(msgspec.Struct):
    id: UUID
    data: ReadingTaken
