"""The inbox: the events that the reactions of this service have already processed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from chassis import clock
from chassis.database import MECHANISM, Key, Tx, moment
from chassis.events.envelope import Message

INBOX = sa.Table(
    "inbox",
    MECHANISM,
    sa.Column("event_id", sa.Uuid, primary_key=True),
    sa.Column("type", Key, nullable=False),
    moment("heard_at", nullable=False, index=True),
)

# Returns the known events, usually none, instead of the new ones, usually all.
_TAKE = sa.text(
    "WITH received AS (SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:types AS text[])) AS received (id, type)),"
    " fresh AS (INSERT INTO inbox (event_id, type, heard_at) SELECT id, type, :now FROM received ORDER BY id"
    " ON CONFLICT DO NOTHING RETURNING event_id)"
    " SELECT id FROM received EXCEPT SELECT event_id FROM fresh"
)


def take(tx: Tx, messages: Sequence[Message[Any]]) -> list[Message[Any]]:
    """The messages that were not processed before, in their order; with this transaction they count as processed.

    Rows are inserted in the order of ids, so that two workers with the same events wait for each other instead of
    deadlocking.
    """
    if not messages:
        return []
    parameters = {
        "ids": [message.id for message in messages],
        "types": [message.event.type for message in messages],
        "now": clock.now(),
    }
    known = set(tx.execute(_TAKE, parameters).scalars())
    taken = []
    for message in messages:
        if message.id not in known:
            known.add(message.id)  # a record that is twice in one batch is processed once
            taken.append(message)
    return taken


def keep_longer(tx: Tx) -> None:
    """Let every entry count as new, so that a clean-up after a restore keeps what the outboxes publish again."""
    tx.execute(INBOX.update().values(heard_at=clock.now()))


def prune(tx: Tx, keep: timedelta, limit: int) -> int:
    """Delete at most `limit` entries older than `keep`, which must exceed the retention of every topic."""
    doomed = sa.select(INBOX.c.event_id).where(INBOX.c.heard_at < clock.now() - keep).limit(limit)
    return tx.execute(INBOX.delete().where(INBOX.c.event_id.in_(doomed.scalar_subquery()))).rowcount
