"""`consumer`: from Kafka through the inbox to an empty handler, compared with a minimal loop."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
import psycopg
from kafka import OffsetAndMetadata

from benchmarks.meters import EVENTS, TOPIC, Meters, ReadingTaken, meters
from benchmarks.results import Result, rates
from benchmarks.testbed import Testbed
from chassis.buckets import ALL
from chassis.database import Tx
from chassis.events import inbox, quarantine
from chassis.events import kafka as clients
from chassis.events.consumer import Consumer
from chassis.events.envelope import Message
from chassis.events.relay import Relay


def measure(testbed: Testbed) -> list[Result]:
    """Events per second; the floor is poll–inbox–commit. Each round reads the topic from its start with a new group."""
    with meters(testbed, "consumer") as source:
        source.fill()
        relay = Relay(
            source.database, source.broker, source.catalogue, stop=threading.Event(), waiter=threading.Event()
        )
        while relay.publish(ALL):
            pass
        return _measure(source)


def _measure(source: Meters) -> list[Result]:
    connection = psycopg.connect(source.database.conninfo)
    runs = iter(range(100))

    def clear_inbox() -> None:
        with source.database.begin() as tx:
            tx.execute(inbox.INBOX.delete())

    def measured() -> None:
        stop = threading.Event()
        handled = 0

        def count(_: Tx, messages: Sequence[Message[Any]]) -> None:
            nonlocal handled
            handled += len(messages)
            if handled >= EVENTS:
                stop.set()

        Consumer(
            service="meters",
            group=f"{source.catalogue.prefix}measured{next(runs)}",
            instance="0",
            database=source.database,
            broker=source.broker,
            catalogue=source.catalogue,
            routing={ReadingTaken: count},
            filter_messages=inbox.take,
            arriving=quarantine.hold,
            limit=quarantine.FailureLimit(failures=1, window=EVENTS),
            stop=stop,
        ).run()

    def baseline() -> None:
        consumer = clients.consumer(
            source.broker, f"{source.catalogue.prefix}floor{next(runs)}", "0", [source.catalogue.physical(TOPIC)]
        )
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

    value, floor = rates(measured, baseline, EVENTS, prepare=clear_inbox)
    connection.close()
    return [Result.against("consumer", value, "events/s", floor)]


class _Envelope(msgspec.Struct):
    id: UUID
    data: ReadingTaken
