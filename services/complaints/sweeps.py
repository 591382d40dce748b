"""Work that is due: complaints that wait for their assessment."""

from __future__ import annotations

from datetime import timedelta

from chassis import clock
from chassis.aggregate import Cause
from chassis.database import Tx
from chassis.service import Slice, Sweep
from services.complaints.policy.assessment import assess
from services.complaints.policy.standards import standard
from services.complaints.store import complaints as store
from services.complaints.store.register import load_register


def assess_complaints(tx: Tx, piece: Slice) -> int:
    """Assess a set of complaints by the register as filed when each message was sent; returns how many.

    The register is this service's copy: a port filed a moment ago may not be in it yet. Whoever acts on the assessment
    judges by the register itself.
    """
    waiting = store.take_unassessed(tx, piece.buckets, piece.limit)
    if not waiting:
        return 0
    register = load_register(tx, ((each.sender, each.sent_at) for each in waiting))
    now = clock.now()
    for complaint in waiting:
        found = assess(complaint, register, standard(complaint.sent_at), now)
        complaint.assess(found, Cause.beginning(complaint.id))
    store.save_many(tx, waiting)
    return len(waiting)


SWEEPS = (Sweep(name="assess", run=assess_complaints, every=timedelta(seconds=1), limit=1_000, bucketed=True),)
