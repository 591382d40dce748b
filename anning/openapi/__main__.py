"""`make openapi`: write the documents of the services, unless a change breaks the clients of the last release."""

from __future__ import annotations

import argparse
import sys

from anning.openapi import documents


def main() -> int:
    """Write the files; 1 where clients would break and the change log does not say so."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--release", action="store_true", help="make these documents those of the last release")
    arguments = parser.parse_args()
    try:
        written = documents.write()
    except documents.BrokenClients as broken:
        sys.stderr.write(
            f"{broken}\nNothing was written. Before 1.0 a breaking change is allowed where the section [Unreleased] of"
            " CHANGELOG.md names the operation in backticks, as above.\n"
        )
        return 1
    sys.stdout.writelines(f"{path.relative_to(documents.ROOT)}\n" for path in written)
    if arguments.release:
        documents.release()
    return 0


if __name__ == "__main__":
    sys.exit(main())
