"""Compatibility of published schemas: within a version of an event type, only optional fields are added."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any, Literal

import msgspec
import pytest

from contracts.examples.records import RECORDS
from contracts.moments import Moment
from contracts.schemas.compatibility import breaks
from contracts.schemas.generation import Schema, schema_of, schemas
from contracts.schemas.publication import (
    CONTRACTS,
    BreakingChange,
    publish_example,
    publish_schemas,
    published_examples,
    published_schemas,
)
from contracts.schemas.publication import breaks as breaking_changes


class Stop(msgspec.Struct):
    place: str


class MovedStop(msgspec.Struct):
    place: int


class StopWithDoor(msgspec.Struct):
    place: str
    door: str


class StopWithOptionalDoor(msgspec.Struct):
    place: str
    door: str | None = None


PUBLISHED: dict[str, Any] = {
    "parcel": str,
    "weight": float,
    "sent_at": Moment,
    "note": str | None,
    "state": Literal["sent", "lost"],
    "stops": tuple[Stop, ...],
    "first": Stop | None,
    "labels": dict[str, str],
    "size": tuple[int, int],
}
OPTIONAL: list[tuple[str, Any, Any]] = [("fragile", bool, False)]


def parcel(changed: dict[str, Any] | None = None, optional: list[tuple[str, Any, Any]] | None = None) -> Schema:
    """The schema of a parcel with some fields changed; None removes a field."""
    fields = {name: kind for name, kind in (PUBLISHED | (changed or {})).items() if kind is not None}
    defaults = OPTIONAL if optional is None else optional
    return schema_of(msgspec.defstruct("Parcel", [*fields.items(), *defaults], kw_only=True), "parcel-sent.v1")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param({"note": None}, "data.note: it was removed", id="a field is removed"),
        pytest.param({"note": str}, "data.note", id="a field becomes non-nullable"),
        pytest.param({"parcel": str | None}, "data.parcel", id="a field becomes nullable"),
        pytest.param({"weight": str}, "data.weight: type was 'number' and is 'string'", id="a number becomes a string"),
        pytest.param(
            {"weight": int}, "data.weight: type was 'number' and is 'integer'", id="a number becomes an integer"
        ),
        pytest.param(
            {"sent_at": str}, "data.sent_at: format was 'date-time' and is None", id="a time becomes a string"
        ),
        pytest.param({"state": Literal["sent"]}, "data.state: enum", id="an enum value is removed"),
        pytest.param({"state": Literal["sent", "lost", "found"]}, "data.state: enum", id="an enum value is added"),
        pytest.param({"stops": Stop}, "data.stops", id="a list becomes an object"),
        pytest.param(
            {"stops": tuple[MovedStop, ...]}, "data.stops.items.place: type", id="a nested field changes its type"
        ),
        pytest.param(
            {"stops": tuple[StopWithDoor, ...]},
            "data.stops.items.door: it is newly required",
            id="a nested field is newly required",
        ),
        pytest.param(
            {"first": MovedStop | None}, "place: type was 'string'", id="a field of a nullable object changes its type"
        ),
        pytest.param(
            {"labels": dict[str, int]},
            "data.labels.additionalProperties: type",
            id="the values of a map change their type",
        ),
        pytest.param({"size": tuple[int, int, int]}, "data.size", id="a pair becomes a triple"),
        pytest.param(
            {"size": tuple[int, float]}, "data.size.prefixItems[1]: type", id="an element of a pair changes its type"
        ),
        pytest.param({"colour": str}, "data.colour: it is newly required", id="a new field is required"),
    ],
)
def test_a_breaking_change_is_reported_with_its_field(change: dict[str, Any], message: str) -> None:
    found = breaks(parcel(), parcel(change))
    assert any(message in each for each in found), found


@pytest.mark.parametrize(
    ("optional", "message"),
    [
        pytest.param([], "data.fragile: it was removed", id="an optional field is removed"),
        pytest.param(
            [("fragile", bool, True)], "data.fragile: default was False and is True", id="its default changes"
        ),
        pytest.param([("fragile", str, "")], "data.fragile: type", id="an optional field changes its type"),
    ],
)
def test_an_optional_field_is_protected_too(optional: list[tuple[str, Any, Any]], message: str) -> None:
    found = breaks(parcel(), parcel(optional=optional))
    assert any(message in each for each in found), found


def test_a_required_field_cannot_become_optional() -> None:
    found = breaks(parcel(), parcel({"parcel": None}, [*OPTIONAL, ("parcel", str, "")]))
    assert "data.parcel: it was required and may now be missing" in found


def test_an_optional_field_cannot_become_required() -> None:
    assert "data.fragile: it is newly required, and published facts do not have it" in breaks(
        parcel(), parcel({"fragile": bool}, [])
    )


@pytest.mark.parametrize(
    "current",
    [
        pytest.param(parcel(), id="nothing changes"),
        pytest.param(parcel(optional=[*OPTIONAL, ("colour", str | None, None)]), id="an optional field is added"),
        pytest.param(parcel({"stops": tuple[StopWithOptionalDoor, ...]}), id="an optional nested field is added"),
        pytest.param(parcel(optional=[*OPTIONAL, ("last", Stop | None, None)]), id="an optional object is added"),
        pytest.param({**parcel(), "description": "A parcel left."}, id="the description changes"),
    ],
)
def test_an_addition_is_not_a_breaking_change(current: Schema) -> None:
    assert breaks(parcel(), current) == []


# ------------------------------------------------------------------------------------------------ the published schemas


def test_the_current_classes_are_compatible_with_the_published_schemas() -> None:
    assert breaking_changes(published_schemas(), schemas()) == []


def objects(schema: Schema) -> Iterator[Schema]:
    """Every object with fields in a schema: the fact itself and its nested objects."""
    for each in (schema, *schema.get("$defs", {}).values()):
        if "properties" in each:
            yield each


def remove(part: Schema, name: str) -> None:
    del part["properties"][name]
    part["required"] = [each for each in part["required"] if each != name]


def retype(part: Schema, name: str) -> None:
    part["properties"][name] = {"type": "array", "items": {"type": "null"}}


def require(part: Schema, name: str) -> None:
    part["properties"][f"new_{name}"] = part["properties"][name]
    part["required"] = [*part["required"], f"new_{name}"]


@pytest.mark.parametrize("change_field", [remove, retype, require])
@pytest.mark.parametrize("name", sorted(schemas()))
def test_every_field_of_every_fact_is_protected(name: str, change_field: Callable[[Schema, str], None]) -> None:
    published = published_schemas()[name]
    fields = 0
    for place, part in enumerate(objects(published)):
        for field in part["properties"]:
            changed = deepcopy(published)
            change_field(list(objects(changed))[place], field)
            assert any(field in each for each in breaks(published, changed)), field
            fields += 1
    assert fields > 2


def test_a_fact_cannot_move_to_another_topic_or_aggregate() -> None:
    published = published_schemas()["order-executed.v1"]
    assert breaks(published, published | {"x-topic": "ports.executions.v1"})
    assert breaks(published, published | {"x-aggregate": "execution"})


# ------------------------------------------------------------------------------------------------------- publication


def test_publishing_twice_changes_nothing(tmp_path: Path) -> None:
    assert len(publish_schemas(schemas(), tmp_path)) == len(schemas())
    assert publish_schemas(schemas(), tmp_path) == []
    assert publish_example(RECORDS[0].envelope, tmp_path) is not None
    assert publish_example(RECORDS[0].envelope, tmp_path) is None


def test_a_breaking_change_prevents_the_whole_publication(tmp_path: Path) -> None:
    publish_schemas({"parcel-sent.v1": parcel()}, tmp_path)
    before = published_schemas(tmp_path)
    with pytest.raises(BreakingChange, match=r"parcel-sent\.v1: data\.note: it was removed"):
        publish_schemas({"parcel-lost.v1": parcel(), "parcel-sent.v1": parcel({"note": None})}, tmp_path)
    assert published_schemas(tmp_path) == before


def test_a_published_event_type_cannot_be_removed(tmp_path: Path) -> None:
    publish_schemas({"parcel-sent.v1": parcel(), "parcel-lost.v1": parcel()}, tmp_path)
    with pytest.raises(BreakingChange, match=r"parcel-lost\.v1: it was published"):
        publish_schemas({"parcel-sent.v1": parcel()}, tmp_path)


def test_a_compatible_schema_replaces_the_published_one(tmp_path: Path) -> None:
    publish_schemas({"parcel-sent.v1": parcel()}, tmp_path)
    grown = parcel(optional=[*OPTIONAL, ("colour", str | None, None)])
    assert publish_schemas({"parcel-sent.v1": grown}, tmp_path) == [tmp_path / "parcel-sent.v1.json"]
    with pytest.raises(BreakingChange, match=r"data\.colour: it was removed"):
        publish_schemas({"parcel-sent.v1": parcel()}, tmp_path)


def test_a_changed_example_is_published_beside_the_old_one(tmp_path: Path) -> None:
    first = publish_example(RECORDS[0].envelope, tmp_path)
    assert first is not None
    before = first.read_bytes()
    second = publish_example(msgspec.structs.replace(RECORDS[0].envelope, aggregateversion=7), tmp_path)
    assert second == first.with_name("0002.json")
    assert first.read_bytes() == before
    assert published_examples(tmp_path) == [first, second]


FIELD = "    status: str\n    filings: tuple[Filing, ...]\n"
"""Fields of PortDeclaredV1, published in port-declared.v1."""
NEW_TYPE = """

