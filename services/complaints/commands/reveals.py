"""Revealing who complained: one person asks with a reason, another decides, and every look is in the audit log."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from chassis import audit, clock
from chassis.aggregate import ConflictError, NotFoundError
from chassis.audit import Actor
from chassis.database import Tx
from services.complaints.commands.complaints import lock_complaint
from services.complaints.model import Decision, Reveal
from services.complaints.policy.standards import RULES, Revealing
from services.complaints.store import reveals as store
from services.complaints.store.reveals import Disclosure


@dataclass(frozen=True, slots=True)
class Upon:
    """Which reveal an act is upon, who acts, and of which province's complaints they know (None: of all)."""

    id: UUID
    actor: Actor
    province: str | None


def request_reveal(tx: Tx, complaint: UUID, province: str | None, reason: str, actor: Actor) -> Reveal:
    """Somebody asks to see who filed a complaint of this province (None: of any).

    Raises NotFoundError, and ConflictError ("reveal-state") while an earlier request of theirs waits for its decision.
    """
    # Locked before it is looked at: two requests of one person wait for each other here.
    about = lock_complaint(tx, complaint, province)
    if store.is_waiting(tx, complaint, actor.subject):
        raise ConflictError("reveal-state", "A request of yours about this complaint waits for its decision.")
    reveal = Reveal.request(complaint, about.province, reason, actor.subject, clock.now())
    store.save_reveal(tx, reveal)
    audit.record(tx, actor, "reveal-requested", _object(reveal), reason, after=audit.digest(reveal.state))
    return reveal


def decide_reveal(tx: Tx, upon: Upon, check: Callable[[int], None], decision: Decision, reason: str) -> Reveal:
    """Somebody else approves or refuses. Raises NotFoundError, ConflictError as the model does, and what `check` of the
    version raises."""
    reveal = _locked(tx, upon)
    check(reveal.version)
    before, now = audit.digest(reveal.state), clock.now()
    if decision is Decision.APPROVE:
        rule = RULES.at(Revealing, now)
        reveal.approve(reason, upon.actor.subject, now, rule.valid, rule.citation)
    else:
        reveal.refuse(reason, upon.actor.subject, now)
    store.save_reveal(tx, reveal)
    after = audit.digest(reveal.state)
    audit.record(tx, upon.actor, f"reveal-{reveal.state.value}", _object(reveal), reason, before=before, after=after)
    return reveal


def disclose_number(tx: Tx, upon: Upon) -> Disclosure:
    """Tell the number to whom it was approved for, and note that it was told. Raises NotFoundError, and ConflictError as
    the model does."""
    reveal = _locked(tx, upon)
    reveal.disclose(upon.actor.subject, clock.now())
    audit.record(tx, upon.actor, "number-disclosed", _object(reveal), reveal.reason)
    return store.disclose(tx, reveal.complaint)


def _locked(tx: Tx, upon: Upon) -> Reveal:
    reveal = store.load_reveal(tx, upon.id)
    if reveal is None or upon.province not in (None, reveal.province):
        raise NotFoundError
    return reveal


def _object(reveal: Reveal) -> str:
    return f"reveal:{reveal.id}"
