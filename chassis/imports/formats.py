"""The formats of files: how a file is cut into records, and how each record is read into the importer's type."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Generic, Protocol, TypeVar

import msgspec

from chassis.imports.lines import MAX_LINE, Cut, Cutter, Line, LineCutter, LineError, QuotedCutter
from chassis.imports.refusals import UnreadableFile, WrongHeader

R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)

DETAIL_LENGTH = 300

_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    rb"|(?P<nul>u0000)|(?P<lone>u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)


class BadLine(Exception):
    """A record cannot be read. `code` is for programs, `detail` for people."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail[:DETAIL_LENGTH]


class Format(Protocol[R_co]):
    """A format of files."""

    @property
    def media_types(self) -> tuple[str, ...]:
        """Its media types, in addition to those of gzip."""

    def cutter(self) -> Cutter:
        """A cutter of one file into records."""

    def columns(self, header: bytes) -> tuple[str, ...] | None:
        """The columns of a file with this first record; None where the format has no header.

        Raises WrongHeader or UnreadableFile.
        """

    def reader(self, columns: Sequence[str]) -> Callable[[bytes], R_co]:
        """The reader of one record of a file with these columns; it raises BadLine."""


class Ndjson(Generic[R]):
    """One JSON object a line, read into a msgspec struct.

    The codes of errors are line-too-long, not-utf8, nul-character, lone-surrogate, malformed (not JSON) and invalid
    (not this struct).
    """

    media_types = ("application/x-ndjson", "application/jsonl")

    def __init__(self, record: type[R]) -> None:
        self._decoder = msgspec.json.Decoder(record)

    def cutter(self) -> Cutter:
        return LineCutter()

    def columns(self, header: bytes) -> tuple[str, ...] | None:
        return None

    def reader(self, columns: Sequence[str]) -> Callable[[bytes], R]:
        return self._read

    def _read(self, raw: bytes) -> R:
        _text(raw)
        if b"\\u0000" in raw and _escapes(raw, "nul"):
            raise BadLine("nul-character", "A string contains a NUL character.")
        try:
            return self._decoder.decode(raw)
        except RecursionError as error:
            raise BadLine("malformed", "It is nested too deeply.") from error
        except msgspec.ValidationError as error:
            raise BadLine("invalid", str(error)) from error
        except ValueError as error:
            if _escapes(raw, "lone"):
                raise BadLine("lone-surrogate", "A string contains half of a surrogate pair.") from error
            raise BadLine("malformed", f"Not JSON: {error}") from error


class Csv(Generic[R]):
    """Comma-separated values in UTF-8 (RFC 4180, with or without byte order mark), read into a msgspec struct.

    The fields of the struct are the columns; those without a default are required. An empty value counts as absent. The
    codes of errors are line-too-long, not-utf8, nul-character, unclosed-quote, malformed, columns (too many or too few)
    and invalid (not this struct).
    """

    media_types = ("text/csv",)

    def __init__(self, record: type[R]) -> None:
        self._record = record
        fields = msgspec.structs.fields(record)  # type: ignore[arg-type]
        self._known = tuple(field.encode_name for field in fields)
        self._needed = tuple(field.encode_name for field in fields if field.required)

    def cutter(self) -> Cutter:
        return QuotedCutter()

    def columns(self, header: bytes) -> tuple[str, ...] | None:
        try:
            names = tuple(name.strip() for name in _values(header))
        except BadLine as error:
            raise UnreadableFile(f"The first line cannot be read: {error.detail}") from error
        wrong: dict[str, Any] = {
            "missing": [name for name in self._needed if name not in names],
            "unknown": [name for name in names if name not in self._known],
            "repeated": sorted({name for name in names if names.count(name) > 1}),
        }
        if any(wrong.values()):
            raise WrongHeader(**wrong, columns=list(self._known))
        return names

    def reader(self, columns: Sequence[str]) -> Callable[[bytes], R]:
        def read(raw: bytes) -> R:
            values = _values(raw)
            if len(values) != len(columns):
                raise BadLine("columns", f"It has {len(values)} values; the first line names {len(columns)} columns.")
            given = {name: value for name, value in zip(columns, values, strict=True) if value}
            try:
                return msgspec.convert(given, self._record, strict=False)
            except msgspec.ValidationError as error:
                raise BadLine("invalid", str(error)) from error

        return read


def read_all(reader: Callable[[bytes], R], cuts: Iterable[Cut]) -> tuple[list[Line[R]], list[LineError]]:
    """The records that can be read, and the errors of the others."""
    lines: list[Line[R]] = []
    errors: list[LineError] = []
    for number, raw in cuts:
        try:
            lines.append(Line(number, reader(raw), raw))
        except BadLine as error:
            errors.append(LineError(number, error.code, error.detail))
    return lines, errors


def _text(raw: bytes) -> str:
    if len(raw) > MAX_LINE:
        raise BadLine("line-too-long", f"It has more than {MAX_LINE} bytes.")
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        raise BadLine("not-utf8", f"Byte {error.start + 1} of the line is not UTF-8.") from error
    if "\0" in text:
        raise BadLine("nul-character", f"Character {text.index(chr(0)) + 1} of the line is NUL.")
    return text


def _values(raw: bytes) -> list[str]:
    try:
        [values] = csv.reader([_text(raw)], strict=True)
    except csv.Error as error:
        if str(error) == "unexpected end of data":
            raise BadLine("unclosed-quote", "A quote is opened and not closed.") from error
        raise BadLine("malformed", f"Not CSV: {error}.") from error
    return values


def _escapes(raw: bytes, kind: str) -> bool:
    """Whether a JSON text contains an escape of this kind; backslashes can be escaped themselves."""
    return any(match[kind] for match in _ESCAPE.finditer(raw))
