"""Events whose handler fails, kept in the service's database so that the other events of their partition continue."""

from __future__ import annotations

import sqlalchemy as sa

from chassis.database import MECHANISM, Key, moment

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
