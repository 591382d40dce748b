"""Collecting: every complaint that counts is in the clue where it belongs, and in no other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from chassis import clock
from chassis.aggregate import Cause
from chassis.database import Tx
from contracts.vocabulary import SubjectKind
from services.referrals.model import Clue, Place, PlaceKey, Stock
from services.referrals.policy.competence import authority_for, day_of
from services.referrals.store import locks
from services.referrals.store.clues import Standing, places_of, save_clues, standing_in
from services.referrals.store.enterprises import names_of
from services.referrals.store.evidence import Known


@dataclass(frozen=True, slots=True)
class Belonging:
    """Where a complaint belongs by what was just heard of it (None: in no clue), what a clue would stand on that had
    it alone, and why."""

    place: Place | None
    alone: Stock
    because: Cause


def collect(tx: Tx, known: Mapping[UUID, Known], heard: Mapping[UUID, Belonging]) -> dict[UUID, UUID | None]:
    """The clue in which each complaint that was heard of is from now on, or None. `known` is where complaints were.

    One that belongs where it is stays, whether that clue is open or was sealed. Any other joins the open clue of its
    place, which the first one opens where there is none. What a sealed clue was sealed with stays with it.
    """
    clues = {complaint: known[complaint].clue if complaint in known else None for complaint in heard}
    before = places_of(tx, {clue for clue in clues.values() if clue is not None})
    places = (*before.values(), *(each.place for each in heard.values()))
    locks.subjects(tx, (place.subject for place in places if place is not None))
    # In the order in which they were heard: who comes first opens the clue.
    moving = {
        complaint: each
        for complaint, each in heard.items()
        if (before[clue] if (clue := clues[complaint]) else None) != each.place
    }
    arrivals = {complaint: (place, each) for complaint, each in moving.items() if (place := each.place) is not None}
    standing = standing_in(tx, (place for place, _ in arrivals.values()))
    opened = _open(tx, arrivals, standing)
    joined = {
        complaint: opened[place.key].id if place.key in opened else standing[place.key].open
        for complaint, (place, _) in arrivals.items()
    }
    return clues | dict.fromkeys(moving) | joined


def _open(
    tx: Tx, arrivals: Mapping[UUID, tuple[Place, Belonging]], standing: Mapping[PlaceKey, Standing]
) -> Mapping[PlaceKey, Clue]:
    """Open a clue in every place that has none that is open."""
    first: dict[PlaceKey, tuple[UUID, Place, Belonging]] = {}
    for complaint, (place, each) in arrivals.items():
        if standing.get(place.key, Standing()).open is None:
            first.setdefault(place.key, (complaint, place, each))
    names = names_of(tx, (place.value for _, place, _ in first.values() if place.kind is SubjectKind.ENTERPRISE))
    now = clock.now()
    opened = {
        key: Clue.open(
            place,
            name=names.get(place.value) if place.kind is SubjectKind.ENTERPRISE else None,
            sequence=standing.get(key, Standing()).last + 1,
            authority=authority_for(place.industry, day_of(now)),
            cause=f"complaint:{complaint}",
            stock=each.alone,
            at=now,
            because=each.because,
        )
        for key, (complaint, place, each) in first.items()
    }
    save_clues(tx, list(opened.values()))
    return opened
