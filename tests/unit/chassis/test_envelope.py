"""The envelope: what is written is read, and what no retry will read is told apart from what is merely new."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, ClassVar
from uuid import uuid4

import msgspec
import pytest

from chassis.aggregate import Cause
from chassis.events.envelope import Decoder, UndecodableError, encode
from chassis.events.event import Event


class DoorOpened(Event, frozen=True, kw_only=True):
    """A door is open."""

    type: ClassVar[str] = "door-opened.v1"
    topic: ClassVar[str] = "doors.v1"
    aggregate: ClassVar[str] = "door"

    door: str
    at: Annotated[datetime, msgspec.Meta(tz=True)]

    @property
    def aggregate_id(self) -> str:
        return self.door

    @property
    def key(self) -> str:
        return self.door


NOON = datetime(2026, 5, 6, 12, tzinfo=UTC)
OPENED = DoorOpened(door="front", at=NOON)
DECODER = Decoder([DoorOpened])


def value_of(event: Event = OPENED, cause: Cause | None = None) -> bytes:
    return encode(
        event, id=uuid4(), version=3, time=NOON, source="/anning/doors", cause=cause or Cause.beginning("visit")
    )


def test_what_was_written_is_read_with_its_version_and_cause() -> None:
    message = DECODER.decode(value_of(cause=Cause("visit", "knock", "00-trace")), "doors.v1", 2, 40)
    assert message is not None
    assert (message.event, message.version, message.time) == (OPENED, 3, NOON)
    assert (message.topic, message.partition, message.offset) == ("doors.v1", 2, 40)
    assert message.caused() == Cause("visit", str(message.id), "00-trace")


def test_a_type_that_a_listener_does_not_know_is_no_fault() -> None:
    assert Decoder([]).decode(value_of()) is None


@pytest.mark.parametrize(
    ("written", "instead"),
    [
        (b'"specversion":"1.0"', b'"specversion":"2.0"'),
        (b'"door":"front"', b'"door":7'),
        (b'"at":"2026-05-06T12:00:00Z"', b'"at":"2026-05-06T12:00:00"'),
        (b'"correlationid":"visit",', b""),
        (b'"aggregateversion":3', b'"aggregateversion":"three"'),
    ],
    ids=["another specification", "a retyped field", "a time without its offset", "no correlation", "no version"],
)
def test_what_does_not_fit_is_undecodable(written: bytes, instead: bytes) -> None:
    value = value_of()
    assert written in value
    with pytest.raises(UndecodableError):
        DECODER.decode(value.replace(written, instead))


@pytest.mark.parametrize("value", [b"", b"{", b"\xff", b"[" * 100_000, b"null"])
def test_garbage_is_undecodable(value: bytes) -> None:
    with pytest.raises(UndecodableError):
        DECODER.decode(value)


def test_what_a_later_release_adds_is_passed_over() -> None:
    value = value_of().replace(b'"door":"front"', b'"door":"front","colour":"red"')
    assert DECODER.decode(value) is not None
