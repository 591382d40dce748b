"""Acts on complaints that are filed: staff correct their assessments, staff and channels withdraw them."""

from __future__ import annotations

from uuid import UUID

from chassis import audit, clock
from chassis.audit import Actor
from chassis.database import Tx
from chassis.ids import reference
from chassis.target import Target, require_visible
from services.complaints.access import Visibility
from services.complaints.model import Complaint, WithdrawalReason
from services.complaints.policy.corrections import Correction, corrected, require_known_codes
from services.complaints.store.complaints import load_complaints, save_complaints
from services.complaints.store.erasure import erase


def correct_assessment(tx: Tx, target: Target[Visibility], correction: Correction) -> Complaint:
    """Add a version to the complaint's assessment, by staff.

    Raises NotFoundError, ConflictError, InvalidFieldsError, and what `target.check_version` raises.
    """
    require_known_codes(correction)
    complaint = lock_complaint(tx, target.id, target.visibility)
    target.check_version(complaint.version)
    before = complaint.current_assessment()
    found = corrected(before, correction, target.actor.subject, clock.now())
    complaint.correct(found, tx.cause.within(str(complaint.id), complaint.traceparent))
    save_complaints(tx, [complaint])
    audit.record(
        tx,
        target.actor,
        "assessment-corrected",
        reference("complaint", complaint.id),
        correction.note,
        before=audit.digest(before),
        after=audit.digest(complaint.assessment),
    )
    return complaint


def withdraw_complaint(
    tx: Tx, identifier: UUID, visibility: Visibility, actor: Actor, reason: WithdrawalReason, note: str | None
) -> Complaint:
    """Withdraw the complaint: it no longer counts, and what it contains is erased. Raises NotFoundError, and
    ConflictError where it is withdrawn."""
    complaint = lock_complaint(tx, identifier, visibility)
    before = audit.digest(complaint.state)
    complaint.withdraw(reason, tx.cause.within(str(complaint.id), complaint.traceparent))
    save_complaints(tx, [complaint])
    erase(tx, [complaint.id])
    audit.record(
        tx,
        actor,
        "complaint-withdrawn",
        reference("complaint", complaint.id),
        note or reason.value,
        before=before,
        after=audit.digest(complaint.state),
    )
    return complaint


def lock_complaint(tx: Tx, identifier: UUID, visibility: Visibility) -> Complaint:
    """The complaint, locked. Raises NotFoundError where it does not exist or is not visible."""
    return require_visible(
        lambda: next(iter(load_complaints(tx, [identifier])), None),
        lambda each: visibility.includes(each.province, each.channel),
    )
