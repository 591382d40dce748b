"""What authorities do with the clues that were handed over to them, and staff with those that nobody has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from chassis import audit, clock
from chassis.aggregate import ConflictError, NotFoundError
from chassis.audit import Actor
from chassis.database import Tx
from contracts.referrals import Conclusion
from contracts.vocabulary import ReturnReason
from services.referrals.model import Clue
from services.referrals.policy.conclusions import coherent
from services.referrals.policy.rulebook import feedback_deadline
from services.referrals.store import locks
from services.referrals.store.clues import load_clues, load_clues_due, save_clues
from services.referrals.store.sight import Sight


@dataclass(frozen=True, slots=True)
class Upon:
    """Which clue an act is upon, who acts, with what sight, and having read which version: `check` raises when the
    version is not the one that was read."""

    id: UUID
    sight: Sight
    check: Callable[[int], None]


def return_clue(tx: Tx, upon: Upon, reason: ReturnReason, note: str | None, suggested: str | None) -> Clue:
    """The authority is not the one to deal with it. Raises NotFoundError, ConflictError, and what `upon.check`
    raises."""
    clue = _locked(tx, upon)
    clue.give_back(reason, note, suggested, clock.now(), tx.cause)
    save_clues(tx, [clue])
    return clue


def extend_clue(tx: Tx, upon: Upon, reason: str) -> Clue:
    """The authority takes more time. Raises as `return_clue`."""
    clue = _locked(tx, upon)
    now = clock.now()
    rule = feedback_deadline(now)
    until = (clue.conclude_by or now) + rule.extension
    clue.extend(until, rule.citation, reason, now, tx.cause)
    save_clues(tx, [clue])
    return clue


def conclude_clue(tx: Tx, upon: Upon, conclusion: Conclusion) -> Clue:
    """The authority says what it found and did. Raises as `return_clue`, and IncoherentError."""
    clue = _locked(tx, upon)
    clue.conclude(coherent(conclusion, clue.id), clock.now(), tx.cause)
    save_clues(tx, [clue])
    return clue


def conclude_ourselves(tx: Tx, upon: Upon, conclusion: Conclusion, actor: Actor) -> Clue:
    """Staff conclude what is nobody else's. Raises as `conclude_clue`."""
    clue = _locked(tx, upon)
    clue.conclude_ourselves(coherent(conclusion, clue.id), clock.now(), tx.cause)
    save_clues(tx, [clue])
    audit.record(tx, actor, "clue-concluded", f"clue:{clue.id}", conclusion.note or conclusion.code)
    return clue


def annul_conclusion(tx: Tx, upon: Upon, reason: str, actor: Actor) -> Clue:
    """The decision that the conclusion tells of was annulled: its authority says so, staff of what they concluded
    themselves. Raises as `return_clue`."""
    clue = _locked(tx, upon)
    if upon.sight.everything and not clue.ours:
        raise ConflictError("clue-state", f"The conclusion is that of {clue.authority}, which annuls it.")
    clue.annul(reason, clock.now(), tx.cause)
    save_clues(tx, [clue])
    audit.record(tx, actor, "conclusion-annulled", f"clue:{clue.id}", reason)
    return clue


def route_clue(tx: Tx, upon: Upon, authority: str, reason: str, actor: Actor) -> Clue:
    """Staff say who is competent. Raises as `return_clue`."""
    clue = _locked(tx, upon)
    clue.route(authority, tx.cause)
    save_clues(tx, [clue])
    audit.record(tx, actor, "clue-routed", f"clue:{clue.id}", reason)
    return clue


def mark_overdue(tx: Tx, limit: int) -> int:
    """Mark at most `limit` clues whose deadline has passed without a conclusion. Returns how many."""
    now = clock.now()
    clues = load_clues_due(tx, now, limit)
    for each in clues:
        each.mark_overdue(now, tx.cause)
    save_clues(tx, clues)
    return len(clues)


def _locked(tx: Tx, upon: Upon) -> Clue:
    """The clue, and its subject, locked. Raises NotFoundError, and what `upon.check` raises."""
    locks.acting(tx, [upon.id])
    clues = load_clues(tx, [upon.id])
    if not clues or not upon.sight.may_act_on(clues[0]):
        raise NotFoundError
    upon.check(clues[0].version)
    return clues[0]
