"""Writes the published language beside its source: schemas, and the next example of what changed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from contracts.schemas import compatibility
from contracts.schemas.envelope import Envelope
from contracts.schemas.generation import Schema, as_file

CONTRACTS = Path(__file__).parents[1]
SCHEMAS = CONTRACTS / "schemas"
EXAMPLES = CONTRACTS / "examples"


class BreakingChange(Exception):
    """What was published would not be kept. The message has one line for every promise that would be broken."""


def published_schemas(folder: Path = SCHEMAS) -> dict[str, Schema]:
    """The schemas that are promised, by name."""
    return {each.stem: msgspec.json.decode(each.read_bytes()) for each in sorted(folder.glob("*.json"))}


def published_examples(folder: Path = EXAMPLES) -> list[Path]:
    """Every record that was ever an example, by type and number."""
    return sorted(folder.glob("*/*.json"))


def breaks(promised: Mapping[str, Schema], schemas: Mapping[str, Schema]) -> list[str]:
    """Every promise that these schemas do not keep."""
    broken = compatibility.removed(promised, schemas)
    for name in promised.keys() & schemas.keys():
        broken += [f"{name}: {each}" for each in compatibility.breaks(promised[name], schemas[name])]
    return sorted(broken)


def publish_schemas(schemas: Mapping[str, Schema], folder: Path = SCHEMAS) -> list[Path]:
    """Write what is new or changed; gives the files written. Raises BreakingChange, and writes nothing, where a
    promise would be broken."""
    broken = breaks(published_schemas(folder), schemas)
    if broken:
        raise BreakingChange("\n".join(broken))
    written = []
    for name, schema in schemas.items():
        path = folder / f"{name}.json"
        content = as_file(schema)
        if not path.exists() or path.read_bytes() != content:
            path.write_bytes(content)
            written.append(path)
    return written


def publish_example(record: Envelope, folder: Path = EXAMPLES) -> Path | None:
    """Write the record as the next example of its type; None where it is the newest already."""
    earlier = sorted((folder / record.type).glob("*.json"))
    content = as_file(record)
    if earlier and earlier[-1].read_bytes() == content:
        return None
    path = folder / record.type / f"{len(earlier) + 1:04}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    return path
