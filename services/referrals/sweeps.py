"""Work that is due: sealings by staff and by the calendar, urgent sealings of crimes, and missed deadlines."""

from __future__ import annotations

from datetime import timedelta

from chassis import clock
from chassis.database import Tx
from chassis.imports import import_sweep
from chassis.sweeper import Chore, Slice, Sweep
from services.referrals.commands import sealing
from services.referrals.commands.clues import mark_overdue
from services.referrals.imports import CONCLUSION_IMPORTS
from services.referrals.store.clues import find_clues_due


def order_ended_quarter(tx: Tx, _: Slice) -> int:
    """Order the sealing of a quarter that has ended."""
    return sealing.order_ended_quarter(tx)


def find_overdue_clues(tx: Tx, piece: Slice) -> list[str]:
    """Clues whose deadline has passed without a conclusion."""
    return find_clues_due(tx, clock.now(), piece)


# No commit announces that a deadline has passed, so waking that sweep gains nothing. Urgent sealings are not woken by
# every commit either: the crimes of one second make one batch, and the clues that rest are read once for all of them.
ENDED_QUARTERS = Chore(name="ended-quarters", run=order_ended_quarter, every=timedelta(seconds=1), woken=False)
ORDERED_SEALINGS = Sweep(
    name="ordered-sealings", find=sealing.find_ordered, apply=sealing.seal_by_order, every=timedelta(seconds=1)
)
URGENT_SEALINGS = Sweep(
    name="urgent-sealings",
    find=sealing.find_crimes,
    apply=sealing.seal_crimes,
    every=timedelta(seconds=1),
    woken=False,
)
OVERDUE_CLUES = Sweep(
    name="overdue-clues", find=find_overdue_clues, apply=mark_overdue, every=timedelta(seconds=1), woken=False
)
SWEEPS = (import_sweep(CONCLUSION_IMPORTS), ENDED_QUARTERS, ORDERED_SEALINGS, URGENT_SEALINGS, OVERDUE_CLUES)
