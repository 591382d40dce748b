"""Clean-up in every service: published outbox rows, inbox entries, stored idempotent responses."""

from __future__ import annotations

from datetime import timedelta

from chassis.database import Tx
from chassis.events import inbox, outbox
from chassis.http import idempotency
from chassis.sweeper import Chore, Slice

KEEP_OUTBOX = timedelta(days=7)
KEEP_INBOX = timedelta(days=35)
"""Longer than the retention of any topic: an event that is read again must still be in the inbox."""
KEEP_RESPONSES = timedelta(days=7)


def _outbox(tx: Tx, piece: Slice) -> int:
    return outbox.prune(tx, KEEP_OUTBOX, piece.limit)


def _inbox(tx: Tx, piece: Slice) -> int:
    return inbox.prune(tx, KEEP_INBOX, piece.limit)


def _responses(tx: Tx, piece: Slice) -> int:
    return idempotency.prune(tx, KEEP_RESPONSES, piece.limit)


SWEEPS = (
    Chore(name="prune-outbox", run=_outbox, every=timedelta(minutes=10), limit=5_000, woken=False),
    Chore(name="prune-inbox", run=_inbox, every=timedelta(minutes=10), limit=5_000, woken=False),
    Chore(name="prune-idempotency-keys", run=_responses, every=timedelta(minutes=10), limit=5_000, woken=False),
)
