"""Work that is due: sealing by order, by the calendar and of crimes, and deadlines that pass without a conclusion."""

from __future__ import annotations

from datetime import timedelta

from chassis.database import Tx
from chassis.imports import import_sweep
from chassis.sweeper import Slice, Sweep
from services.referrals.commands.clues import mark_overdue
from services.referrals.commands.sealing import seal_by_order, seal_crimes
from services.referrals.imports import CONCLUSIONS


def seal_what_is_ordered(tx: Tx, piece: Slice) -> int:
    """Order the sealing of a quarter that is over, and seal a slice of what is ordered."""
    return seal_by_order(tx, piece.limit)


def seal_what_is_urgent(tx: Tx, piece: Slice) -> int:
    """Seal suspected crimes for the police."""
    return seal_crimes(tx, piece.limit)


def mark_overdue_clues(tx: Tx, piece: Slice) -> int:
    """Mark clues whose deadline has passed without a conclusion."""
    return mark_overdue(tx, piece.limit)


# Deadlines pass by themselves: no commit announces them, so nothing is won by being woken. Nor by sealing suspected
# crimes at every commit: a second's worth of them makes one batch, and what rests is looked through once for all.
SWEEPS = (
    import_sweep(CONCLUSIONS),
    Sweep(name="ordered-sealings", run=seal_what_is_ordered, every=timedelta(seconds=1)),
    Sweep(name="urgent-sealings", run=seal_what_is_urgent, every=timedelta(seconds=1), woken=False),
    Sweep(name="overdue-clues", run=mark_overdue_clues, every=timedelta(seconds=1), woken=False),
)
