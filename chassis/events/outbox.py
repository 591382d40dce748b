"""The outbox: events written in the transaction that records them, for the relay to publish.

The columns are those that Debezium's outbox event router expects, with some more for our own relay.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from chassis import clock, tracing
from chassis.aggregate import Cause, Recorded
from chassis.buckets import bucket_of
from chassis.database import MECHANISM, Key, Read, Tx, moment
from chassis.events import envelope
from chassis.ids import new_id

MAX_PAYLOAD = 900_000
"""Maximum bytes of one event, below the broker's 1 MiB: an event that cannot be sent must not be committed."""

OUTBOX = sa.Table(
    "outbox",
    MECHANISM,
    sa.Column("position", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("id", sa.Uuid, nullable=False),
    sa.Column("aggregatetype", Key, nullable=False),
    sa.Column("aggregateid", Key, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("type", Key, nullable=False),
    sa.Column("topic", Key, nullable=False),
    sa.Column("key", Key, nullable=False),
    sa.Column("bucket", sa.SmallInteger, nullable=False),
    sa.Column("payload", sa.LargeBinary, nullable=False),
    sa.Column("headers", JSONB, nullable=False, server_default=sa.text("'{}'::jsonb")),
    moment("created_at", nullable=False),
    moment("published_at"),
    sa.UniqueConstraint("aggregatetype", "aggregateid", "version"),
    sa.Index("ix_outbox_unpublished", "bucket", "position", postgresql_where=sa.text("published_at IS NULL")),
    sa.Index("ix_outbox_published_at", "published_at", postgresql_where=sa.text("published_at IS NOT NULL")),
)

_COLUMNS = (
    "id", "aggregatetype", "aggregateid", "version", "type", "topic", "key", "bucket", "payload", "created_at",
)  # fmt: skip


class EventTooLargeError(ValueError):
    """An event is too large for a record."""


def flush_as(service: str) -> Callable[[Tx, Sequence[Recorded]], None]:
    """The flush of one service: the service is the `source` of its events."""
    source = f"/anning/{service}"

    def flush(tx: Tx, events: Sequence[Recorded]) -> None:
        now = clock.now()
        rows = []
        for recorded in events:
            event = recorded.event
            event_id = new_id()
            payload = envelope.encode(
                event, id=event_id, version=recorded.version, time=now, source=source, cause=_traced(recorded, event_id)
            )
            if len(payload) > MAX_PAYLOAD:
                raise EventTooLargeError(f"{event.type} of {event.aggregate_id} has {len(payload)} bytes")
            key = event.key
            rows.append(
                (event_id, event.aggregate, event.aggregate_id, recorded.version, event.type, event.topic, key,
                 bucket_of(key), payload, now)
            )  # fmt: skip
        tx.copy("outbox", _COLUMNS, rows)

    return flush


def _traced(recorded: Recorded, event_id: UUID) -> Cause:
    """The cause of an event, with the event's own span as its traceparent where traces are on."""
    cause, event = recorded.cause, recorded.event
    if not tracing.on():
        return cause
    attributes = {
        "messaging.system": "kafka",
        "messaging.operation.type": "create",
        "messaging.destination.name": event.topic,
        "cloudevents.event_id": str(event_id),
        "cloudevents.event_type": event.type,
        "anning.correlation_id": cause.correlation_id,
    }
    return cause.within(cause.correlation_id, tracing.event_traceparent(cause.traceparent, event.type, attributes))


def oldest_unpublished(read: Read) -> timedelta:
    """The age of the oldest unpublished event; zero without one. The metric that matters."""
    oldest = read.execute(sa.select(sa.func.min(OUTBOX.c.created_at)).where(OUTBOX.c.published_at.is_(None))).scalar()
    return timedelta() if oldest is None else max(timedelta(), clock.now() - oldest)


def unpublished(read: Read) -> dict[str, int]:
    """The count of unpublished events by topic."""
    statement = (
        sa.select(OUTBOX.c.topic, sa.func.count().label("waiting"))
        .where(OUTBOX.c.published_at.is_(None))
        .group_by(OUTBOX.c.topic)
        .order_by(OUTBOX.c.topic)
    )
    return {row.topic: row.waiting for row in read.execute(statement)}


def publish_again(tx: Tx) -> None:
    """Let the relay publish every event that is still here once more."""
    tx.execute(OUTBOX.update().where(OUTBOX.c.published_at.is_not(None)).values(published_at=None))


def rewrite(tx: Tx, aggregate: str, aggregate_id: str, change: Callable[[bytes], bytes]) -> None:
    """Change the payloads of the events of one aggregate that are still here, published or not, such as to erase what
    they contain. What is on a topic stays there until its retention ends."""
    own = sa.and_(OUTBOX.c.aggregatetype == aggregate, OUTBOX.c.aggregateid == aggregate_id)
    rows = tx.execute(sa.select(OUTBOX.c.position, OUTBOX.c.payload).where(own).with_for_update()).all()
    for row in rows:
        tx.execute(OUTBOX.update().where(OUTBOX.c.position == row.position).values(payload=change(row.payload)))


def prune(tx: Tx, keep: timedelta, limit: int) -> int:
    """Delete at most `limit` events published longer than `keep` ago; returns how many."""
    doomed = (
        sa.select(OUTBOX.c.position)
        .where(OUTBOX.c.published_at < clock.now() - keep)
        .order_by(OUTBOX.c.published_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return tx.execute(OUTBOX.delete().where(OUTBOX.c.position.in_(doomed.scalar_subquery()))).rowcount
