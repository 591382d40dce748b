"""The ports of a standalone system. They are stored with its data, so that every address stays the same."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from pathlib import Path

from standalone import port_owner
from standalone.processes import ProcessFailed, claim, free_port, in_use

SANDBOX = "sandbox"
"""The part that issues tokens."""

_FILE = "ports.json"


def known(directory: Path) -> dict[str, int]:
    """The ports of the parts of a system in that directory, by part; empty before its first start."""
    file = directory / _FILE
    return dict(json.loads(file.read_text())) if file.exists() else {}


def assigned(
    directory: Path, parts: Iterable[str], wanted: Mapping[str, int], report: Callable[[str], None] = lambda _: None
) -> dict[str, int]:
    """The ports of these parts: their stored ports, otherwise the `wanted` ones if they are free, otherwise any free
    ones.

    `report` receives a line for each wanted port that is taken.
    """
    numbers = known(directory)
    for part in parts:
        if part not in numbers and part in wanted:
            if claim(wanted[part]) and not in_use(wanted[part]):
                numbers[part] = wanted[part]
            else:
                report(f"{part} uses another port: {wanted[part]} is taken by {port_owner.described(wanted[part])}")
        while part not in numbers:
            number = free_port()
            if number not in numbers.values():
                numbers[part] = number
    (directory / _FILE).write_text(json.dumps(numbers, indent=2))
    return numbers


def take(directory: Path, numbers: Mapping[str, int]) -> None:
    """Take all ports of a system that starts. Of two systems with the same ports only one can.

    Raises ProcessFailed; the message names each port that is in use and its owner.
    """
    taken = [part for part, number in numbers.items() if in_use(number)]
    if not taken:
        # Up to the first that fails: otherwise each of two systems could take a part of the ports.
        taken = list(islice((part for part, number in numbers.items() if not claim(number)), 1))
    if taken:
        owners = [f"port {numbers[part]} ({part}) is in use by {port_owner.described(numbers[part])}" for part in taken]
        raise ProcessFailed("\n".join([*owners, f"Stop it, or remove {directory / _FILE}: then other ports are used."]))


def url(port: int) -> str:
    """The address of a port of this machine."""
    return f"http://127.0.0.1:{port}"
