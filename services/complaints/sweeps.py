"""Work that is due: complaints that wait for their assessment."""

from __future__ import annotations

from datetime import timedelta

from chassis import clock
from chassis.aggregate import Cause
from chassis.database import Tx
from chassis.sweeper import Slice, Sweep
from services.complaints.model import Complaint
from services.complaints.policy.assessment import assess, over_cap
from services.complaints.policy.standards import RULES, Cap, standard
from services.complaints.store import complaints as store
from services.complaints.store.complainants import Window, beyond_cap
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
    caps = {each.id: RULES.at(Cap, each.received_at) for each in waiting}
    beyond = beyond_cap(tx, [_window(each, caps[each.id]) for each in waiting])
    now = clock.now()
    for complaint in waiting:
        found = assess(complaint, register, standard(complaint.sent_at), now)
        if complaint.id in beyond:
            found = over_cap(found, caps[complaint.id].citation)
        complaint.assess(found, Cause.beginning(complaint.id))
    store.save_many(tx, waiting)
    return len(waiting)


def _window(complaint: Complaint, cap: Cap) -> Window:
    """The span in which complaints count together with this one, on both sides: what comes in late, or newest first,
    must not escape the cap."""
    moment = complaint.received_at
    return Window(complaint.id, moment - cap.window, moment + cap.window, cap.complaints)


SWEEPS = (Sweep(name="assess", run=assess_complaints, every=timedelta(seconds=1), limit=1_000, bucketed=True),)
