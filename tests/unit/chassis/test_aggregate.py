"""Aggregates number their events, and each event has its cause."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from chassis.aggregate import Cause, ConflictError, Ground
from chassis.ids import new_id
from tests.parcels.service import Parcel, ParcelMoved

CAUSE = Cause.beginning("a complaint")


def stored(version: int) -> Parcel:
    return Parcel(id=new_id(), road="a", version=version, stop=version)


def test_every_event_has_the_next_version() -> None:
    parcel = stored(version=3)
    parcel.move(CAUSE)
    parcel.move(CAUSE)
    assert parcel.version == 5
    assert [recorded.version for recorded in parcel.drain()] == [4, 5]


def test_the_stored_version_is_the_loaded_version_until_events_are_drained() -> None:
    parcel = stored(version=3)
    parcel.move(CAUSE)
    parcel.move(CAUSE)
    assert parcel.stored_version == 3
    parcel.drain()
    assert parcel.stored_version == 5


def test_recorded_events_are_drained_once() -> None:
    parcel = Parcel(id=new_id(), road="a")
    parcel.move(CAUSE)
    assert len(parcel.drain()) == 1
    assert parcel.drain() == []


def test_an_event_carries_the_new_state() -> None:
    parcel = stored(version=7)
    parcel.move(CAUSE, note="left at the door")
    (recorded,) = parcel.drain()
    assert recorded.event == ParcelMoved(parcel=parcel.id, road="a", stop=8, note="left at the door")
    assert recorded.cause is CAUSE


def test_an_initial_cause_is_identified_by_its_subject() -> None:
    identifier = new_id()
    assert Cause.beginning(identifier) == Cause(str(identifier), str(identifier), None)


def test_the_persons_of_a_cause_are_sorted_and_each_is_there_once() -> None:
    cause = CAUSE.joined(["wang", "li"]).joined(["wang", "an"])
    assert cause.actors == ("an", "li", "wang")
    assert cause.joined(["li"]) is cause
    assert cause.within("another story").actors == cause.actors


@dataclass(kw_only=True)
class Case(Ground):
    """A ground of decisions."""

    def note(self, because: Cause) -> None:
        self.record(ParcelMoved(parcel=self.id, road="a", stop=1), because)


def test_a_ground_keeps_every_person_and_each_of_its_events_has_all_of_them() -> None:
    case = Case(id=new_id(), actors=("stored",))
    case.note(CAUSE.joined(["li"]))
    case.note(CAUSE)
    case.note(CAUSE.joined(["wang"]))
    assert case.actors == ("li", "stored", "wang")
    chains = [each.cause.actors for each in case.drain()]
    assert chains == [("li", "stored"), ("li", "stored"), ("li", "stored", "wang")]
    for person in case.actors:
        with pytest.raises(ConflictError):
            case.require_another_person(person)
    case.require_another_person("another")
