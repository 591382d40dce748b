"""Lines of a file: cut out of a stream of bytes in constant memory, and read one by one.

A line of text is one record, in CSV too, so that every line has its own outcome whatever is wrong with the others.
Cutting only finds line breaks. Errors in a record are found when it is read, so that they are reported with its number
and the other records are kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple, Protocol, TypeVar

import msgspec

from chassis.field_errors import FieldError
from chassis.imports import quotes

MAX_LINE = 64 * 1024
"""Maximum bytes of one line, and of the lines between a quote and the one that closes it."""

DETAIL_LENGTH = 1_000
"""Maximum characters of the detail of one error."""

R = TypeVar("R")


class Line(msgspec.Struct, Generic[R], frozen=True):
    """One readable line: its number in the file (the first line is 1), its record, and its bytes."""

    number: int
    record: R
    raw: bytes


@dataclass(frozen=True, slots=True)
class LineError:
    """Why a line was rejected: `code` for programs, `detail` (without personal data) for people.

    `column` is the wrong column of CSV or field of JSON (of several, the first), `value` its value as it may be shown.
    `last_line` is that of the record which begins in this line, where a quote makes it span several lines.
    """

    line: int
    code: str
    detail: str
    column: str | None = None
    value: str | None = None
    last_line: int | None = None

    @classmethod
    def of(cls, line: int, errors: Sequence[FieldError], *, word: str = "column") -> LineError:
        """The error of a line with at least one field error; `word` is what its format calls a field."""
        first = errors[0]
        detail = "; ".join(f"{word} `{each.field}`: {each.detail}" if each.field else each.detail for each in errors)
        return cls(line, first.code, shortened(detail), first.field or None, first.value)


def shortened(detail: str) -> str:
    """At most `DETAIL_LENGTH` characters."""
    return detail if len(detail) <= DETAIL_LENGTH else detail[: DETAIL_LENGTH - 1] + "…"


@dataclass(frozen=True, slots=True)
class ImportOutcome:
    """The outcome of lines: the counts of accepted and of known ones, and an error for each rejected line."""

    accepted: int = 0
    duplicates: int = 0
    errors: Sequence[LineError] = ()


class Repeat(NamedTuple):
    """An earlier line of the file about the same, by the column that states it and its value as it may be shown."""

    line: int
    column: str
    value: str


class Cut(NamedTuple):
    """One record: the number of its line, and its bytes without the line break.

    `span` is the first and the last line between which a quote stays open: this line is one of them. `repeats` names an
    earlier line of the file about the same.
    """

    number: int
    raw: bytes
    span: tuple[int, int] | None = None
    repeats: Repeat | None = None


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
    """Every line of the text is a record of CSV, except blank ones, as in `LineCutter`.

    Where a quote stays open at the end of a line, the lines up to the one that closes it know it (`Cut.span`). They are
    records of their own nevertheless: an unclosed quote would otherwise swallow all lines up to the next quote. Lines
    are held until the quote is closed, but no more than the maximum bytes of one line.
    """

    def __init__(self) -> None:
        self._lines = LineCutter()
        self._held: list[Cut] = []
        self._size = 0

    def feed(self, data: bytes) -> list[Cut]:
        return self._released(self._lines.feed(data))

    def end(self) -> list[Cut]:
        records = self._released(self._lines.end())
        return records + self._release(None)

    def _released(self, cuts: Sequence[Cut]) -> list[Cut]:
        records: list[Cut] = []
        for cut in cuts:
            if self._held:
                self._hold(cut)
                if b'"' not in cut.raw or quotes.stays_open(cut.raw):
                    if self._size > MAX_LINE:
                        records += self._release(None)
                    continue
                if quotes.closes(cut.raw) or not _opens(cut):
                    records += self._release(cut.number)
                    continue
                # Its quote closes the open one within a value, and opens one at its beginning: it begins the next span.
                del self._held[-1]
                records += self._release(cut.number)
            if _opens(cut):
                self._hold(cut)
            else:
                records.append(cut)
        return records

    def _hold(self, cut: Cut) -> None:
        self._held.append(cut)
        self._size += len(cut.raw) + 1

    def _release(self, last: int | None) -> list[Cut]:
        held, self._held, self._size = self._held, [], 0
        return held if last is None else [cut._replace(span=(held[0].number, last)) for cut in held]


def _opens(cut: Cut) -> bool:
    return b'"' in cut.raw and len(cut.raw) <= MAX_LINE and quotes.opens(cut.raw)
