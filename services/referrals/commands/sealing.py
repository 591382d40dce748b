"""Sealing: the clues of one authority become a batch of documents that never change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from chassis import audit, clock
from chassis.aggregate import Cause
from chassis.audit import Actor
from chassis.calendar import day_of, preceding, quarter_of
from chassis.database import Tx
from chassis.field_errors import FieldError, InvalidFieldsError
from chassis.ids import new_id, reference
from chassis.sweeper import Slice
from contracts.authorities import POLICE
from contracts.vocabulary import SubjectKind
from services.referrals.model import SEALABLE, Batch, Clue, SealingTrigger, Tally
from services.referrals.policy.competence import Addressees
from services.referrals.policy.documents import (
    SealedDocument,
    digest_of,
    document_of,
    manifest_of,
    may_show_samples,
)
from services.referrals.policy.rulebook import (
    document_samples,
    document_senders,
    feedback_deadline,
    sealing_calendar,
    sealing_crime,
)
from services.referrals.store.batches import save_batches, save_documents
from services.referrals.store.clues import load_clues, save_clues
from services.referrals.store.enterprises import load_names
from services.referrals.store.evidence import load_samples, load_senders, load_tallies
from services.referrals.store.sealings import (
    Candidate,
    Sealing,
    Urgency,
    close_sealing,
    covers_any,
    find_covered,
    find_open_sealings,
    find_urgent,
    load_covered,
    load_open_sealing,
    load_urgent,
    order_quarter,
    save_sealing,
)


def order_sealing(tx: Tx, authority: str | None, through: str | None, reason: str, actor: Actor) -> Sealing:
    """Staff order the sealing of clues that are open now: of all, of one authority, or of the quarters up to
    `through`. The sweep seals them in slices.

    Raises InvalidFieldsError where the authority receives no clues today.
    """
    now = clock.now()
    if authority is not None and authority not in Addressees(day_of(now)).existing:
        raise InvalidFieldsError([FieldError("authority", "not an authority that receives clues today")])
    sealing = Sealing(
        id=new_id(),
        because=SealingTrigger.COMMAND,
        authority=authority,
        through=through,
        reason=reason,
        requested_by=actor.subject,
        requested_at=now,
    )
    save_sealing(tx, sealing)
    audit.record(tx, actor, "sealing-ordered", reference("sealing", sealing.id), reason)
    tx.announce()
    return sealing


def order_ended_quarter(tx: Tx) -> int:
    """Order the sealing of a quarter when its day has come, once; returns 1 if it was ordered now."""
    now = clock.now()
    ordered = order_quarter(tx, preceding(quarter_of(now - sealing_calendar(now).after)), now)
    if ordered:
        tx.announce()
    return int(ordered)


def find_ordered(tx: Tx, piece: Slice) -> list[str]:
    """What is to be done for the oldest open sealing with anything to do: clues to seal, `sealing/clue`, all for one
    authority; or, where it covers none any more, the sealing itself, which is to be closed.

    A clue that was set aside keeps its sealing open, but not the later ones.
    """
    now = clock.now()
    addressees = Addressees(day_of(now))
    piece = replace(piece, limit=min(piece.limit, sealing_calendar(now).clues))
    for sealing_id in find_open_sealings(tx, piece.sweep):
        sealing = load_open_sealing(tx, sealing_id)
        if sealing is None:
            continue
        found = find_covered(tx, sealing, addressees, piece)
        if found:
            return [f"{sealing_id}/{each.clue_id}" for each in found]
        if not covers_any(tx, sealing, addressees):
            return [str(sealing_id)]
    return []


def seal_by_order(tx: Tx, keys: Sequence[str]) -> int:
    """Seal these clues for their sealing, those of one authority in one batch, or close the sealing. Returns the count
    of items done."""
    sealing_id = UUID(keys[0].partition("/")[0])
    clues = [UUID(clue) for _, _, clue in (key.partition("/") for key in keys) if clue]
    sealing = load_open_sealing(tx, sealing_id)
    if sealing is None:
        return 0
    now = clock.now()
    addressees = Addressees(day_of(now))
    if clues:
        found = load_covered(tx, sealing, addressees, clues)
        return _seal(tx, found, addressees, sealing.because, sealing)
    if covers_any(tx, sealing, addressees):
        return 0
    close_sealing(tx, sealing.id, now)
    return 1


def find_crimes(tx: Tx, piece: Slice) -> list[str]:
    """Clues that go to the police without waiting for the quarter."""
    now = clock.now()
    piece = replace(piece, limit=min(piece.limit, sealing_calendar(now).clues))
    return [str(each.clue_id) for each in find_urgent(tx, _urgency(now), Addressees(day_of(now)), piece)]


def seal_crimes(tx: Tx, ids: Sequence[str]) -> int:
    """Seal these clues for the police in one batch, where they still are urgent. Returns how many."""
    now = clock.now()
    addressees = Addressees(day_of(now))
    found = load_urgent(tx, _urgency(now), addressees, [UUID(each) for each in ids])
    return _seal(tx, found, addressees, SealingTrigger.CRIME, None)


def _urgency(now: datetime) -> Urgency:
    rule = sealing_crime(now)
    return Urgency(POLICE, rule.complainants, now - rule.rest)


@dataclass(frozen=True, slots=True)
class _Handover:
    """A batch that is being sealed: its id, its authority, why, for which sealing, when, and the cause of its
    events."""

    batch_id: UUID
    authority: str
    because: SealingTrigger
    sealing_id: UUID | None
    at: datetime
    cause: Cause


def _seal(
    tx: Tx,
    candidates: Sequence[Candidate],
    addressees: Addressees,
    because: SealingTrigger,
    sealing: Sealing | None,
) -> int:
    """Seal the candidates that can still be sealed in one batch for their one authority; their subjects are locked.
    Returns how many."""
    if not candidates:
        return 0
    authority = candidates[0].addressee
    clues = load_clues(tx, (each.clue_id for each in candidates))
    tallies = load_tallies(tx, [each.id for each in clues])
    # The candidates were read before the locks were held.
    clues = [
        each
        for each in clues
        if each.state in SEALABLE
        and addressees.of(each.authority, each.place.industry) == authority
        and each.id in tallies
    ]
    if clues:
        cause = tx.cause if sealing is None else sealing.caused(tx.cause.traceparent)
        sealing_id = None if sealing is None else sealing.id
        _hand_over(tx, clues, tallies, _Handover(new_id(), authority, because, sealing_id, clock.now(), cause))
    return len(clues)


def _hand_over(tx: Tx, clues: Sequence[Clue], tallies: Mapping[UUID, Tally], handover: _Handover) -> None:
    _refer(tx, clues, tallies, handover)
    documents = _documents(tx, clues, handover.authority, handover.at)
    manifest = manifest_of(handover.batch_id, handover.authority, handover.because, handover.at, documents)
    batch = Batch(
        id=handover.batch_id,
        authority=handover.authority,
        because=handover.because,
        sealing_id=handover.sealing_id,
        correlation_id=handover.cause.correlation_id,
        clues=len(documents),
        manifest=manifest,
        digest=digest_of(manifest),
        sealed_at=handover.at,
    )
    batch.seal(handover.cause)
    save_clues(tx, clues)
    save_batches(tx, [batch])
    save_documents(tx, batch.id, documents)


def _refer(tx: Tx, clues: Sequence[Clue], tallies: Mapping[UUID, Tally], handover: _Handover) -> None:
    at = handover.at
    trigger = sealing_crime(at) if handover.because is SealingTrigger.CRIME else sealing_calendar(at)
    deadline = feedback_deadline(at)
    rules = tuple(each.citation for each in (trigger, document_senders(at), document_samples(at), deadline))
    enterprises = (each.place for each in clues if each.place.subject_kind is SubjectKind.ENTERPRISE)
    names = load_names(tx, (place.subject_value for place in enterprises))
    for each in clues:
        each.refer(
            handover.batch_id,
            authority=handover.authority,
            subject_name=names.get(each.place.subject_value, each.subject_name),
            tally=tallies[each.id],
            rules=rules,
            at=at,
            conclude_by=at + deadline.conclude,
            because=handover.cause,
        )


def _documents(tx: Tx, clues: Sequence[Clue], authority: str, at: datetime) -> list[SealedDocument]:
    rule = document_samples(at)
    shown = [each.id for each in clues if may_show_samples(authority, each.counts.vouched, rule.least_complainants)]
    samples = load_samples(tx, shown, rule.most)
    senders = load_senders(tx, [each.id for each in clues], document_senders(at).most)
    return [document_of(each, senders[each.id], samples.get(each.id, ())) for each in clues]
