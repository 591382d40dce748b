"""`consumer`: from Kafka through the inbox to a handler that does nothing, beside a loop written by hand."""

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
from benchmarks.stage import Stage
from chassis.buckets import ALL
from chassis.database import Tx
from chassis.events import inbox
from chassis.events import kafka as clients
from chassis.events.consumer import Consumer
from chassis.events.envelope import Message
from chassis.events.relay import Relay


def measure(stage: Stage) -> list[Result]:
    """Events per second; the floor is poll–inbox–commit. A topic is read from its beginning by a new group each
    time."""
    with meters(stage, "consumer") as made:
        made.fill()
        relay = Relay(made.database, made.bootstrap, made.catalogue, stop=threading.Event(), waiter=threading.Event())
        while relay.publish(ALL):
            pass
        return _consumer(made)


def _consumer(made: Meters) -> list[Result]:
    connection = psycopg.connect(made.database.conninfo)
    runs = iter(range(100))

    def forget() -> None:
        with made.database.begin() as tx:
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
            group=f"{made.catalogue.prefix}ours{next(runs)}",
            instance="0",
            database=made.database,
            bootstrap=made.bootstrap,
            catalogue=made.catalogue,
            routing={ReadingTaken: count},
            admit=inbox.take,
            stop=stop,
        ).run()

    def by_hand() -> None:
        consumer = clients.consumer(
            made.bootstrap, f"{made.catalogue.prefix}floor{next(runs)}", "0", [made.catalogue.physical(TOPIC)]
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

    value, floor = rates(ours, by_hand, EVENTS, prepare=forget)
    connection.close()
    return [Result.against("consumer", value, "events/s", floor)]


class _Envelope(msgspec.Struct):
    id: UUID
    data: ReadingTaken
