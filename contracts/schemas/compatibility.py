"""Which changes of a schema break the consumers of the published one.

Within a version of a type only optional fields are added: consumers with the old schema ignore them, and consumers with
the new one use their defaults for old facts. Every other change needs a new type (`….v2`) beside the old one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from typing import Any

from contracts.schemas.generation import Schema

_FOR_PEOPLE = {"title", "description", "$schema", "$defs"}
_ALTERNATIVES = ("prefixItems", "anyOf", "oneOf", "allOf")
_WALKED = {"properties", "required", "items", "additionalProperties", *_ALTERNATIVES}


def removed(published: Mapping[str, Schema], current: Mapping[str, Schema]) -> list[str]:
    """The published schemas that no longer exist."""
    return [f"{name}: it was published and cannot be removed" for name in published if name not in current]


def breaks(published: Schema, current: Schema) -> list[str]:
    """Every break of `published` by `current`, one sentence each; empty for compatible additions.

    Recursive schemas are not supported; no fact is recursive.
    """
    return list(_breaks(published, current, published, current, "data"))


def _breaks(published: Schema, current: Schema, was: Schema, now: Schema, path: str) -> Iterator[str]:
    """Compare the parts of both schemas; references are resolved in the roots `published` and `current`."""
    was, now = resolved(published.get("$defs", {}), was), resolved(current.get("$defs", {}), now)
    yield from changed_keywords(was, now, path, ignored=_FOR_PEOPLE)
    yield from _breaks_of_fields(published, current, was, now, path)
    parts_were, parts_are = parts_of(was), parts_of(now)
    yield from changed_parts(parts_were, parts_are, path)
    for part in parts_were.keys() & parts_are.keys():
        yield from _breaks(published, current, parts_were[part], parts_are[part], f"{path}.{part}")


def _breaks_of_fields(published: Schema, current: Schema, was: Schema, now: Schema, path: str) -> Iterator[str]:
    fields_were, fields_are = was.get("properties", {}), now.get("properties", {})
    for name, field in fields_were.items():
        if name in fields_are:
            yield from _breaks(published, current, field, fields_are[name], f"{path}.{name}")
        else:
            yield f"{path}.{name}: it was removed"
    were_required, are_required = set(was.get("required", ())), set(now.get("required", ()))
    for name in sorted(are_required - were_required):
        yield f"{path}.{name}: it is newly required, and published facts do not have it"
    for name in sorted((were_required - are_required) & fields_are.keys()):
        yield f"{path}.{name}: it was required and may now be missing"


def changed_keywords(was: Schema, now: Schema, path: str, *, ignored: Set[str]) -> Iterator[str]:
    """The keywords with other values, except ignored ones and those that contain schemas."""
    for keyword in sorted((was.keys() | now.keys()) - ignored - _WALKED):
        if was.get(keyword) != now.get(keyword):
            yield f"{path}: {keyword} was {was.get(keyword)!r} and is {now.get(keyword)!r}"


def changed_parts(were: Mapping[str, Schema], are: Mapping[str, Schema], path: str) -> Iterator[str]:
    """The parts that only one of two schemas has."""
    if were.keys() != are.keys():
        yield f"{path}: it had {', '.join(were) or 'no parts'} and has {', '.join(are) or 'none'}"


def parts_of(schema: Schema) -> dict[str, Schema]:
    """The schemas of items, other properties and alternatives."""
    parts: dict[str, Any] = {}
    for keyword in ("items", "additionalProperties"):
        if keyword in schema:
            # True and False are schemas too: any value, and no value.
            parts[keyword] = schema[keyword] if isinstance(schema[keyword], dict) else {"const": schema[keyword]}
    for keyword in _ALTERNATIVES:
        parts |= {f"{keyword}[{place}]": part for place, part in enumerate(schema.get(keyword, ()))}
    return parts


def resolved(definitions: Mapping[str, Schema], schema: Schema) -> Schema:
    """The schema with its reference resolved; keywords beside the reference (a default) are kept."""
    if "$ref" not in schema:
        return schema
    beside = {keyword: value for keyword, value in schema.items() if keyword != "$ref"}
    return resolved(definitions, definitions[schema["$ref"].rpartition("/")[2]] | beside)
