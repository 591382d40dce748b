"""What is wrong with a record whose fields are not those of its type: each field, its value, and what is expected.

msgspec names the first fault only, in words for programmers; the words here are made from the type of the field.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from itertools import islice
from typing import Any, Final

import msgspec
from msgspec import inspect

from chassis.field_errors import FieldError
from chassis.hints import meant, shown, shown_if_short

TEXT: Final = "a text"
WHOLE_NUMBER: Final = "a whole number"
NUMBER: Final = "a number"
BOOLEAN: Final = "true or false"
TIME: Final = "a time with its offset, such as 2026-05-06T09:00:00+08:00"
DAY: Final = "a day, such as 2026-05-06"
ID: Final = "an id (UUID)"
LIST: Final = "a list"
"""What is expected, in the words of the person who sends it."""

PERSONAL: Final = msgspec.Meta(extra={"personal": True})
"""Annotates a field whose values identify a person: no error shows one, however short or wrong it is."""

_BOOLEANS = {"是": "true", "有": "true", "yes": "true", "y": "true", "1": "true"} | {
    "否": "false",
    "无": "false",
    "no": "false",
    "n": "false",
    "0": "false",
}
"""How people write yes and no in a table."""


def field_errors(record: Any, values: object, *, strict: bool = True) -> list[FieldError]:
    """Every fault of `values`, which could not be converted into the struct `record`; `strict` as for
    `msgspec.convert`."""
    if not isinstance(values, dict):
        return [_NO_OBJECT]
    fields = msgspec.structs.fields(record)
    known = {each.encode_name for each in fields}
    found = [_unknown(name, record) for name in islice((name for name in values if name not in known), _MOST_UNKNOWN)]
    for each in fields:
        if each.encode_name not in values:
            found += [_missing(each.encode_name)] if each.required else []
            continue
        try:
            msgspec.convert(values[each.encode_name], each.type, strict=strict)
        except msgspec.ValidationError:
            found.append(_wrong(each.encode_name, record, values))
    return found or [_INCOHERENT]


def personal_fields(record: Any) -> frozenset[str]:
    """The names of the fields of a struct that are annotated with PERSONAL; none of another type."""
    if not (isinstance(record, type) and issubclass(record, msgspec.Struct)):
        return frozenset()
    fields = msgspec.structs.fields(record)
    return frozenset(each.encode_name for each in fields if PERSONAL in getattr(each.type, "__metadata__", ()))


_NO_OBJECT = FieldError("", "an object with fields is expected: {…}")
_INCOHERENT = FieldError("", "the values do not fit each other")
_MOST_UNKNOWN = 20
"""Unknown fields that errors name; a record can have thousands, and the search for what each means takes long."""


def _missing(name: str) -> FieldError:
    return FieldError(name, "a value is required")


def _unknown(name: str, record: Any) -> FieldError:
    return FieldError(shown(name), f"this field is unknown{meant(name, _types(record))}")


def _wrong(name: str, record: Any, values: Mapping[str, Any]) -> FieldError:
    kind = _types(record)[name]
    value = None if name in personal_fields(record) else _shown(values.get(name))
    names = _BOOLEANS if isinstance(kind, inspect.BoolType) else None
    cause = _cause(kind, values.get(name)) or meant(value or "", _choices(kind), names)
    detail = f"{_expected(kind)} is expected{cause}"
    return FieldError(name, f"`{value}`: {detail}" if value is not None else detail, value=value)


@lru_cache
def _types(record: Any) -> dict[str, inspect.Type]:
    """The types of the fields of a struct, without null where a field may be left out."""
    return {each.encode_name: _without_null(each.type) for each in inspect.type_info(record).fields}  # type: ignore[attr-defined]


def _without_null(kind: inspect.Type) -> inspect.Type:
    if isinstance(kind, inspect.Metadata):  # what describes the field in the OpenAPI document
        return _without_null(kind.type)
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


def _cause(kind: inspect.Type, value: Any) -> str:
    """The likely cause, where it follows from the type of a value; empty otherwise."""
    match kind, value:
        case _, bool():
            return ""
        case inspect.StrType(), int() | float():
            return "; put the value in quotes: JSON numbers have no leading zeros, and lose digits"
        case inspect.DateTimeType(), int() | float():
            return "; a count of seconds is no time"
    return ""


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
            return f"{TEXT}{_length(kind)}"
        case inspect.IntType():
            return f"{WHOLE_NUMBER}{_range(kind)}"
        case inspect.FloatType():
            return f"{NUMBER}{_range(kind)}"
        case inspect.BoolType():
            return BOOLEAN
        case inspect.DateTimeType():
            return f"{TIME},"
        case inspect.DateType():
            return f"{DAY},"
        case inspect.UUIDType():
            return ID
        case inspect.EnumType() | inspect.LiteralType():
            return f"one of {', '.join(_choices(kind))}"
        case inspect.ListType() | inspect.VarTupleType() | inspect.SetType() | inspect.FrozenSetType():
            return LIST
    return "another value"


def _length(kind: inspect.StrType) -> str:
    if kind.max_length is not None:
        return f" of {kind.min_length or 0} to {kind.max_length} characters"
    return f" of at least {kind.min_length} characters" if kind.min_length else ""


def _range(kind: inspect.IntType | inspect.FloatType) -> str:
    return f" from {kind.ge} to {kind.le}" if kind.ge is not None and kind.le is not None else ""
