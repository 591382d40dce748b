"""What authorities do with the clues handed over to them, and staff with those for which no authority is competent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from uuid import UUID

from chassis import audit, clock
from chassis.aggregate import ConflictError
from chassis.audit import Actor
from chassis.calendar import day_of
from chassis.database import Tx
from chassis.field_errors import FieldError, InvalidFieldsError
from chassis.ids import reference
from chassis.target import Target, require_visible
from contracts.authorities import AUTHORITIES
from contracts.referrals import Conclusion
from contracts.vocabulary import ReturnReason
from services.referrals.access import Visibility
from services.referrals.model import Batch, Clue
from services.referrals.policy.competence import can_be_routed_to
from services.referrals.policy.conclusions import checked
from services.referrals.policy.rulebook import feedback_deadline
from services.referrals.store.batches import load_batches, save_batches
from services.referrals.store.clues import load_clues, load_clues_due, load_clues_of_batch, save_clues
from services.referrals.store.locks import lock_open_subjects


class ConclusionOutcome(StrEnum):
    """What became of one conclusion of a file. KNOWN: the clue has the same conclusion already."""

    CONCLUDED = "concluded"
    KNOWN = "known"
    NOT_SEEN = "not-seen"
    INCOHERENT = "incoherent"
    CLUE_STATE = "clue-state"


@dataclass(frozen=True, slots=True)
class ConclusionResult:
    """The outcome of one conclusion, and its errors where it was refused: at least one."""

    outcome: ConclusionOutcome
    errors: Sequence[FieldError] = ()

    @classmethod
    def refused(cls, outcome: ConclusionOutcome, detail: str) -> ConclusionResult:
        """A refusal for another reason than the fields of the conclusion."""
        return cls(outcome, [FieldError("", detail, outcome)])


def receive_batch(tx: Tx, batch_id: UUID, visibility: Visibility, digest: str) -> Batch:
    """The authority confirms receipt of a batch, and so of the clues in it that it has not returned or concluded.

    Raises NotFoundError for a batch of another authority, and ConflictError for another digest or a second receipt.
    """
    clues = load_clues_of_batch(tx, batch_id)
    received = require_visible(
        lambda: next(iter(load_batches(tx, [batch_id])), None), lambda each: each.authority == visibility.authority
    )
    now = clock.now()
    received.receive(digest, now, tx.cause)
    for each in clues:
        each.receive(batch_id, now, tx.cause)
    save_clues(tx, clues)
    save_batches(tx, [received])
    return received


def return_clue(
    tx: Tx, target: Target[Visibility], reason: ReturnReason, note: str | None, suggested: str | None
) -> Clue:
    """The authority returns the clue because it is not competent.

    Raises InvalidFieldsError where the suggested authority is unknown, NotFoundError, ConflictError, and what
    `target.check_version` raises.
    """
    if suggested is not None and suggested not in AUTHORITIES:
        raise InvalidFieldsError([FieldError("suggested", "unknown authority")])
    clue = _locked(tx, target)
    clue.return_to_regulator(reason, note, suggested, clock.now(), tx.cause)
    save_clues(tx, [clue])
    return clue


def extend_clue(tx: Tx, target: Target[Visibility], reason: str) -> Clue:
    """The authority extends its deadline. Raises NotFoundError, ConflictError, and what `target.check_version`
    raises."""
    clue = _locked(tx, target)
    now = clock.now()
    rule = feedback_deadline(now)
    until = (clue.conclude_by or now) + rule.extension
    clue.extend(until, rule.citation, reason, now, tx.cause)
    save_clues(tx, [clue])
    return clue


def conclude_clue(tx: Tx, target: Target[Visibility], conclusion: Conclusion) -> Clue:
    """An authority concludes its clue, national staff a clue for which no other authority is competent.

    Raises as `extend_clue`, and InvalidFieldsError.
    """
    clue = _locked(tx, target)
    _conclude(tx, clue, checked(conclusion, clue.id), target.visibility)
    save_clues(tx, [clue])
    if target.visibility.everything:
        audit.record(tx, target.actor, "clue-concluded", reference("clue", clue.id), conclusion.note or conclusion.code)
    return clue


def conclude_clues(
    tx: Tx,
    conclusions: Sequence[tuple[UUID, Conclusion]],
    visibility: Visibility | None,
    actor: Actor,
    source: str,
) -> list[ConclusionResult]:
    """Conclude many clues, in the given order, as `conclude_clue` does one. Returns what became of each.

    `visibility` is None for an actor that may not conclude clues; `source` names the file in the audit log.
    """
    if visibility is None:
        return [_NOT_FOUND for _ in conclusions]
    lock_open_subjects(tx, (clue for clue, _ in conclusions))
    clues = {
        each.id: each
        for each in load_clues(tx, {clue for clue, _ in conclusions})
        if visibility.includes_for_acts(each)
    }
    results = [_result(tx, clues.get(clue), conclusion, visibility) for clue, conclusion in conclusions]
    save_clues(tx, list(clues.values()))
    concluded = sum(each.outcome is ConclusionOutcome.CONCLUDED for each in results)
    if visibility.everything and concluded:
        audit.record(tx, actor, "clues-concluded", source, f"{concluded} clues without another competent authority")
    return results


def annul_conclusion(tx: Tx, target: Target[Visibility], reason: str) -> Clue:
    """The decision that a conclusion reports was annulled: reported by its authority, or by staff for their own
    conclusions. Raises as `extend_clue`."""
    clue = _locked(tx, target)
    if target.visibility.everything and not clue.for_staff:
        raise ConflictError("clue-state", f"Only {clue.authority} can annul its conclusion.")
    clue.annul(reason, clock.now(), tx.cause)
    save_clues(tx, [clue])
    audit.record(tx, target.actor, "conclusion-annulled", reference("clue", clue.id), reason)
    return clue


def route_clue(tx: Tx, target: Target[Visibility], authority: str, reason: str) -> Clue:
    """Staff name the competent authority. Raises as `extend_clue`, and InvalidFieldsError where the authority does not
    exist today."""
    if not can_be_routed_to(authority, day_of(clock.now())):
        raise InvalidFieldsError([FieldError("authority", "not an authority that exists today")])
    clue = _locked(tx, target)
    clue.route(authority, tx.cause)
    save_clues(tx, [clue])
    audit.record(tx, target.actor, "clue-routed", reference("clue", clue.id), reason)
    return clue


def mark_overdue(tx: Tx, ids: Sequence[str]) -> int:
    """Mark those of these clues whose deadline has passed without a conclusion. Returns how many."""
    now = clock.now()
    clues = load_clues_due(tx, ids, now)
    for each in clues:
        each.mark_overdue(now, tx.cause)
    save_clues(tx, clues)
    return len(clues)


_NOT_FOUND = ConclusionResult.refused(
    ConclusionOutcome.NOT_SEEN, "The clue does not exist, or is not visible to the sender."
)


def _result(tx: Tx, clue: Clue | None, conclusion: Conclusion, visibility: Visibility) -> ConclusionResult:
    if clue is None:
        return _NOT_FOUND
    try:
        conclusion = checked(conclusion, clue.id)
        if clue.conclusion == conclusion:
            return ConclusionResult(ConclusionOutcome.KNOWN)
        _conclude(tx, clue, conclusion, visibility)
    except InvalidFieldsError as error:
        incoherent = ConclusionOutcome.INCOHERENT
        return ConclusionResult(incoherent, [replace(each, code=incoherent) for each in error.errors])
    except ConflictError as error:
        return ConclusionResult.refused(ConclusionOutcome.CLUE_STATE, error.detail)
    return ConclusionResult(ConclusionOutcome.CONCLUDED)


def _conclude(tx: Tx, clue: Clue, conclusion: Conclusion, visibility: Visibility) -> None:
    conclude = clue.conclude_by_staff if visibility.everything else clue.conclude
    conclude(conclusion, clock.now(), tx.cause)


def _locked(tx: Tx, target: Target[Visibility]) -> Clue:
    """The clue, locked with its subject. Raises what `target.require` raises."""
    lock_open_subjects(tx, [target.id])
    return target.require(partial(load_clues, tx), target.visibility.includes_for_acts)
