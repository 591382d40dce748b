"""The committed event contracts: schemas generated from the classes, and examples that every consumer can decode."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

import msgspec
import pytest
from jsonschema_rs import Draft202012Validator

from chassis.aggregate import Cause
from chassis.event import Event
from chassis.events import envelope
from contracts.authorities import AUTHORITIES
from contracts.carriers import CARRIERS
from contracts.catalogue import EVENTS, published_by
from contracts.channels import CHANNELS
from contracts.complaints import ComplaintAssessed
from contracts.credit_codes import CreditCode
from contracts.examples.records import RECORDS, Record
from contracts.industries import INDUSTRIES
from contracts.numbers import SenderNumber
from contracts.provinces import PROVINCES
from contracts.schemas.generation import ENVELOPE, as_file, schemas
from contracts.schemas.publication import SCHEMAS, published_examples, published_schemas
from contracts.vocabulary import AttributionKind, Category, Purpose

DECODER = envelope.Decoder(EVENTS.values())
VALIDATORS = {name: Draft202012Validator(schema, validate_formats=True) for name, schema in published_schemas().items()}

every_example = pytest.mark.parametrize(
    "path", published_examples(), ids=lambda path: f"{path.parent.name}/{path.stem}"
)
every_record = pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.event.type)


def content_of(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_bytes())
    return content


def decoded(content: dict[str, Any]) -> Event:
    message = DECODER.decode(json.dumps(content).encode())
    assert message is not None
    return message.event


def lost(was: Any, became: Any, path: str = "data") -> Iterator[str]:
    """The values of a published fact that are missing or different after decoding."""
    match was, became:
        case dict(), dict():
            for name, value in was.items():
                yield from lost(value, became.get(name, "missing"), f"{path}.{name}")
        case list(), list() if len(was) == len(became):
            for place, (one, other) in enumerate(zip(was, became, strict=True)):
                yield from lost(one, other, f"{path}[{place}]")
        case _ if was != became:
            yield f"{path} was {was!r} and is decoded as {became!r}"


def with_unknown_fields(content: Any) -> Any:
    """The same content with an unknown field in every object."""
    match content:
        case dict():
            return {name: with_unknown_fields(value) for name, value in content.items()} | {"added_later": ["?"]}
        case list():
            return [with_unknown_fields(each) for each in content]
    return content


# ------------------------------------------------------------------------------------------------------------ schemas


def test_the_committed_schemas_are_those_generated_from_the_classes() -> None:
    committed = {path.stem: path.read_bytes() for path in SCHEMAS.glob("*.json")}
    assert committed == {name: as_file(schema) for name, schema in schemas().items()}, "run `make contracts`"


def test_every_event_type_and_the_envelope_have_a_schema() -> None:
    assert VALIDATORS.keys() == {*EVENTS, ENVELOPE}


@every_example
def test_the_schema_and_the_decoder_require_the_same_fields(path: Path) -> None:
    content = content_of(path)
    required = schemas()[content["type"]]["required"]
    for field in content["data"]:
        without = {name: value for name, value in content["data"].items() if name != field}
        for broken in [{**without, field: {"?": 1}}, *([without] if field in required else [])]:
            assert not VALIDATORS[content["type"]].is_valid(broken), field
            with pytest.raises(envelope.UndecodableError):
                decoded({**content, "data": broken})
        if field not in required:  # it was added later: earlier facts do not have it
            assert VALIDATORS[content["type"]].is_valid(without), field
            decoded({**content, "data": without})


def test_a_time_is_validated_by_its_schema() -> None:
    late = content_of(SCHEMAS.parent / "examples" / "order-overdue.v1" / "0001.json")["data"]
    assert VALIDATORS["order-overdue.v1"].is_valid(late)
    for field in ("ordered_at", "overdue_since"):
        assert not VALIDATORS["order-overdue.v1"].is_valid(late | {field: "yesterday"})


# ----------------------------------------------------------------------------------------------------------- examples


def test_every_event_type_has_one_record_and_every_record_is_the_newest_example_of_its_type() -> None:
    newest = {path.parent.name: path.read_bytes() for path in published_examples()}
    assert sorted(record.event.type for record in RECORDS) == sorted(EVENTS)
    assert newest == {record.event.type: as_file(record.envelope) for record in RECORDS}, "run `make contracts`"


def test_examples_are_numbered_without_a_gap_so_that_none_is_removed() -> None:
    for name in EVENTS:
        numbers = [path.stem for path in published_examples() if path.parent.name == name]
        assert numbers == [f"{number:04}" for number in range(1, len(numbers) + 1)]


@every_example
def test_every_published_example_is_decoded_without_loss(path: Path) -> None:
    published = content_of(path)
    event = decoded(published)
    assert event.type == path.parent.name == published["type"]
    assert list(lost(published["data"], json.loads(msgspec.json.encode(event)))) == []


@every_example
def test_every_published_example_conforms_to_the_current_schemas(path: Path) -> None:
    published = content_of(path)
    VALIDATORS[ENVELOPE].validate(published)
    VALIDATORS[published["type"]].validate(published["data"])


@every_example
def test_a_consumer_ignores_fields_added_later(path: Path) -> None:
    published = content_of(path)
    extended = with_unknown_fields(published)
    assert extended != published
    assert decoded(extended) == decoded(published)


# ----------------------------------------------------------------------------------------------------------- envelope


@every_record
def test_the_chassis_writes_the_published_envelope(record: Record) -> None:
    written = envelope.encode(
        record.event,
        id=record.id,
        version=record.version,
        time=record.time,
        source=f"/anning/{record.event.topic.split('.')[0]}",
        cause=Cause(str(record.correlation), str(record.causation), record.traceparent),
    )
    assert json.loads(written) == json.loads(as_file(record.envelope))


@every_record
def test_the_chassis_reads_the_published_envelope(record: Record) -> None:
    message = DECODER.decode(as_file(record.envelope))
    assert message is not None
    assert (message.id, message.version, message.time) == (record.id, record.version, record.time)
    assert message.cause == Cause(str(record.correlation), str(record.causation), record.traceparent)
    assert message.event == record.event


@every_record
def test_the_envelope_names_the_aggregate_and_the_key_of_its_fact(record: Record) -> None:
    published = json.loads(as_file(record.envelope))
    assert (published["subject"], published["partitionkey"]) == (record.event.aggregate_id, record.event.key)


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("specversion", "0.3"),
        ("id", "1"),
        ("source", "ports"),
        ("type", "OrderExecuted"),
        ("time", "2026-05-13"),
        ("subject", ""),
        ("aggregateversion", 0),
        ("traceparent", "00-00"),
        ("data", []),
    ],
)
def test_the_schema_of_the_envelope_refuses_invalid_attributes(attribute: str, value: object) -> None:
    published = json.loads(as_file(RECORDS[0].envelope))
    assert not VALIDATORS[ENVELOPE].is_valid(published | {attribute: value})


# -------------------------------------------------------------------------------- examples as facts of the domain


def values_of(content: Any, names: set[str]) -> Iterator[str]:
    """Every text in fields with these names, at any depth."""
    match content:
        case dict():
            for name, value in content.items():
                if name in names and isinstance(value, str):
                    yield value
                else:
                    yield from values_of(value, names)
        case list():
            for each in content:
                yield from values_of(each, names)


@every_example
def test_examples_have_valid_numbers_fictitious_enterprises_and_known_codes(path: Path) -> None:
    data = content_of(path)["data"]
    enterprises = values_of(data, {"holder", "provider", "enterprise"})
    listed = [data["code"]] if "code" in data else []
    for code in [*enterprises, *listed]:
        assert CreditCode.parse(code).region == "990000", "an enterprise in an example must be fictitious"
    for number in values_of(data, {"number"}):
        assert SenderNumber.parse(number).number == number
    assert set(values_of(data, {"carrier"})) <= set(CARRIERS)
    assert set(values_of(data, {"province"})) <= set(PROVINCES)
    assert set(values_of(data, {"purpose"})) <= set(Purpose)
    assert set(values_of(data, {"authority"})) <= set(AUTHORITIES)
    assert set(values_of(data, {"industry"})) <= set(INDUSTRIES)


def test_the_assessed_complaint_in_the_examples_does_not_identify_the_complainant() -> None:
    assessed = [record.event for record in RECORDS if isinstance(record.event, ComplaintAssessed)]
    assert len(assessed) == 1
    for fact in assessed:
        for moment in (fact.sent_at, fact.received_at, fact.attribution.as_of):
            assert (moment.minute, moment.second, moment.microsecond) == (0, 0, 0)
        read = SenderNumber.parse(fact.sender.number)
        assert (fact.sender.kind, fact.sender.base, fact.sender.extension) == (read.kind, read.base, read.extension)
        assert fact.sender.access_class == read.access_class
        assert fact.attribution.kind in set(AttributionKind)
        assert fact.category in set(Category)
        assert fact.industry in INDUSTRIES
        assert fact.channel in CHANNELS


# ---------------------------------------------------------------------------------------------------------- catalogue


def test_two_classes_with_the_same_type_are_refused() -> None:
    class ParcelSent(Event, frozen=True, kw_only=True):
        type: ClassVar[str] = "parcel-sent.v1"

    class ParcelSentAgain(Event, frozen=True, kw_only=True):
        type: ClassVar[str] = "parcel-sent.v1"

    parcels = ModuleType("parcels")
    vars(parcels).update(sent=ParcelSent, again=ParcelSentAgain)
    with pytest.raises(ValueError, match=r"ParcelSent and ParcelSentAgain have the same type parcel-sent\.v1"):
        published_by([parcels])


def test_a_common_base_class_of_events_is_not_published() -> None:
    class ParcelFact(Event, frozen=True, kw_only=True):
        topic: ClassVar[str] = "parcels.parcels.v1"

    class ParcelSent(ParcelFact, frozen=True, kw_only=True):
        type: ClassVar[str] = "parcel-sent.v1"

    parcels = ModuleType("parcels")
    vars(parcels).update(common=ParcelFact, sent=ParcelSent, base=Event)
    assert published_by([parcels]) == {"parcel-sent.v1": ParcelSent}
