"""Dead letters: records that cannot be processed, stored unchanged with the reason in added headers.

A record becomes a dead letter because it is poison (undecodable, schema-invalid, rejected as poison by its handler), or
because an operator parked it. Nothing is retried automatically: a replay is a command, bounded, and runs the handlers
of this service only.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from kafka import KafkaConsumer, TopicPartition
from sqlalchemy.dialects.postgresql import insert

from chassis import clock
from chassis.database import MECHANISM, Key, Read, Tx, moment
from chassis.events import kafka as clients
from chassis.events.topics import Catalogue

LARGEST_UNPACKED = 64 * 1024 * 1024
"""Bytes of a record before compression: its producer may have had a higher limit than ours."""

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


class PoisonEvent(Exception):
    """Raised by a handler for an event that can never be processed."""


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


def read(bootstrap: str, catalogue: Catalogue, topic: str, service: str, start: int = 0) -> Iterator[DeadLetter]:
    """The dead letters of one topic and service, from an offset to the current end of the topic, in order."""
    name = catalogue.dead_letter(topic, service)
    reader: KafkaConsumer = clients.consumer(bootstrap, None, f"dead-letters-{service}")
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


def park(tx: Tx, topic: str, partition: int, offset: int, reason: str, by: str) -> None:
    """Make the consumer send this record to the dead letters at its next failure. Parking it twice changes nothing."""
    tx.execute(
        insert(PARKED)
        .values(
            topic=topic, partition=partition, record_offset=offset, reason=reason, parked_by=by, parked_at=clock.now()
        )
        .on_conflict_do_nothing()
    )


def parked_reason(read: Read, topic: str, partition: int, offset: int) -> str | None:
    """The reason for which this record was parked; None where it is not parked."""
    columns = PARKED.c
    return read.execute(
        sa.select(columns.reason).where(
            columns.topic == topic, columns.partition == partition, columns.record_offset == offset
        )
    ).scalar_one_or_none()
