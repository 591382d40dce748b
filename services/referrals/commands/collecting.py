"""Collecting: every complaint that counts is in the clue of the place where it belongs, and in no other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from chassis import clock
from chassis.aggregate import Cause
from chassis.calendar import day_of
from chassis.database import Tx
from chassis.events.envelope import Message, newest
from chassis.privacy import to_hour
from contracts.complaints import ComplaintAssessed, ComplaintWithdrawn
from contracts.vocabulary import SubjectKind
from services.referrals.model import EMPTY, Clue, Place, PlaceKey, Tally, new_clue_id
from services.referrals.policy.competence import authority_for
from services.referrals.policy.subjects import placement_of
from services.referrals.store.clues import CluesInPlace, load_clues_in, load_places, save_clues
from services.referrals.store.enterprises import load_names
from services.referrals.store.evidence import (
    AssessedComplaint,
    CollectedComplaint,
    load_collected,
    save_assessments,
    save_withdrawals,
)
from services.referrals.store.locks import lock_collection, lock_subjects

E = TypeVar("E", ComplaintAssessed, ComplaintWithdrawn)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A complaint as a message brings it: the place where it belongs (None: in no clue), the tally of a clue that has
    only this complaint, and the cause."""

    place: Place | None
    tally: Tally
    because: Cause


def collect_assessments(tx: Tx, messages: Sequence[Message[ComplaintAssessed]]) -> None:
    """Write assessed complaints as evidence, each in the clue where it belongs now."""
    lock_collection(tx)
    latest = newest(messages, lambda event: event.complaint)
    stored = load_collected(tx, latest)
    assessed = {complaint: _assessed(each) for complaint, each in _unseen(latest, stored).items()}
    arrivals = {
        complaint: Arrival(each.placement.place, each.tally, latest[complaint].caused())
        for complaint, each in assessed.items()
    }
    save_assessments(tx, list(assessed.values()), stored, _collect(tx, stored, arrivals))


def collect_withdrawals(tx: Tx, messages: Sequence[Message[ComplaintWithdrawn]]) -> None:
    """Remove withdrawn complaints from their clues. Sealed content does not change."""
    lock_collection(tx)
    latest = newest(messages, lambda event: event.complaint)
    stored = load_collected(tx, latest)
    withdrawn = _unseen(latest, stored)
    _collect(tx, stored, {complaint: Arrival(None, EMPTY, each.caused()) for complaint, each in withdrawn.items()})
    save_withdrawals(tx, {complaint: each.version for complaint, each in withdrawn.items()}, stored)


def _unseen(latest: Mapping[UUID, Message[E]], stored: Mapping[UUID, CollectedComplaint]) -> dict[UUID, Message[E]]:
    """The messages that are newer than the row of their complaint."""
    return {
        complaint: each
        for complaint, each in latest.items()
        if complaint not in stored or stored[complaint].version < each.version
    }


def _assessed(message: Message[ComplaintAssessed]) -> AssessedComplaint:
    event = message.event
    return AssessedComplaint(
        complaint_id=event.complaint,
        version=message.version,
        category=event.category,
        complainant=event.complainant,
        vouched=event.vouched and not event.capped,
        number=event.sender.number,
        number_kind=event.sender.kind,
        carrier=event.attribution.carrier,
        holder=event.attribution.holder,
        province=event.province,
        excerpt=event.excerpt,
        received_hour=to_hour(event.received_at),
        placement=placement_of(event),
    )


def _collect(
    tx: Tx, stored: Mapping[UUID, CollectedComplaint], arrivals: Mapping[UUID, Arrival]
) -> dict[UUID, UUID | None]:
    """The clue in which each arriving complaint is from now on, or None. `stored` is where complaints were before.

    A complaint that already is where it belongs stays, in an open or a sealed clue. Any other joins the open clue of
    its place; the first one opens it where no clue is open. Sealed content does not change.
    """
    clues = {complaint: stored[complaint].clue_id if complaint in stored else None for complaint in arrivals}
    before = load_places(tx, {clue for clue in clues.values() if clue is not None})
    places = (*before.values(), *(each.place for each in arrivals.values()))
    lock_subjects(tx, (place.subject_key for place in places if place is not None))
    # In the order of receipt: the first complaint opens the clue.
    moving = {
        complaint: each
        for complaint, each in arrivals.items()
        if (before[clue] if (clue := clues[complaint]) else None) != each.place
    }
    joining = {complaint: (place, each) for complaint, each in moving.items() if (place := each.place) is not None}
    existing = load_clues_in(tx, (place for place, _ in joining.values()))
    opened = _open_clues(tx, joining, existing)
    joined = {
        complaint: opened[place.key].id if place.key in opened else existing[place.key].open
        for complaint, (place, _) in joining.items()
    }
    return clues | dict.fromkeys(moving) | joined


def _open_clues(
    tx: Tx, joining: Mapping[UUID, tuple[Place, Arrival]], existing: Mapping[PlaceKey, CluesInPlace]
) -> Mapping[PlaceKey, Clue]:
    """Open a clue in every place that has no open one."""
    first: dict[PlaceKey, tuple[UUID, Place, Arrival]] = {}
    for complaint, (place, arrival) in joining.items():
        if existing.get(place.key, CluesInPlace()).open is None:
            first.setdefault(place.key, (complaint, place, arrival))
    enterprises = (place for _, place, _ in first.values() if place.subject_kind is SubjectKind.ENTERPRISE)
    names = load_names(tx, (place.subject_value for place in enterprises))
    now = clock.now()
    opened = {}
    for key, (complaint, place, arrival) in first.items():
        clue = Clue(
            id=new_clue_id(now),
            place=place,
            subject_name=names.get(place.subject_value) if place.subject_kind is SubjectKind.ENTERPRISE else None,
            sequence=existing.get(key, CluesInPlace()).last + 1,
            cause=f"complaint:{complaint}",
            correlation_id=arrival.because.correlation_id,
            authority=authority_for(place.industry, day_of(now)),
            tally=arrival.tally,
            opened_at=now,
        )
        clue.open(arrival.because)
        opened[key] = clue
    save_clues(tx, list(opened.values()))
    return opened
