"""The assessment of complaints that wait for it, in sets."""

from __future__ import annotations

from collections.abc import Sequence

from chassis import clock
from chassis.aggregate import Cause
from chassis.database import Tx
from services.complaints.model import Complaint, ComplaintState
from services.complaints.policy.assessment import assess, of_held_channel, over_cap, standard
from services.complaints.policy.identities import published_quarters
from services.complaints.policy.rulebook import RULES, ComplaintCap
from services.complaints.store.channels import held_channels
from services.complaints.store.complainants import CapWindow, EarlierIdentity, find_earlier_identities, find_over_cap
from services.complaints.store.complaints import load_unassessed, save_complaints
from services.complaints.store.erasure import erase
from services.complaints.store.register import load_register


def assess_waiting(tx: Tx, ids: Sequence[str]) -> int:
    """Assess those of these complaints that wait for it, by the register as it was filed when each message was sent.
    Returns how many were assessed.

    The register is this service's copy: a port that was filed a moment ago may be missing. The ports service judges by
    the register itself.

    The complaints about one number are assessed in the order of their filing. A complaint that cannot be assessed is
    passed by later ones about its number: an assessment depends on the register and, for the cap, on what was filed,
    never on the assessment of another complaint. Consumers collect complaints by their ids in any order.
    A complaint whose text is erased lapses.
    """
    waiting = load_unassessed(tx, ids)
    if not waiting:
        return 0
    register = load_register(tx, ((each.sender, each.sent_at) for each in waiting))
    caps = {each.id: RULES.at(ComplaintCap, each.received_at) for each in waiting}
    earlier = find_earlier_identities(tx, [each.id for each in waiting])
    over = find_over_cap(tx, [_window(each, caps[each.id]) for each in waiting], earlier)
    held = held_channels(tx)
    now = clock.now()
    for complaint in waiting:
        cause = Cause.beginning(complaint.id, complaint.traceparent)
        if complaint.id in earlier:
            _keep_surrogates(complaint, earlier[complaint.id])
        if (text := complaint.text) is None:
            complaint.lapse(cause)
            continue
        found = assess(complaint, text, register, standard(complaint.sent_at), now)
        if complaint.channel in held:
            found = of_held_channel(found)
        if complaint.id in over:
            found = over_cap(found, caps[complaint.id].citation)
        complaint.assess(found, cause.joined(register.persons_behind(complaint.sender, complaint.sent_at)))
    save_complaints(tx, waiting)
    lapsed = [each.id for each in waiting if each.state is ComplaintState.WITHDRAWN]
    if lapsed:
        erase(tx, lapsed)
    return len(waiting)


def _keep_surrogates(complaint: Complaint, earlier: EarlierIdentity) -> None:
    """Publish the complainant under the surrogates that an earlier release has published in these quarters: otherwise
    they would be counted as two people."""
    quarter, *also = published_quarters(complaint.received_at)
    complaint.surrogate = earlier.surrogates.get(quarter, complaint.surrogate)
    if also:
        complaint.surrogate_also = earlier.surrogates.get(also[0], complaint.surrogate_also)


def _window(complaint: Complaint, cap: ComplaintCap) -> CapWindow:
    """The span in which complaints count together with this one, before and after it: complaints that arrive late, or
    the newest first, must not escape the cap."""
    moment = complaint.received_at
    return CapWindow(complaint.id, moment - cap.window, moment + cap.window, cap.complaints)
