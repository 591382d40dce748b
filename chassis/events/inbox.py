"""The inbox: which events the reactions of this service have already acted on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from chassis import clock
from chassis.database import MECHANISM, Key, Tx
from chassis.events.envelope import Message

INBOX = sa.Table(
    "inbox",
    MECHANISM,
    sa.Column("event_id", sa.Uuid, primary_key=True),
    sa.Column("type", Key, nullable=False),
    sa.Column("heard_at", sa.DateTime(timezone=True), nullable=False, index=True),
)

# What is answered is what was known, which is next to nothing, not what is new, which is next to everything.
_TAKE = sa.text(
    "WITH heard AS (SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:types AS text[])) AS heard (id, type)),"
    " fresh AS (INSERT INTO inbox (event_id, type, heard_at) SELECT id, type, :now FROM heard ORDER BY id"
    " ON CONFLICT DO NOTHING RETURNING event_id)"
    " SELECT id FROM heard EXCEPT SELECT event_id FROM fresh"
)


def take(tx: Tx, messages: Sequence[Message[Any]]) -> list[Message[Any]]:
    """The messages that were not heard before, in their order; from this transaction on they count as heard.

    Sorted by id on the way in, so that two workers with the same events wait for each other instead of deadlocking.
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
            known.add(message.id)  # the same record twice in one batch is heard once
            taken.append(message)
    return taken


def prune(tx: Tx, keep: timedelta, limit: int) -> int:
    """Forget at most `limit` events heard longer than `keep` ago; must be longer than topics keep their records."""
    doomed = sa.select(INBOX.c.event_id).where(INBOX.c.heard_at < clock.now() - keep).limit(limit)
    return tx.execute(INBOX.delete().where(INBOX.c.event_id.in_(doomed.scalar_subquery()))).rowcount
