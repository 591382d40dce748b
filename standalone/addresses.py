"""The ports of a standalone system. They are stored with its data, so that every address stays the same."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from standalone.processes import accepts, free_port

SANDBOX = "sandbox"
"""The part that issues tokens."""

_FILE = "ports.json"


def known(directory: Path) -> dict[str, int]:
    """The ports of the parts of a system in that directory, by part; empty before its first start."""
    file = directory / _FILE
    return dict(json.loads(file.read_text())) if file.exists() else {}


def assigned(directory: Path, parts: Iterable[str], wanted: Mapping[str, int]) -> dict[str, int]:
    """The ports of these parts: their stored ports, otherwise the `wanted` ones if they are free, otherwise any free
    ones."""
    numbers = known(directory)
    for part in parts:
        if part not in numbers and part in wanted and not accepts(wanted[part]):
            numbers[part] = wanted[part]
        while part not in numbers:
            number = free_port()
            if number not in numbers.values():
                numbers[part] = number
    (directory / _FILE).write_text(json.dumps(numbers, indent=2))
    return numbers


def url(port: int) -> str:
    """The address of a port of this machine."""
    return f"http://127.0.0.1:{port}"
