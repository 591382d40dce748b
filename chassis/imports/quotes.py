"""Quotes in a line of CSV (RFC 4180): how a line is split into its values, and whether a quote stays open at its end.

A record is one line. A quote opens a value only at its beginning, and closes it only at its end; spaces around the
quotes do not count. Anything else is a fault of its own line.
"""

from __future__ import annotations

import re

_REST = r'[^"]*+(?:""[^"]*+)*+'
_BLANKS = r"[ \t]*+"
_VALUE = rf'(?:{_BLANKS}"{_REST}"{_BLANKS}|[^",]*+)'
_OPEN = rf'(?:{_VALUE},)*+{_BLANKS}"{_REST}'

_OPENS = re.compile(rf"{_OPEN}\Z".encode())
_STAYS_OPEN = re.compile(rf'{_REST}(?:"{_BLANKS},{_OPEN})?\Z'.encode())
_CLOSES = re.compile(rf'{_REST}"{_BLANKS}(?:,{_VALUE})*+\Z'.encode())
_SPLIT = re.compile(rf'{_BLANKS}"(?P<quoted>{_REST})"{_BLANKS}(?=,|\Z)|(?P<plain>[^",]*+)(?=,|\Z)')
_BEGINS = re.compile(rf'{_BLANKS}"')
_CLOSED = re.compile(rf'{_BLANKS}"{_REST}"')


class QuoteFaultError(ValueError):
    """A quote that is not closed (`stays_open`), or one within a value. `place` is that of the value, from 0, and
    `value` what stands there up to the next comma."""

    def __init__(self, place: int, value: str, *, stays_open: bool) -> None:
        super().__init__(place)
        self.place = place
        self.value = value
        self.stays_open = stays_open


def opens(line: bytes) -> bool:
    """Whether a quote that opens in this line is not closed at its end."""
    return _OPENS.match(line) is not None


def stays_open(line: bytes) -> bool:
    """Whether this line ends within quotes, where it begins within quotes."""
    return _STAYS_OPEN.match(line) is not None


def closes(line: bytes) -> bool:
    """Whether this line is the right end of a record that spans lines, where it begins within quotes."""
    return _CLOSES.match(line) is not None


def split(line: str) -> list[str]:
    """The values of a line. Raises QuoteFaultError."""
    if '"' not in line:
        return line.split(",")
    values: list[str] = []
    at = 0
    while True:
        value = _SPLIT.match(line, at)
        if value is None:
            unclosed = _BEGINS.match(line, at) is not None and _CLOSED.match(line, at) is None
            raise QuoteFaultError(len(values), line[at:].partition(",")[0].strip(" \t"), stays_open=unclosed)
        quoted = value["quoted"]
        values.append(value["plain"] if quoted is None else quoted.replace('""', '"'))
        if value.end() == len(line):
            return values
        at = value.end() + 1
