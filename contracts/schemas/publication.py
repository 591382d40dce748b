"""Writes the published language beside its source: schemas, and the next example of each changed record."""

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
    """A published shape would break. The message has one line for every break."""


def published_schemas(folder: Path = SCHEMAS) -> dict[str, Schema]:
    """The published schemas, or other documents in JSON of a folder, by name."""
    return {each.stem: msgspec.json.decode(each.read_bytes()) for each in sorted(folder.glob("*.json"))}


def published_examples(folder: Path = EXAMPLES) -> list[Path]:
    """Every published example, by type and number."""
    return sorted(folder.glob("*/*.json"))


def breaks(promised: Mapping[str, Schema], schemas: Mapping[str, Schema]) -> list[str]:
    """Every break of the published schemas by these schemas."""
    broken = compatibility.removed(promised, schemas)
    for name in promised.keys() & schemas.keys():
        broken += [f"{name}: {each}" for each in compatibility.breaks(promised[name], schemas[name])]
    return sorted(broken)


def check_schemas(schemas: Mapping[str, Schema], folder: Path = SCHEMAS) -> None:
    """Raise BreakingChange where a published shape would break."""
    broken = breaks(published_schemas(folder), schemas)
    if broken:
        raise BreakingChange("\n".join(broken))


def publish_schemas(schemas: Mapping[str, Schema], folder: Path = SCHEMAS) -> list[Path]:
    """Write new and changed schemas; returns the files written. Raises BreakingChange, and writes nothing, where a
    published shape would break."""
    check_schemas(schemas, folder)
    return write_changed(schemas, folder)


def write_changed(schemas: Mapping[str, Schema], folder: Path) -> list[Path]:
    """Write new and changed schemas, or other documents in JSON; returns the files written."""
    written = []
    for name, schema in schemas.items():
        path, content = folder / f"{name}.json", as_file(schema)
        if not path.exists() or path.read_bytes() != content:
            path.write_bytes(content)
            written.append(path)
    return written


def publish_example(record: Envelope, folder: Path = EXAMPLES) -> Path | None:
    """Write the record as the next example of its type; None where it equals the newest one."""
    earlier = sorted((folder / record.type).glob("*.json"))
    content = as_file(record)
    if earlier and earlier[-1].read_bytes() == content:
        return None
    path = folder / record.type / f"{len(earlier) + 1:04}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    return path
