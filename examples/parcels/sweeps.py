"""Work that is due: deadlines that pass without a delivery."""

from __future__ import annotations

from datetime import timedelta

from chassis.database import Tx
from chassis.sweeper import Slice, Sweep
from examples.parcels.commands import mark_overdue_parcels


def mark_overdue(tx: Tx, piece: Slice) -> int:
    """Mark parcels whose deadline has passed."""
    return mark_overdue_parcels(tx, piece.limit)


# No commit announces that a deadline passes, so this sweep is never woken.
SWEEPS = (Sweep(name="overdue-parcels", run=mark_overdue, every=timedelta(seconds=1), woken=False),)
