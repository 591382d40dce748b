"""Lines of a file: cut out of a stream of bytes in constant memory, and read one by one.

A line is one record. In CSV a record can span several lines of text, where a quoted field contains line breaks; its
number is that of the first. Cutting only finds the ends of records. Errors in a record are found when it is read, so
that they are reported with its number and the other records are kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple, Protocol, TypeVar

import msgspec

from chassis.imports.refusals import UnreadableFile

MAX_LINE = 64 * 1024
"""Maximum bytes of one line."""

MAX_UNCLOSED = 100
"""The maximum of unclosed quotes before the whole file is refused: each one costs reading 64 KiB again."""

R = TypeVar("R")


class Line(msgspec.Struct, Generic[R], frozen=True):
    """One readable line: its number in the file (the first line is 1), its record, and its bytes."""

    number: int
    record: R
    raw: bytes


@dataclass(frozen=True, slots=True)
class LineError:
    """Why a line was rejected: `code` for programs, `detail` (without personal data) for people."""

    line: int
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class ImportOutcome:
    """The outcome of lines: the counts of accepted and of known ones, and an error for each rejected line."""

    accepted: int = 0
    duplicates: int = 0
    errors: Sequence[LineError] = ()


class Cut(NamedTuple):
    """One record: the number of its first line, and its bytes without the line break."""

    number: int
    raw: bytes


class Cutter(Protocol):
    """Cuts a stream into records."""

    def feed(self, data: bytes) -> list[Cut]:
        """The records that end within `data`."""

    def end(self) -> list[Cut]:
        """The remaining records at the end of the stream."""


class _TextLines:
    """Cuts a stream at its line breaks (LF or CRLF). Of a line that is too long only the beginning is kept, enough to
    detect its length."""

    def __init__(self) -> None:
        self._tail = b""

    def feed(self, data: bytes) -> list[bytes]:
        data = self._tail + data
        lines = data.split(b"\n")
        self._tail = lines.pop()[: MAX_LINE + 1]
        if b"\r" in data:
            lines = [line.removesuffix(b"\r") for line in lines]
        return [line if len(line) <= MAX_LINE else line[: MAX_LINE + 1] for line in lines]

    def end(self) -> list[bytes]:
        tail, self._tail = self._tail, b""
        return [tail.removesuffix(b"\r")] if tail else []


class LineCutter:
    """Every line of the text is a record, except blank ones, which count for the numbers."""

    def __init__(self) -> None:
        self._lines = _TextLines()
        self._number = 1

    def feed(self, data: bytes) -> list[Cut]:
        return self._numbered(self._lines.feed(data))

    def end(self) -> list[Cut]:
        return self._numbered(self._lines.end())

    def _numbered(self, lines: Sequence[bytes]) -> list[Cut]:
        first, self._number = self._number, self._number + len(lines)
        return [Cut(number, line) for number, line in enumerate(lines, first) if line and not line.isspace()]


class QuotedCutter:
    """A record of CSV (RFC 4180) ends at the first line break outside quotes.

    A quote that is not closed within the maximum length of a line makes its own line invalid, not the rest of the file:
    cutting continues at the next line.
    """

    def __init__(self) -> None:
        self._lines = _TextLines()
        self._number = 1
        self._open: list[bytes] = []
        self._size = 0
        self._quoted = False
        self._unclosed = 0

    def feed(self, data: bytes) -> list[Cut]:
        return self._joined(self._lines.feed(data))

    def end(self) -> list[Cut]:
        records = self._joined(self._lines.end())
        while self._open:
            rest = self._give_up(records)
            records += self._joined(rest)
        return records

    def _joined(self, lines: Sequence[bytes]) -> list[Cut]:
        records: list[Cut] = []
        waiting = list(reversed(lines))
        while waiting:
            line = waiting.pop()
            if b'"' in line:
                self._quoted = _quoted_after(line, self._quoted)
            self._open.append(line)
            self._size += len(line) + 1
            if not self._quoted:
                self._close(records)
            elif self._size > MAX_LINE:
                waiting.extend(reversed(self._give_up(records)))
        return records

    def _close(self, records: list[Cut]) -> None:
        raw = self._open[0] if len(self._open) == 1 else b"\n".join(self._open)[: MAX_LINE + 1]
        if raw and not raw.isspace():
            records.append(Cut(self._number, raw))
        self._begin(len(self._open))

    def _give_up(self, records: list[Cut]) -> list[bytes]:
        """End the open record with its first line, and return the others."""
        first, *rest = self._open
        self._unclosed += bool(rest)
        if self._unclosed > MAX_UNCLOSED:
            raise UnreadableFile(f"{MAX_UNCLOSED} quotes are not closed up to line {self._number}.")
        records.append(Cut(self._number, first))
        self._begin(1)
        return rest

    def _begin(self, passed: int) -> None:
        self._number += passed
        self._open = []
        self._size = 0
        self._quoted = False


def _quoted_after(line: bytes, quoted: bool) -> bool:
    """Whether the end of a line lies within quotes, where its beginning does or not.

    As Python's csv module: a quote opens only at the beginning of a field, and a doubled quote is a literal one.
    """
    at = 0
    while True:
        at = line.find(b'"', at)
        if at < 0:
            return quoted
        if not quoted:
            # A quoted line break can only precede a line's beginning while quoted, so 0 begins a field here.
            quoted = at == 0 or line[at - 1 : at] == b","
        elif line[at + 1 : at + 2] == b'"':
            at += 1
        else:
            quoted = False
        at += 1
