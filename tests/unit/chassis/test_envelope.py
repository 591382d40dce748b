"""The envelope: CloudEvents 1.0 in structured mode; anything else is undecodable."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from typing import Annotated, Any, ClassVar
from uuid import UUID

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chassis.aggregate import Cause
from chassis.event import Event
from chassis.events.envelope import Decoder, Message, UndecodableError, encode, newest
from tests.parcels.service import ParcelMoved


class DoorOpened(Event, frozen=True, kw_only=True):
    """A door was opened, at a time whose type requires a zone."""

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


EVENT = ParcelMoved(parcel=UUID(int=7), road="北京路", stop=3, note="left at the door")
ID = UUID("01928f3e-7b1a-7c3e-9d1e-3f6f0c9f2a11")
TIME = datetime(2026, 7, 1, 8, 30, 15, 250_000, tzinfo=UTC)
CAUSE = Cause("the complaint", "the command", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
DECODER = Decoder([ParcelMoved])


def encoded(event: ParcelMoved = EVENT, cause: Cause = CAUSE, time: datetime = TIME, version: int = 3) -> bytes:
    return encode(event, id=ID, version=version, time=time, source="/anning/parcels", cause=cause)


def encoded_with(**changes: Any) -> bytes:
    return msgspec.json.encode(msgspec.json.decode(encoded()) | changes)


def encoded_without(name: str) -> bytes:
    return msgspec.json.encode({key: value for key, value in msgspec.json.decode(encoded()).items() if key != name})


@given(st.lists(st.text(st.characters(codec="utf-8"), min_size=1), unique=True).map(sorted))
@example([])
@example(["a b", "a%20b"])
@example(["李", "regulator-MIIT", "https://issuer.example/li"])
def test_the_persons_in_the_chain_arrive_as_they_were(persons: list[str]) -> None:
    message = DECODER.decode(encoded(cause=CAUSE.joined(persons)))
    assert message is not None
    assert message.cause.actors == message.caused().actors == tuple(sorted(persons))
    written = msgspec.json.decode(encoded(cause=CAUSE.joined(persons))).get("actors")
    assert (written is None) == (not persons)
    assert written is None or (written.isascii() and written.isprintable())


def test_an_event_is_encoded_as_a_cloudevent() -> None:
    assert msgspec.json.decode(encoded()) == {
        "specversion": "1.0",
        "id": "01928f3e-7b1a-7c3e-9d1e-3f6f0c9f2a11",
        "source": "/anning/parcels",
        "type": "parcel-moved.v1",
        "time": "2026-07-01T08:30:15.250000Z",
        "subject": str(UUID(int=7)),
        "partitionkey": "北京路",
        "correlationid": "the complaint",
        "causationid": "the command",
        "aggregateversion": 3,
        "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "data": {"parcel": str(UUID(int=7)), "road": "北京路", "stop": 3, "note": "left at the door"},
    }


def test_a_missing_trace_is_left_out() -> None:
    assert "traceparent" not in msgspec.json.decode(encoded(cause=Cause("a", "b")))


def test_a_decoded_message_equals_the_encoded_event() -> None:
    message = DECODER.decode(encoded(), "topic", 2, 17)
    assert message is not None
    assert (message.event, message.id, message.version, message.time, message.cause) == (EVENT, ID, 3, TIME, CAUSE)
    assert (message.topic, message.partition, message.offset) == ("topic", 2, 17)


@given(
    st.builds(
        ParcelMoved,
        parcel=st.uuids(),
        road=st.text(),
        stop=st.integers(-(2**63), 2**63 - 1),
        note=st.text(),
    ),
    st.integers(1, 2**31 - 1),
)
def test_any_event_survives_encoding_and_decoding(event: ParcelMoved, version: int) -> None:
    message = DECODER.decode(encoded(event, version=version))
    assert message is not None
    assert (message.event, message.version) == (event, version)


def test_a_consequence_of_a_message_is_caused_by_it_and_keeps_its_correlation() -> None:
    message = DECODER.decode(encoded())
    assert message is not None
    assert message.caused() == Cause("the complaint", str(ID), CAUSE.traceparent)


def test_an_event_type_without_a_handler_is_skipped() -> None:
    assert DECODER.decode(encoded_with(type="parcel-weighed.v1", data={"kilograms": 3})) is None


def test_fields_added_by_later_versions_are_ignored() -> None:
    data = msgspec.json.decode(encoded())["data"] | {"weight": 3}
    message = DECODER.decode(encoded_with(data=data, dataschema="https://example.org/later"))
    assert message is not None
    assert message.event == EVENT


def test_a_time_in_another_zone_is_the_same_moment() -> None:
    beijing = timezone(timedelta(hours=8))
    message = DECODER.decode(encoded(time=TIME.astimezone(beijing)))
    assert message is not None
    assert message.time == TIME


@pytest.mark.parametrize(
    "attribute",
    ["specversion", "id", "source", "type", "time", "subject", "partitionkey", "correlationid", "causationid",
     "aggregateversion", "data"],
)  # fmt: skip
def test_an_envelope_without_a_required_attribute_is_undecodable(attribute: str) -> None:
    with pytest.raises(UndecodableError, match=attribute):
        DECODER.decode(encoded_without(attribute))


@pytest.mark.parametrize(
    "changes",
    [
        {"specversion": "0.3"},
        {"id": "not a UUID"},
        {"time": "yesterday"},
        {"time": "2026-07-01T08:30:15"},
        {"aggregateversion": 0},
        {"aggregateversion": 2**31},
        {"aggregateversion": "3"},
        {"data": {"parcel": str(UUID(int=7)), "stop": 3}},
        {"data": {"parcel": str(UUID(int=7)), "road": "a", "stop": "three"}},
        {"data": None},
        pytest.param({"data": msgspec.Raw(b"[" * 50_000 + b"]" * 50_000)}, id="data nested too deeply"),
        pytest.param({"unknown": msgspec.Raw(b"[" * 50_000 + b"]" * 50_000)}, id="unknown nested too deeply"),
    ],
    ids=str,
)
def test_an_envelope_with_an_invalid_attribute_is_undecodable(changes: dict[str, Any]) -> None:
    with pytest.raises(UndecodableError):
        DECODER.decode(encoded_with(**changes))


def test_data_with_a_time_without_a_zone_is_undecodable() -> None:
    opened = DoorOpened(door="front", at=TIME)
    value = encode(opened, id=ID, version=1, time=TIME, source="/anning/doors", cause=CAUSE)
    decoder = Decoder([DoorOpened])
    assert decoder.decode(value) is not None
    with pytest.raises(UndecodableError, match="timezone"):
        decoder.decode(value.replace(b'"at":"2026-07-01T08:30:15.250000Z"', b'"at":"2026-07-01T08:30:15.250000"'))


@given(st.binary() | st.builds(lambda cut: encoded()[:cut], st.integers(0, len(encoded()) - 1)))
def test_bytes_that_are_not_an_envelope_raise_undecodable_and_no_other_error(value: bytes) -> None:
    with pytest.raises(UndecodableError):
        DECODER.decode(value)


@given(st.integers(0, len(encoded()) - 1), st.integers(0, 255))
def test_a_corrupted_byte_gives_a_message_or_raises_undecodable_and_no_other_error(place: int, byte: int) -> None:
    value = bytearray(encoded())
    value[place] = byte
    with suppress(UndecodableError):
        DECODER.decode(bytes(value))


def test_only_the_newest_message_of_each_subject_is_kept_at_its_position() -> None:
    def message(road: str, version: int) -> Message[ParcelMoved]:
        return Message(ID, ParcelMoved(parcel=UUID(int=7), road=road, stop=version, note=""), version, TIME, CAUSE)

    first, other, newer, stale = message("here", 2), message("there", 1), message("here", 3), message("here", 1)
    found = newest([first, other, newer, stale], lambda event: event.road)
    assert list(found.items()) == [("there", other), ("here", newer)]
