"""Quarantine: events whose handler keeps failing are kept in the service's database, and the others continue.

Reactions hold the key of a failing event: its later events are appended behind it, so that the order of the key is
kept. For a projection a later fact of the key replaces the failing one. A replay runs in the loop of the consumer that
owns the partition, the oldest event of a key first, one transaction each; the key is released with its last row.

Many failures in one partition mean that the handlers are wrong, not the events. Failures are therefore counted, and a
partition with too many of them is blocked instead.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from chassis import clock
from chassis.database import MECHANISM, Key, Read, Tx, moment
from chassis.events.envelope import Message
from chassis.quarantine import reason_of

QUARANTINE = sa.Table(
    "quarantine",
    MECHANISM,
    sa.Column("group", Key, primary_key=True),
    sa.Column("topic", Key, primary_key=True),
    sa.Column("partition", sa.Integer, primary_key=True),
    sa.Column("offset", sa.BigInteger, primary_key=True),
    sa.Column("key", Key, nullable=False),
    sa.Column("event_id", sa.Uuid, nullable=False),
    sa.Column("payload", sa.LargeBinary, nullable=False),
    # NULL: the event waits for an earlier one of its key.
    sa.Column("error", sa.Text),
    sa.Column("tries", sa.Integer, nullable=False),
    moment("next_at", nullable=False),
    moment("quarantined_at", nullable=False),
    sa.UniqueConstraint("group", "event_id"),
    sa.Index("ix_quarantine_key", "group", "topic", "key", "offset"),
    comment="Events that failed repeatedly, and the later events of their keys",
)

FAILED_RECORDS = sa.Table(
    "failed_records",
    MECHANISM,
    sa.Column("group", Key, primary_key=True),
    sa.Column("topic", Key, primary_key=True),
    sa.Column("partition", sa.Integer, primary_key=True),
    sa.Column("offset", sa.BigInteger, primary_key=True),
    comment="Dead letters, and events that opened a quarantine: too many in a row of records block the partition",
)

LONGEST_PAUSE = timedelta(hours=1)

_ORDER = (QUARANTINE.c.quarantined_at, QUARANTINE.c.event_id)

_HELD = sa.text('SELECT DISTINCT topic, key FROM quarantine WHERE "group" = :group')
_ADD = sa.text(
    'INSERT INTO quarantine ("group", topic, partition, "offset", key, event_id, payload, error, tries, next_at, '
    "quarantined_at) VALUES (:group, :topic, :partition, :offset, :key, :event_id, :payload, :error, :tries, :next_at, "
    ":now) ON CONFLICT DO NOTHING"
)
_SUPERSEDE = sa.text(
    'DELETE FROM quarantine WHERE "group" = :group '
    "AND (topic, key) IN (SELECT * FROM unnest(CAST(:topics AS text[]), CAST(:keys AS text[])))"
)
_DUE = sa.text(
    'SELECT * FROM (SELECT DISTINCT ON (topic, key) * FROM quarantine WHERE "group" = :group '
    'ORDER BY topic, key, "offset") AS oldest '
    "WHERE next_at <= :now AND (topic, partition) IN "
    '(SELECT * FROM unnest(CAST(:topics AS text[]), CAST(:partitions AS int[]))) ORDER BY next_at, "offset" LIMIT 1'
)
_COUNT_FAILED = sa.text(
    'SELECT count(*) FROM failed_records WHERE "group" = :group AND topic = :topic AND partition = :partition '
    'AND "offset" > :offset - :window AND "offset" <> :offset'
)
_ADD_FAILED = sa.text("INSERT INTO failed_records VALUES (:group, :topic, :partition, :offset) ON CONFLICT DO NOTHING")
_PRUNE_FAILED = sa.text(
    'DELETE FROM failed_records WHERE "group" = :group AND topic = :topic AND partition = :partition '
    'AND "offset" <= :offset - :window'
)


# All new offsets are below 0 and below all old ones, so that no update meets a row that is not updated yet.
_MOVE = sa.text(
    'UPDATE quarantine SET topic = :new || substr(topic, :rest), "group" = :new || substr("group", :rest), '
    '"offset" = "offset" - (SELECT max("offset") - least(min("offset"), 0) + 1 FROM quarantine)'
)


@dataclass(frozen=True, slots=True)
class FailureLimit:
    """How many records of a partition may fail among its last `window` records, before it is blocked."""

    failures: int
    window: int


class TooManyFailuresError(Exception):
    """More records of a partition fail than the limit allows: it is blocked until `anning consumer release`."""


@dataclass(frozen=True, slots=True)
class QuarantinedEvent:
    """An event in quarantine. `error` is None while it waits for an earlier event of its key."""

    group: str
    topic: str
    partition: int
    offset: int
    key: str
    event_id: UUID
    payload: bytes
    error: str | None
    tries: int
    next_at: datetime
    quarantined_at: datetime


def hold(tx: Tx, group: str, messages: Sequence[Message[Any]]) -> Sequence[Message[Any]]:
    """Append the messages whose key is held to the quarantine; returns the others."""
    held = _held_keys(tx, group)
    if not held:
        return messages
    waiting = [each for each in messages if (each.topic, each.event.key) in held]
    if waiting:
        tx.execute(_ADD, [_row(group, each, None, tries=0, pause=timedelta()) for each in waiting])
    return [each for each in messages if (each.topic, each.event.key) not in held]


def supersede(tx: Tx, group: str, messages: Sequence[Message[Any]]) -> Sequence[Message[Any]]:
    """Remove the quarantined facts that these newer facts of their keys replace; returns all messages."""
    held = _held_keys(tx, group)
    if held and (newer := sorted(held.intersection((each.topic, each.event.key) for each in messages))):
        topics, names = zip(*newer, strict=True)
        tx.execute(_SUPERSEDE, {"group": group, "topics": list(topics), "keys": list(names)})
    return messages


def _held_keys(read: Read, group: str) -> set[tuple[str, str]]:
    """The keys (topic, key) of which the group has a fact in quarantine."""
    return {(row.topic, row.key) for row in read.execute(_HELD, {"group": group})}


def open_key(tx: Tx, group: str, message: Message[Any], error: Exception, tries: int) -> None:
    """Quarantine a message that has failed `tries` times: its key is held from now on."""
    tx.execute(_ADD, _row(group, message, reason_of(error), tries=tries, pause=pause_after(tries)))


def count_failure(tx: Tx, group: str, message: Message[Any] | Any, limit: FailureLimit) -> bool:
    """Count a failing record (topic, partition, offset), unless its partition has reached the limit of failures.

    Returns whether it was counted; a record is counted once.
    """
    where = {
        "group": group,
        "topic": message.topic,
        "partition": message.partition,
        "offset": message.offset,
        "window": limit.window,
    }
    if tx.execute(_COUNT_FAILED, where).scalar_one() >= limit.failures:
        return False
    tx.execute(_ADD_FAILED, where)
    tx.execute(_PRUNE_FAILED, where)
    return True


def release(tx: Tx, topic: str, partition: int) -> int:
    """Forget the failures of a partition, so that its consumers continue; returns how many were counted."""
    counted = FAILED_RECORDS.c
    return tx.execute(FAILED_RECORDS.delete().where(counted.topic == topic, counted.partition == partition)).rowcount


def retry(tx: Tx) -> int:
    """Make every event in quarantine due now; returns how many."""
    return tx.execute(QUARANTINE.update().values(next_at=clock.now())).rowcount


def forget(tx: Tx, suffix: str) -> None:
    """Remove the events and failures of the groups whose names end so: their projection is built again."""
    for table in (QUARANTINE, FAILED_RECORDS):
        tx.execute(table.delete().where(table.c.group.endswith(suffix, autoescape=True)))


def move_to_new_topics(tx: Tx, old_prefix: str, new_prefix: str) -> None:
    """Adapt the quarantine to topics without records, under another prefix of topics and groups.

    Its events stay before all new ones of their keys. Failures are forgotten: offsets count from 0 again.
    """
    tx.execute(FAILED_RECORDS.delete())
    tx.execute(_MOVE, {"new": new_prefix, "rest": len(old_prefix) + 1})


def find_due(read: Read, group: str, partitions: Collection[tuple[str, int]]) -> QuarantinedEvent | None:
    """The next event to replay in these partitions (topic, number): the oldest of its key, and due."""
    topics, numbers = zip(*partitions, strict=True) if partitions else ((), ())
    row = read.execute(
        _DUE, {"group": group, "now": clock.now(), "topics": list(topics), "partitions": list(numbers)}
    ).one_or_none()
    return None if row is None else QuarantinedEvent(**row._mapping)


def take(tx: Tx, event: QuarantinedEvent) -> bool:
    """Remove an event from the quarantine in the transaction that processes it.

    Returns False where another worker processes or has processed it.
    """
    row = sa.select(QUARANTINE.c.offset).where(*_at(event)).with_for_update(skip_locked=True)
    if tx.execute(row).one_or_none() is None:
        return False
    tx.execute(QUARANTINE.delete().where(*_at(event)))
    return True


def postpone(tx: Tx, event: QuarantinedEvent, error: Exception) -> None:
    """Note that an event has failed again: its next try is later."""
    tries = event.tries + 1
    tx.execute(
        QUARANTINE.update()
        .where(*_at(event))
        .values(tries=tries, error=reason_of(error), next_at=clock.now() + pause_after(tries))
    )


def list_events(read: Read) -> list[QuarantinedEvent]:
    """The events in quarantine, of all groups, the oldest first, without those that wait for an earlier one."""
    rows = read.execute(sa.select(QUARANTINE).where(QUARANTINE.c.error.is_not(None)).order_by(*_ORDER))
    return [QuarantinedEvent(**row._mapping) for row in rows]


def count_events(read: Read, group: str) -> int:
    """How many events of a group are in quarantine, those that wait for an earlier one included."""
    return int(read.execute(sa.select(sa.func.count()).where(QUARANTINE.c.group == group)).scalar_one())


def _at(event: QuarantinedEvent) -> list[sa.ColumnElement[bool]]:
    columns = QUARANTINE.c
    return [
        columns.group == event.group,
        columns.topic == event.topic,
        columns.partition == event.partition,
        columns.offset == event.offset,
    ]


def pause_after(tries: int) -> timedelta:
    """The pause after so many failures: doubled with each up to LONGEST_PAUSE, a little different between events."""
    return min(timedelta(seconds=2 ** min(tries, 12)), LONGEST_PAUSE) * random.uniform(0.8, 1.0)


def _row(group: str, message: Message[Any], error: str | None, *, tries: int, pause: timedelta) -> dict[str, Any]:
    now = clock.now()
    return {
        "group": group,
        "topic": message.topic,
        "partition": message.partition,
        "offset": message.offset,
        "key": message.event.key,
        "event_id": message.id,
        "payload": message.raw,
        "error": error,
        "tries": tries,
        "next_at": now + pause,
        "now": now,
    }
