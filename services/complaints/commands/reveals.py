"""Revealing who complained: one member of staff asks, another decides, and every disclosure is in the audit log."""

from __future__ import annotations

from uuid import UUID

from chassis import audit, clock, privacy
from chassis.aggregate import ConflictError
from chassis.audit import Actor
from chassis.database import Tx
from chassis.ids import new_id, reference
from chassis.target import Target, require_visible
from services.complaints.access import Visibility
from services.complaints.commands.complaints import lock_complaint
from services.complaints.model import Reveal, RevealDecision
from services.complaints.policy.rulebook import RULES, RevealValidity
from services.complaints.store.reveals import Disclosure, is_waiting, load_disclosure, load_reveal, save_reveal


def request_reveal(tx: Tx, complaint: UUID, visibility: Visibility, actor: Actor, reason: str) -> Reveal:
    """Ask to see who filed a complaint.

    Raises NotFoundError, and ConflictError ("reveal-state") while an earlier request of this person about this
    complaint waits for its decision.
    """
    # The complaint is locked first: two requests of one person are handled one after the other.
    about = lock_complaint(tx, complaint, visibility)
    if is_waiting(tx, complaint, actor.subject):
        raise ConflictError("reveal-state", "A request of yours about this complaint waits for its decision.")
    reveal = Reveal(
        id=new_id(),
        complaint_id=complaint,
        province=about.province,
        reason=privacy.redact(reason),
        requested_by=actor.subject,
        requested_at=clock.now(),
    )
    save_reveal(tx, reveal)
    audit.record(
        tx, actor, "reveal-requested", reference("reveal", reveal.id), reason, after=audit.digest(reveal.state)
    )
    return reveal


def decide_reveal(tx: Tx, target: Target[Visibility], decision: RevealDecision, reason: str) -> Reveal:
    """A second member of staff approves or refuses. Raises NotFoundError, ConflictError as the model does, and what
    `target.check_version` raises."""
    reveal = _locked(tx, target.id, target.visibility)
    target.check_version(reveal.version)
    before, now = audit.digest(reveal.state), clock.now()
    if decision is RevealDecision.APPROVE:
        rule = RULES.at(RevealValidity, now)
        reveal.approve(privacy.redact(reason), target.actor.subject, now, rule.valid, rule.citation)
    else:
        reveal.refuse(privacy.redact(reason), target.actor.subject, now)
    save_reveal(tx, reveal)
    audit.record(
        tx,
        target.actor,
        f"reveal-{reveal.state.value}",
        reference("reveal", reveal.id),
        reason,
        before=before,
        after=audit.digest(reveal.state),
    )
    return reveal


def disclose_number(tx: Tx, identifier: UUID, visibility: Visibility, actor: Actor) -> Disclosure:
    """Disclose the number to the member of staff whose request was approved, and record that in the audit log. Raises
    NotFoundError, and ConflictError as the model does."""
    reveal = _locked(tx, identifier, visibility)
    reveal.require_disclosable(actor.subject, clock.now())
    audit.record(tx, actor, "number-disclosed", reference("reveal", reveal.id), reveal.reason)
    return load_disclosure(tx, reveal.complaint_id)


def _locked(tx: Tx, identifier: UUID, visibility: Visibility) -> Reveal:
    return require_visible(lambda: load_reveal(tx, identifier), lambda each: visibility.includes(each.province))
