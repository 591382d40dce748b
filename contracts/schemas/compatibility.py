"""What a schema may not do to those who rely on the one that was published.

Within a version of a type only optional fields are added: who reads by the old schema ignores them, and who reads by
the new one finds its default in old facts. Everything else is a new type (`….v2`) beside the old one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from contracts.schemas.generation import Schema

_FOR_PEOPLE = {"title", "description", "$schema", "$defs", "$ref"}
_WALKED = {"properties", "required", "items", "additionalProperties", "prefixItems", "anyOf"}


def removed(published: Mapping[str, Schema], current: Mapping[str, Schema]) -> list[str]:
    """The schemas that were published and are not there any more."""
    return [f"{name}: it was published and cannot be taken back" for name in published if name not in current]


def breaks(published: Schema, current: Schema) -> list[str]:
    """Every way in which `current` breaks what `published` promised, one sentence each; none when it only adds.

    Neither may contain itself, which no fact does.
    """
    return list(_breaks(published, current, published, current, "data"))


def _breaks(published: Schema, current: Schema, was: Schema, now: Schema, path: str) -> Iterator[str]:
    """Walk both roots' parts side by side; `published` and `current` are where their references lead to."""
    was, now = _resolved(published, was), _resolved(current, now)
    for keyword in sorted((was.keys() | now.keys()) - _FOR_PEOPLE - _WALKED):
        if was.get(keyword) != now.get(keyword):
            yield f"{path}: {keyword} was {was.get(keyword)!r} and is {now.get(keyword)!r}"
    yield from _breaks_of_fields(published, current, was, now, path)
    parts_were, parts_are = _parts(was), _parts(now)
    if parts_were.keys() != parts_are.keys():
        yield f"{path}: it had {', '.join(parts_were) or 'no parts'} and has {', '.join(parts_are) or 'none'}"
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
        yield f"{path}.{name}: it was always there and may now be missing"


def _parts(schema: Schema) -> dict[str, Schema]:
    """What a list or a table holds and what a value may be."""
    parts: dict[str, Any] = {}
    for keyword in ("items", "additionalProperties"):
        if keyword in schema:
            # True and False are schemas, too: anything, and nothing.
            parts[keyword] = schema[keyword] if isinstance(schema[keyword], dict) else {"const": schema[keyword]}
    for keyword in ("prefixItems", "anyOf"):
        parts |= {f"{keyword}[{place}]": part for place, part in enumerate(schema.get(keyword, ()))}
    return parts


def _resolved(root: Schema, schema: Schema) -> Schema:
    """The schema itself where it is a reference; what stands beside the reference (a default) stays."""
    reference = schema.get("$ref")
    if reference is None:
        return schema
    return {**root["$defs"][reference.removeprefix("#/$defs/")], **schema}
