"""Work that is due: deadlines that pass without a delivery."""

from __future__ import annotations

from datetime import timedelta

from chassis import clock
from chassis.database import Tx
from chassis.sweeper import Slice, Sweep
from examples.parcels.commands import mark_overdue_parcels
from examples.parcels.store import find_parcels_due


def find_overdue(tx: Tx, piece: Slice) -> list[str]:
    """Parcels whose deadline has passed."""
    return find_parcels_due(tx, clock.now(), piece)


# No commit announces that a deadline passes, so this sweep is never woken.
OVERDUE_PARCELS = Sweep(
    name="overdue-parcels", find=find_overdue, apply=mark_overdue_parcels, every=timedelta(seconds=1), woken=False
)
SWEEPS = (OVERDUE_PARCELS,)
