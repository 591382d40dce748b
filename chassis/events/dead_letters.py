"""Dead letters: records that cannot be processed, stored unchanged with the reason in added headers.

A record becomes a dead letter because it cannot be decoded: it is not an event, or not of its schema. Nothing is
retried automatically: a replay is a command, bounded, and runs the handlers of this service only.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from kafka import KafkaConsumer, TopicPartition

from chassis import clock
from chassis.broker import Broker
from chassis.database import MECHANISM, Key, moment
from chassis.events import kafka as clients
from chassis.events.topics import Catalogue

LARGEST_UNPACKED = 64 * 1024 * 1024
"""Bytes of a record before compression: its producer may have had a higher limit than ours."""

# Written by release 0.1 only. It is dropped when no process of that release can run.
PARKED = sa.Table(
    "parked_records",
    MECHANISM,
    sa.Column("topic", Key, primary_key=True),
    sa.Column("partition", sa.Integer, primary_key=True),
    sa.Column("record_offset", sa.BigInteger, primary_key=True),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("parked_by", sa.Text, nullable=False),
    moment("parked_at", nullable=False),
)


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A record in a dead-letter topic, with its origin and the reason."""

    offset: int
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes]]
    topic: str
    partition: int
    original_offset: int
    reason: str
    at: datetime


def headers_of(topic: str, record: Any, reason: str) -> list[tuple[str, bytes]]:
    """The record's own headers, unchanged, followed by its origin and the reason.

    A header without a value gets an empty value: the client can read such a header but not write it.
    """
    return [
        *((name, value or b"") for name, value in record.headers),
        ("anning-topic", topic.encode()),
        ("anning-partition", str(record.partition).encode()),
        ("anning-offset", str(record.offset).encode()),
        ("anning-reason", reason[:1_000].encode()),
        ("anning-time", clock.now().isoformat().encode()),
    ]


def read(broker: Broker, catalogue: Catalogue, topic: str, service: str, start: int = 0) -> Iterator[DeadLetter]:
    """The dead letters of one topic and service, from an offset to the current end of the topic, in order."""
    name = catalogue.dead_letter(topic, service)
    reader: KafkaConsumer = clients.consumer(broker, None, f"dead-letters-{service}")
    try:
        partition = TopicPartition(name, 0)
        if not reader.partitions_for_topic(name):
            return
        reader.assign([partition])
        end = reader.end_offsets([partition])[partition]
        reader.seek(partition, max(start, reader.beginning_offsets([partition])[partition]))
        while reader.position(partition) < end:
            for record in reader.poll(timeout_ms=clients.POLL_MS).get(partition, []):
                if record.offset < end:
                    yield _parse(record)
    finally:
        reader.close()


def _parse(record: Any) -> DeadLetter:
    own = [(name, value) for name, value in record.headers if not name.startswith("anning-")]
    added = {name: value.decode() for name, value in record.headers if name.startswith("anning-")}
    return DeadLetter(
        offset=record.offset,
        key=record.key,
        value=record.value,
        headers=own,
        topic=added["anning-topic"],
        partition=int(added["anning-partition"]),
        original_offset=int(added["anning-offset"]),
        reason=added["anning-reason"],
        at=datetime.fromisoformat(added["anning-time"]),
    )
