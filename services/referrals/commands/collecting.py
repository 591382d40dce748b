"""Collecting: every complaint that counts is in the clue of the place where it belongs, and in no other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from chassis import clock
from chassis.aggregate import Cause
from chassis.calendar import day_of
from chassis.database import Tx
from chassis.events.envelope import Message, newest
from chassis.ids import reference
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
from services.referrals.store.locks import Subject, lock_subjects


@dataclass(frozen=True, slots=True)
class Arrival:
    """A complaint as a message brings it: the place where it belongs (None: in no clue), the tally of a clue that has
    only this complaint, and the cause."""

    place: Place | None
    tally: Tally
    because: Cause


def collect(tx: Tx, messages: Sequence[Message[ComplaintAssessed | ComplaintWithdrawn]]) -> None:
    """Write assessed complaints as evidence, each in the clue where it belongs now, and remove withdrawn ones from
    their clues. Sealed content does not change.

    All messages of a batch at once, so that everything is locked in one order: several workers collect at a time.
    """
    latest = newest(messages, lambda event: event.complaint)
    stored = load_collected(tx, latest)
    assessed: dict[UUID, AssessedComplaint] = {}
    withdrawn: dict[UUID, int] = {}
    arrivals: dict[UUID, Arrival] = {}
    for complaint, each in latest.items():
        if complaint in stored and stored[complaint].version >= each.version:
            continue
        if isinstance(each.event, ComplaintWithdrawn):
            withdrawn[complaint] = each.version
            arrivals[complaint] = Arrival(None, EMPTY, each.caused())
        else:
            found = assessed[complaint] = _assessed(each.event, each.version, each.cause.actors)
            arrivals[complaint] = Arrival(found.placement.place, found.tally, each.caused())
    clues = _collect(tx, stored, arrivals)
    save_assessments(tx, list(assessed.values()), stored, clues)
    save_withdrawals(tx, withdrawn, stored)


def _assessed(event: ComplaintAssessed, version: int, actors: tuple[str, ...]) -> AssessedComplaint:
    return AssessedComplaint(
        complaint_id=event.complaint,
        version=version,
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
        actors=actors,
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
    # In the order of receipt: the first complaint opens the clue.
    moving = {
        complaint: each
        for complaint, each in arrivals.items()
        if (before[clue] if (clue := clues[complaint]) else None) != each.place
    }
    joining = {complaint: (place, each) for complaint, each in moving.items() if (place := each.place) is not None}
    places = (*before.values(), *(each.place for each in arrivals.values() if each.place is not None))
    existing = _lock(tx, {each.subject_key for each in places}, {place.key: place for place, _ in joining.values()})
    opened = _open_clues(tx, joining, existing)
    joined = {
        complaint: opened[place.key].id if place.key in opened else existing[place.key].open
        for complaint, (place, _) in joining.items()
    }
    return clues | dict.fromkeys(moving) | joined


class _ClosedMeanwhileError(Exception):
    """A clue was sealed or concluded between a look at it and the lock of its subject."""


def _lock(tx: Tx, subjects: set[Subject], joining: Mapping[PlaceKey, Place]) -> Mapping[PlaceKey, CluesInPlace]:
    """Lock these subjects: alone where a clue is to be opened in one of these places, else shared. Returns the clues of
    the places."""
    alone = _without_open_clue(joining, load_clues_in(tx, joining.values()))
    while True:
        # The savepoint releases the locks. Two workers that share one would wait for each other to have it alone.
        with suppress(_ClosedMeanwhileError), tx.savepoint():
            lock_subjects(tx, subjects, shared=subjects - alone)
            existing = load_clues_in(tx, joining.values())
            to_open = _without_open_clue(joining, existing)
            if to_open <= alone:
                return existing
            raise _ClosedMeanwhileError
        alone |= to_open


def _without_open_clue(places: Mapping[PlaceKey, Place], existing: Mapping[PlaceKey, CluesInPlace]) -> set[Subject]:
    """The subjects of those of these places that have no open clue."""
    return {place.subject_key for key, place in places.items() if existing.get(key, CluesInPlace()).open is None}


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
            cause=reference("complaint", complaint),
            correlation_id=arrival.because.correlation_id,
            authority=authority_for(place.industry, day_of(now)),
            tally=arrival.tally,
            opened_at=now,
        )
        clue.open(arrival.because)
        opened[key] = clue
    save_clues(tx, list(opened.values()))
    return opened
