"""What is wrong with a record whose fields are not those of its type: the field, its value, and what is expected.

msgspec names the place of the first fault; the words are made here, from the type of the field.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import inspect

from chassis.field_errors import FieldError
from chassis.hints import meant, shown, shown_if_short

_MISSING = re.compile(r"Object missing required field `(.*)`", re.DOTALL)
_UNKNOWN = re.compile(r"Object contains unknown field `(.*)`", re.DOTALL)
_BOOLEANS = {"是": "true", "有": "true", "yes": "true", "y": "true", "1": "true"} | {
    "否": "false",
    "无": "false",
    "no": "false",
    "n": "false",
    "0": "false",
}
"""How people write yes and no in a table."""
_PLACE = re.compile(r" - at `\$\.([^`.\[]+)[^`]*`\Z")


def field_error(error: msgspec.ValidationError, record: Any, values: Mapping[str, Any]) -> FieldError:
    """The first fault of `values`, which could not be converted into the struct `record`."""
    text = str(error)
    if missing := _MISSING.fullmatch(text):
        return FieldError(missing[1], "a value is required")
    if unknown := _UNKNOWN.fullmatch(text):
        return FieldError(shown(unknown[1]), f"this field is unknown{meant(unknown[1], _types(record))}")
    place = _PLACE.search(text)
    kind = _types(record).get(place[1]) if place else None
    if place is None or kind is None:
        return FieldError("", "an object with fields is expected: {…}")
    name = place[1]
    value = _shown(values.get(name))
    names = _BOOLEANS if isinstance(kind, inspect.BoolType) else None
    detail = f"{_expected(kind)} is expected{meant(value or '', _choices(kind), names)}"
    return FieldError(name, f"`{value}`: {detail}" if value is not None else detail, value=value)


@lru_cache
def _types(record: Any) -> dict[str, inspect.Type]:
    """The types of the fields of a struct, without null where a field may be left out."""
    return {each.encode_name: _without_null(each.type) for each in inspect.type_info(record).fields}  # type: ignore[attr-defined]


def _without_null(kind: inspect.Type) -> inspect.Type:
    if not isinstance(kind, inspect.UnionType):
        return kind
    kinds = [each for each in kind.types if not isinstance(each, inspect.NoneType)]
    return kinds[0] if len(kinds) == 1 else kind


def _shown(value: Any) -> str | None:
    """A value as an error may show it; None for one that may be long or a personal text."""
    match value:
        case str():
            return shown_if_short(value)
        case bool() | int() | float() | None:
            return shown(msgspec.json.encode(value).decode())
    return None


def _choices(kind: inspect.Type) -> list[str]:
    match kind:
        case inspect.EnumType():
            return [str(each.value) for each in kind.cls]
        case inspect.LiteralType():
            return [str(each) for each in kind.values]
        case inspect.BoolType():
            return ["true", "false"]
    return []


def _expected(kind: inspect.Type) -> str:
    match kind:
        case inspect.StrType():
            return f"a text{_length(kind)}"
        case inspect.IntType():
            return f"a whole number{_range(kind)}"
        case inspect.FloatType():
            return f"a number{_range(kind)}"
        case inspect.BoolType():
            return "true or false"
        case inspect.DateTimeType():
            return "a time with its offset, such as 2026-11-24T09:00:00+08:00,"
        case inspect.DateType():
            return "a day, such as 2026-11-24,"
        case inspect.UUIDType():
            return "an id (UUID)"
        case inspect.EnumType() | inspect.LiteralType():
            return f"one of {', '.join(_choices(kind))}"
        case inspect.ListType() | inspect.VarTupleType() | inspect.SetType() | inspect.FrozenSetType():
            return "a list"
    return "another value"


def _length(kind: inspect.StrType) -> str:
    if kind.max_length is not None:
        return f" of {kind.min_length or 0} to {kind.max_length} characters"
    return f" of at least {kind.min_length} characters" if kind.min_length else ""


def _range(kind: inspect.IntType | inspect.FloatType) -> str:
    return f" from {kind.ge} to {kind.le}" if kind.ge is not None and kind.le is not None else ""