class PortAudited(Event, frozen=True, kw_only=True):
    type: ClassVar[str] = "port-audited.v1"
    topic: ClassVar[str] = "ports.ports.v1"
    aggregate: ClassVar[str] = "port"

    carrier: str
    auditor: str
"""
NEW_RECORD = """
from contracts.ports import PortAudited

AUDITED = PortAudited(carrier="CMCC")
"""


@pytest.fixture
def contracts(tmp_path: Path) -> Path:
    """A copy of the published language, which a test may change."""
    for package in ("chassis", "contracts"):
        shutil.copytree(CONTRACTS.parent / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path / "contracts"


def make_contracts(contracts: Path) -> list[str]:
    """The lines of a refused `make contracts`, which writes nothing."""
    before = {path: path.read_bytes() for path in contracts.rglob("*.json")}
    done = subprocess.run(
        [sys.executable, "-m", "contracts.schemas"],
        cwd=contracts.parent,
        env=os.environ | {"PYTHONPATH": str(contracts.parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, ""), done.stderr
    assert {path: path.read_bytes() for path in contracts.rglob("*.json")} == before
    return done.stderr.splitlines()


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        (f"{FIELD}    zz: int\n", "data.zz: it is newly required, and published facts do not have it"),
        (FIELD.replace("    status: str\n", ""), "data.status: it was removed"),
    ],
)
def test_a_new_required_or_removed_field_is_refused_with_the_remedy(contracts: Path, fields: str, refusal: str) -> None:
    facts = contracts / "ports.py"
    text = facts.read_text(encoding="utf-8")
    assert text.count(FIELD) == 1
    facts.write_text(text.replace(FIELD, fields), encoding="utf-8")

    first, last = make_contracts(contracts)
    assert first == f"port-declared.v1: {refusal}"
    assert last.endswith("give a new field a default, or add a new type (port-declared.v2 beside port-declared.v1).")


def test_a_record_that_does_not_fit_its_new_type_is_refused_with_its_place(contracts: Path) -> None:
    facts, records = contracts / "ports.py", contracts / "examples" / "records" / "ports.py"
    facts.write_text(facts.read_text(encoding="utf-8") + NEW_TYPE, encoding="utf-8")
    text = records.read_text(encoding="utf-8") + NEW_RECORD
    records.write_text(text, encoding="utf-8")

    lines = make_contracts(contracts)
    place = f"contracts/examples/records/ports.py:{len(text.splitlines())}"
    assert lines[0] == f"{place}: a record does not fit its class, the field auditor"
