"""Aggregates count their events, and each event knows why it happened."""

from __future__ import annotations

from chassis.aggregate import Cause
from chassis.ids import new_id
from tests.parcels.service import Parcel, ParcelMoved

CAUSE = Cause.beginning("a complaint")


def stored(version: int) -> Parcel:
    return Parcel(id=new_id(), road="a", version=version, stop=version)


def test_every_event_takes_the_next_version() -> None:
    parcel = stored(version=3)
    parcel.move(CAUSE)
    parcel.move(CAUSE)
    assert parcel.version == 5
    assert [recorded.version for recorded in parcel.drain()] == [4, 5]


def test_the_stored_version_is_the_one_it_was_loaded_with() -> None:
    parcel = stored(version=3)
    parcel.move(CAUSE)
    parcel.move(CAUSE)
    assert parcel.stored_version == 3
    parcel.drain()
    assert parcel.stored_version == 5


def test_what_was_recorded_is_handed_over_once() -> None:
    parcel = Parcel(id=new_id(), road="a")
    parcel.move(CAUSE)
    assert len(parcel.drain()) == 1
    assert parcel.drain() == []


def test_an_event_carries_the_state_that_it_made() -> None:
    parcel = stored(version=7)
    parcel.move(CAUSE, note="left at the door")
    (recorded,) = parcel.drain()
    assert recorded.event == ParcelMoved(parcel=parcel.id, road="a", stop=8, note="left at the door")
    assert recorded.cause is CAUSE


def test_a_story_begins_with_what_it_is_about() -> None:
    identifier = new_id()
    assert Cause.beginning(identifier) == Cause(str(identifier), str(identifier), None)
