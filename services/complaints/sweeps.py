"""Work that is due: the assessment of complaints that wait for it, and imports."""

from __future__ import annotations

from datetime import timedelta

from chassis.database import Tx
from chassis.imports import import_sweep
from chassis.sweeper import Slice, Sweep
from services.complaints.commands.assessment import assess_waiting
from services.complaints.imports import COMPLAINT_IMPORTS


def assess_complaints(tx: Tx, piece: Slice) -> int:
    """Assess complaints that wait for it; returns how many."""
    return assess_waiting(tx, piece.buckets, piece.limit)


SWEEPS = (
    Sweep(name="assess", run=assess_complaints, every=timedelta(seconds=1), limit=1_000, bucketed=True),
    import_sweep(COMPLAINT_IMPORTS),
)
