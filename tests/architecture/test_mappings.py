"""Aggregates, their columns, facts and views are mapped by name: a field that is missing in one of them fails here."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from pydantic import BaseModel, create_model

from anning.services import NAMES, load
from chassis.stored import MAPPINGS, Stored

for _name in NAMES:
    load(_name)


def models(of: type[BaseModel] = BaseModel) -> Iterator[type[BaseModel]]:
    """Every model of the views of the services."""
    for each in of.__subclasses__():
        if each.__module__.split(".")[0] == "services" and each.__module__.split(".")[2] == "views":
            yield each
        yield from models(each)


VIEWS = sorted(set(models()), key=lambda each: (each.__module__, each.__name__))
KINDS = {(stored.kind.__module__.split(".")[1], f"{stored.kind.__name__}View"): stored.kind for stored in MAPPINGS}
"""The aggregates by their service and the name of their view."""

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


def unmapped(view: type[BaseModel], kind: type) -> set[str]:
    """The fields of a view that are no attribute of the aggregate from which it is made."""
    return set(view.model_fields) - attributes(kind)


def optional(view: type[BaseModel]) -> set[str]:
    """The fields of a view with a default."""
    return {name for name, field in view.model_fields.items() if not field.is_required()}


def test_every_field_of_a_view_is_an_attribute_of_its_aggregate() -> None:
    pairs = [(view, KINDS[key]) for view in VIEWS if (key := (view.__module__.split(".")[1], view.__name__)) in KINDS]
    assert {view.__name__ for view, _ in pairs} >= {"EntryView", "OrderView", "ClueView"}
    assert {f"{view.__name__}: {name}" for view, kind in pairs for name in unmapped(view, kind)} == set()


def test_no_field_of_a_view_has_a_default() -> None:
    """A default would take the place of a value that the row or the aggregate does not have under this name."""
    assert {f"{view.__name__}: {name}" for view in VIEWS for name in optional(view)} == set()


def test_an_invented_field_of_a_view_is_found() -> None:
    view = next(each for each in VIEWS if each.__name__ == "OrderView")
    invented = create_model("OrderView", __base__=view, zz=(int | None, None))
    assert unmapped(invented, KINDS["ports", "OrderView"]) == optional(invented) == {"zz"}
