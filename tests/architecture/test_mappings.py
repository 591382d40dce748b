"""Aggregates, their columns and their facts are mapped by name: a field that is missing in one of them fails here."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from anning.services import NAMES, load
from chassis.stored import MAPPINGS, Stored

for _name in NAMES:
    load(_name)

every_mapping = pytest.mark.parametrize("stored", MAPPINGS, ids=lambda stored: stored.kind.__qualname__)


def attributes(kind: type) -> set[str]:
    """The fields and properties of an aggregate."""
    properties = {name for name, value in inspect.getmembers(kind) if isinstance(value, property)}
    return set(kind.__dataclass_fields__) | properties  # type: ignore[attr-defined]


def assigned(kind: type) -> Iterator[str]:
    """The attributes that the methods of a class assign: `self.name = …`."""
    for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(kind)))):
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        for target in targets:
            if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id == "self":
                yield target.attr


def test_the_mappings_of_the_services_are_loaded() -> None:
    assert {"credit", "ports", "referrals"} <= {stored.kind.__module__.split(".")[1] for stored in MAPPINGS}


@every_mapping
def test_every_field_has_its_columns(stored: Stored[Any]) -> None:
    columns = {column.name for column in stored.table.columns}
    assert stored.fields - stored.parts <= columns
    assert stored.parts <= stored.fields


@every_mapping
def test_every_column_is_an_attribute(stored: Stored[Any]) -> None:
    assert set(stored.attributes) == {column.name for column in stored.table.columns}
    assert set(stored.attributes.values()) <= attributes(stored.kind)


@every_mapping
def test_a_field_that_is_written_once_is_never_assigned(stored: Stored[Any]) -> None:
    assert not stored.fixed & set(assigned(stored.kind))


@every_mapping
def test_every_field_of_a_fact_is_an_attribute_of_its_aggregate(stored: Stored[Any]) -> None:
    published = stored.kind.published_as
    if published is not None:
        assert {field.name for field in msgspec.structs.fields(published)} <= attributes(stored.kind)
