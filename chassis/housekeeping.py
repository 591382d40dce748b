"""What every service does beside its work: clean-up of published outbox rows, inbox entries and stored idempotent
responses, and the seals of the audit log."""

from __future__ import annotations

from datetime import timedelta

from chassis import seals
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


def _seal(tx: Tx, piece: Slice) -> int:
    done = seals.seal(tx, piece.limit)
    # What is committed meanwhile waits for the next second: a busy service makes one seal a second, not hundreds.
    return done if done == piece.limit else 0


def _unsealed(tx: Tx, _: Slice) -> int:
    seals.measure_unsealed(tx)
    return 0


SWEEPS = (
    Chore(name="seal-audit-log", run=_seal, every=timedelta(seconds=1), limit=5_000, woken=False),
    Chore(name="unsealed-age", run=_unsealed, every=timedelta(seconds=5), limit=1, woken=False),
    Chore(name="prune-outbox", run=_outbox, every=timedelta(minutes=10), limit=5_000, woken=False),
    Chore(name="prune-inbox", run=_inbox, every=timedelta(minutes=10), limit=5_000, woken=False),
    Chore(name="prune-idempotency-keys", run=_responses, every=timedelta(minutes=10), limit=5_000, woken=False),
)
