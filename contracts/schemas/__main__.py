"""`make contracts`: write schemas and examples from the classes, unless a change breaks a published shape."""

from __future__ import annotations

import re
import sys
import traceback
from importlib import import_module
from pathlib import Path

from contracts.schemas.generation import schemas
from contracts.schemas.publication import CONTRACTS, BreakingChange, check_schemas, publish_example, publish_schemas


def main() -> int:
    """Write the files; 1, and nothing is written, where a published shape would break or a record does not fit."""
    made = schemas()
    try:
        check_schemas(made)
        # Imported after the check: the record of a broken shape cannot be created.
        records = import_module("contracts.examples.records").RECORDS
    except BreakingChange as broken:
        sys.stderr.write(f"{broken}\nNothing was written. {_remedy(broken)}\n")
        return 1
    except TypeError as error:
        sys.stderr.write(f"{_place(error)}\nNothing was written. Give the record exactly the fields of its class.\n")
        return 1
    written = publish_schemas(made)
    written += [path for path in (publish_example(record.envelope) for record in records) if path is not None]
    sys.stdout.writelines(f"contracts/{path.relative_to(CONTRACTS)}\n" for path in written)
    return 0


def _remedy(broken: BreakingChange) -> str:
    names = sorted({line.partition(":")[0] for line in str(broken).splitlines()})
    beside = ", ".join(f"{_next_version(name)} beside {name}" for name in names)
    return f"Published shapes only grow: give a new field a default, or add a new type ({beside})."


def _next_version(name: str) -> str:
    return re.sub(r"\d+$", lambda version: str(int(version[0]) + 1), name)


def _place(error: TypeError) -> str:
    """The record that its class refuses, and the field."""
    frames = traceback.extract_tb(error.__traceback__)
    frame = next(each for each in reversed(frames) if Path(each.filename).is_relative_to(CONTRACTS))
    place = f"contracts/{Path(frame.filename).relative_to(CONTRACTS)}:{frame.lineno}"
    field = re.search("['`](\\w+)['`]", str(error))
    return f"{place}: a record does not fit its class{f', the field {field[1]}' if field else ''}"


if __name__ == "__main__":
    sys.exit(main())
