"""Facts have no text but what may leave their service: each field of the type `Redacted` or `Written` is treated so
when the fact is made, also where it comes from a row of an earlier release."""

from __future__ import annotations

import types
import typing
from collections.abc import Callable
from functools import cache
from typing import Any, Final, TypeVar, Union

import msgspec

from chassis.redaction import Redacted, Written, redact, written

S = TypeVar("S", bound=msgspec.Struct)

_Treatment = Callable[[Any], Any]
_TREATMENTS: Final[dict[object, _Treatment]] = {Redacted: redact, Written: written}


def disclosed(struct: S) -> S:
    """The struct with each of its texts, and of those of its parts, as it may leave the service."""
    treated = {name: treat(getattr(struct, name)) for name, treat in _treatments(type(struct)).items()}
    return msgspec.structs.replace(struct, **treated) if treated else struct


@cache
def _treatments(kind: type[msgspec.Struct]) -> dict[str, _Treatment]:
    """The fields of a struct that have a text, each with what is done to its value."""
    hints = typing.get_type_hints(kind)
    found = {field.name: _treatment(hints[field.name]) for field in msgspec.structs.fields(kind)}
    return {name: treat for name, treat in found.items() if treat is not None}


def _treatment(kind: Any) -> _Treatment | None:
    if kind in _TREATMENTS:
        return _TREATMENTS[kind]
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return disclosed if _treatments(kind) else None
    parts = [treat for each in typing.get_args(kind) if (treat := _treatment(each)) is not None]
    if not parts:
        return None
    (treat,) = parts
    if typing.get_origin(kind) in (Union, types.UnionType):
        return lambda value: None if value is None else treat(value)
    return lambda values: tuple(map(treat, values))
