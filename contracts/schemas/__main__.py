"""`make contracts`: write schemas and examples from the classes, unless a change breaks a published shape."""

from __future__ import annotations

import sys

from contracts.examples.records import RECORDS
from contracts.schemas.generation import schemas
from contracts.schemas.publication import CONTRACTS, BreakingChange, publish_example, publish_schemas


def main() -> int:
    """Write the files; 1 where a published shape would break."""
    try:
        written = publish_schemas(schemas())
    except BreakingChange as broken:
        sys.stderr.write(f"{broken}\nNothing was written. A breaking change needs a new type beside the old one.\n")
        return 1
    written += [path for path in (publish_example(record.envelope) for record in RECORDS) if path is not None]
    sys.stdout.writelines(f"contracts/{path.relative_to(CONTRACTS)}\n" for path in written)
    return 0


if __name__ == "__main__":
    sys.exit(main())
