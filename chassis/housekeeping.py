"""What every service cleans up: published events, heard events, kept answers."""

from __future__ import annotations

from datetime import timedelta

from chassis.database import Tx
from chassis.events import inbox, outbox
from chassis.http import idempotency
from chassis.sweeper import Slice, Sweep

KEEP_OUTBOX = timedelta(days=7)
KEEP_INBOX = timedelta(days=35)
"""Longer than any topic keeps its records: an event that is read again must still be known."""
KEEP_ANSWERS = timedelta(days=7)


def _outbox(tx: Tx, piece: Slice) -> int:
    return outbox.prune(tx, KEEP_OUTBOX, piece.limit)


def _inbox(tx: Tx, piece: Slice) -> int:
    return inbox.prune(tx, KEEP_INBOX, piece.limit)


def _answers(tx: Tx, piece: Slice) -> int:
    return idempotency.prune(tx, KEEP_ANSWERS, piece.limit)


SWEEPS = (
    Sweep(name="prune-outbox", run=_outbox, every=timedelta(minutes=10), limit=5_000, woken=False),
    Sweep(name="prune-inbox", run=_inbox, every=timedelta(minutes=10), limit=5_000, woken=False),
    Sweep(name="prune-idempotency-keys", run=_answers, every=timedelta(minutes=10), limit=5_000, woken=False),
)
