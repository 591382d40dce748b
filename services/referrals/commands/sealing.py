"""Sealing: clues of one authority become a batch of documents that nobody changes any more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis import audit, clock
from chassis.aggregate import Cause
from chassis.audit import Actor
from chassis.database import Tx
from chassis.ids import new_id
from chassis.quarters import preceding, quarter_of
from contracts.authorities import POLICE
from contracts.vocabulary import SubjectKind
from services.referrals.model import SEALABLE, Batch, Because, Clue, Stock
from services.referrals.policy.competence import Addressees, day_of
from services.referrals.policy.documents import Sealed, digest_of, document_of, manifest_of, may_show_samples
from services.referrals.policy.rulebook import (
    document_samples,
    document_senders,
    feedback_deadline,
    sealing_calendar,
    sealing_crime,
)
from services.referrals.store import sealings
from services.referrals.store.batches import keep_documents, save_batches
from services.referrals.store.clues import load_clues, save_clues
from services.referrals.store.enterprises import names_of
from services.referrals.store.evidence import samples_of, senders_of, stocks_of
from services.referrals.store.sealings import Candidate, Sealing


def order_sealing(tx: Tx, authority: str | None, through: str | None, reason: str, actor: Actor) -> Sealing:
    """Staff have sealed what is open now: all, or of one authority, or of the quarters through one. It is worked off
    by the sweep."""
    ordered = sealings.order_sealing(tx, authority, through, reason, actor.subject, clock.now())
    audit.record(tx, actor, "sealing-ordered", f"sealing:{ordered.id}", reason)
    tx.announce()
    return ordered


def seal_by_order(tx: Tx, limit: int) -> int:
    """Order the sealing of a quarter when its day has come, and seal a slice of what the oldest order covers. Returns
    how much was done; an order of which nothing is left is done."""
    now = clock.now()
    rule = sealing_calendar(now)
    ordered = sealings.order_quarter(tx, preceding(quarter_of(now - rule.after)), now)
    order = sealings.open_sealing(tx)
    if order is None:
        return int(ordered)
    addressees = Addressees(day_of(now))
    found = sealings.covered(tx, order, addressees, min(limit, rule.clues))
    sealed = _seal(tx, found, addressees, order.because, order.id)
    if not sealed and not sealings.covers_any(tx, order, addressees):
        sealings.close_sealing(tx, order.id, now)
        return 1
    return sealed


def seal_crimes(tx: Tx, limit: int) -> int:
    """Seal at most `limit` clues for the police that do not wait for the quarter. Returns how many."""
    now = clock.now()
    rule, addressees = sealing_crime(now), Addressees(day_of(now))
    limit = min(limit, sealing_calendar(now).clues)
    found = sealings.urgent(tx, POLICE, rule.complainants, now - rule.rest, addressees, limit)
    return _seal(tx, found, addressees, Because.CRIME, None)


def _seal(tx: Tx, candidates: Sequence[Candidate], addressees: Addressees, because: Because, order: UUID | None) -> int:
    """Seal what of these clues, whose subjects are locked, is still to be sealed: in one batch for the one authority
    that they are for. Returns how many."""
    if not candidates:
        return 0
    authority = candidates[0].addressee
    clues = load_clues(tx, (each.clue for each in candidates))
    stocks = stocks_of(tx, [each.id for each in clues])
    # They were found by a look that may be older than the locks.
    clues = [
        each
        for each in clues
        if each.state in SEALABLE
        and addressees.of(each.authority, each.place.industry) == authority
        and each.id in stocks
    ]
    if clues:
        cause = tx.cause if order is None else Cause(str(order), str(order), tx.cause.traceparent)
        _refer(tx, clues, stocks, _Sealing(new_id(), authority, because, order, clock.now(), cause))
    return len(clues)


@dataclass(frozen=True, slots=True)
class _Sealing:
    """A batch that is about to be sealed: for whom, why, by which order, when."""

    batch: UUID
    authority: str
    because: Because
    order: UUID | None
    at: datetime
    cause: Cause


def _refer(tx: Tx, clues: Sequence[Clue], stocks: Mapping[UUID, Stock], sealing: _Sealing) -> None:
    at = sealing.at
    deadline = feedback_deadline(at)
    calls_for_it = sealing_crime(at) if sealing.because is Because.CRIME else sealing_calendar(at)
    rules = tuple(each.citation for each in (calls_for_it, document_senders(at), document_samples(at), deadline))
    names = names_of(tx, (each.place.value for each in clues if each.place.kind is SubjectKind.ENTERPRISE))
    for each in clues:
        each.refer(
            sealing.batch,
            authority=sealing.authority,
            name=names.get(each.place.value, each.name),
            stock=stocks[each.id],
            rules=rules,
            at=at,
            conclude_by=at + deadline.conclude,
            because=sealing.cause,
        )
    documents = _documents(tx, clues, sealing.authority, at)
    manifest = manifest_of(sealing.batch, sealing.authority, sealing.because, at, documents)
    batch = Batch.seal(
        sealing.batch,
        authority=sealing.authority,
        because=sealing.because,
        sealing=sealing.order,
        clues=len(documents),
        manifest=manifest,
        digest=digest_of(manifest),
        at=at,
        cause=sealing.cause,
    )
    save_clues(tx, clues)
    save_batches(tx, [batch])
    keep_documents(tx, batch.id, documents)


def _documents(tx: Tx, clues: Sequence[Clue], authority: str, at: datetime) -> list[Sealed]:
    rule = document_samples(at)
    shown = [
        each.id
        for each in clues
        if may_show_samples(authority, each.stock.counts.complainants, rule.least_complainants)
    ]
    samples = samples_of(tx, shown, rule.most)
    senders = senders_of(tx, [each.id for each in clues], document_senders(at).most)
    return [document_of(each, senders[each.id], samples.get(each.id, ())) for each in clues]
