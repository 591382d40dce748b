"""Work that is due: sealings by staff and by the calendar, urgent sealings of crimes, and missed deadlines."""

from __future__ import annotations

from datetime import timedelta

from chassis.database import Tx
from chassis.imports import import_sweep
from chassis.sweeper import Slice, Sweep
from services.referrals.commands.clues import mark_overdue
from services.referrals.commands.sealing import seal_by_order, seal_crimes
from services.referrals.imports import CONCLUSION_IMPORTS


def seal_ordered_clues(tx: Tx, piece: Slice) -> int:
    """Order the sealing of a quarter that has ended, and seal a slice of the ordered clues."""
    return seal_by_order(tx, piece.limit)


def seal_urgent_clues(tx: Tx, piece: Slice) -> int:
    """Seal suspected crimes for the police."""
    return seal_crimes(tx, piece.limit)


def mark_overdue_clues(tx: Tx, piece: Slice) -> int:
    """Mark clues whose deadline has passed without a conclusion."""
    return mark_overdue(tx, piece.limit)


# No commit announces that a deadline has passed, so waking that sweep gains nothing. Urgent sealings are not woken by
# every commit either: the crimes of one second make one batch, and the clues that rest are read once for all of them.
SWEEPS = (
    import_sweep(CONCLUSION_IMPORTS),
    Sweep(name="ordered-sealings", run=seal_ordered_clues, every=timedelta(seconds=1)),
    Sweep(name="urgent-sealings", run=seal_urgent_clues, every=timedelta(seconds=1), woken=False),
    Sweep(name="overdue-clues", run=mark_overdue_clues, every=timedelta(seconds=1), woken=False),
)
