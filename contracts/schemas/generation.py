"""Schemas from classes: JSON Schema 2020-12, deterministic bytes for the same classes."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import inspect as types

from contracts.catalogue import EVENTS
from contracts.schemas.envelope import Envelope

Schema = dict[str, Any]
"""A JSON Schema, or a part of one."""

DIALECT = "https://json-schema.org/draft/2020-12/schema"
ENVELOPE = "envelope.v1"


def schemas() -> dict[str, Schema]:
    """The schema of every event type's data, with its topic, and of the envelope, by name."""
    made = {ENVELOPE: schema_of(Envelope, ENVELOPE)}
    for name, event in EVENTS.items():
        made[name] = schema_of(event, name, {"x-topic": event.topic, "x-aggregate": event.aggregate})
    return made


def schema_of(struct: type[msgspec.Struct], name: str, annotations: Mapping[str, str] | None = None) -> Schema:
    """The schema of one struct under that name."""
    (root,), definitions = msgspec.json.schema_components([struct], ref_template="#/$defs/{name}")
    _polish(definitions, types.type_info(struct))
    made = {"$schema": DIALECT, "$id": f"urn:anning:{name}", **definitions.pop(root["$ref"].removeprefix("#/$defs/"))}
    made |= annotations or {}
    # As it is read from its file: the default of a tuple is a list there.
    schema: Schema = msgspec.json.decode(msgspec.json.encode(made | {"$defs": definitions} if definitions else made))
    return schema


def as_file(content: Any) -> bytes:
    """Indented JSON for the repository, readable in a diff."""
    return msgspec.json.format(msgspec.json.encode(content), indent=2) + b"\n"


def _polish(definitions: dict[str, Schema], kind: types.Type) -> None:
    """Descriptions without the indentation of the source."""
    match kind:
        case types.StructType(cls=struct, fields=fields):
            definition = definitions[struct.__name__]
            if "description" in definition:
                definition["description"] = inspect.cleandoc(definition["description"])
            for field in fields:
                _polish(definitions, field.type)
        case types.UnionType(types=options):
            for option in options:
                _polish(definitions, option)
        case types.VarTupleType(item_type=item) | types.ListType(item_type=item):
            _polish(definitions, item)
