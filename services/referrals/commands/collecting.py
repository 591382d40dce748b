"""Collecting: every complaint that counts is in the clue where it belongs, and in no other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
from services.referrals.store.evidence import Taken, put


@dataclass(frozen=True, slots=True)
class Belonging:
    """Where a complaint belongs by what was just heard of it (None: in no clue), what a clue would stand on that had
    it alone, and why."""

    place: Place | None
    alone: Stock
    because: Cause


def collect(tx: Tx, taken: Sequence[Taken], heard: Mapping[UUID, Belonging]) -> None:
    """Let complaints whose rows were just written join the clues where they belong, and leave those where they do not.

    One that belongs where it is stays, whether that clue is open or was sealed. Any other joins the open clue of its
    place, which the first one opens where there is none. What a sealed clue was sealed with stays with it.
    """
    before = places_of(tx, {each.clue for each in taken if each.clue is not None})
    belonging = {each.complaint: heard[each.complaint].place for each in taken}
    locks.subjects(tx, (place.subject for place in (*before.values(), *belonging.values()) if place is not None))
    moving = {
        each.complaint for each in taken if (before[each.clue] if each.clue else None) != belonging[each.complaint]
    }
    # In the order in which they were heard: who comes first opens the clue.
    arrivals = {
        complaint: (place, each)
        for complaint, each in heard.items()
        if complaint in moving and (place := each.place) is not None
    }
    standing = standing_in(tx, (place for place, _ in arrivals.values()))
    opened = _open(tx, arrivals, standing)
    joined = {
        complaint: opened[place.key].id if place.key in opened else standing[place.key].open
        for complaint, (place, _) in arrivals.items()
    }
    put(tx, dict.fromkeys(moving) | joined)


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
