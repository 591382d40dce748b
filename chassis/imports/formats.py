"""The formats of files: how a file is cut into records, and how each record is read into the importer's type."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from typing import Generic, Protocol, TypeVar

import msgspec

from chassis.characters import LOST
from chassis.field_errors import FieldError
from chassis.hints import LOST_ESCAPE, json_fault, meant, repeated_name, shown, shown_if_short, texts_with
from chassis.imports.lines import MAX_LINE, Cut, Cutter, Line, LineCutter, LineError, QuotedCutter, Repeat
from chassis.imports.quotes import QuoteFaultError, split
from chassis.imports.refusals import UnreadableFile, WrongHeader
from chassis.wrong_fields import field_errors, personal_fields

R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)

_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    rb"|(?P<nul>u0000)|(?P<lost>u[fF]{3}[dD])|(?P<lone>u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)
_LINE_ENDS = "lines end with LF or CRLF, not with CR alone"
_STRAY_QUOTE = 'a quote (") stands within a value; such a value is in quotes, and each quote in it is doubled ("")'
_FORMULA = 'the marks by which a spreadsheet keeps a number as text (="…") were exported with it; give the digits only'
_HALF = re.compile("[\ud800-\udfff]")
_SEPARATORS = {";": "semicolons", "\t": "tabs", "\uff0c": "full-width commas", "|": "vertical bars"}


class BadLine(Exception):
    """A record cannot be read: `code` is for programs, `errors` are for people. `word` is what its format calls a
    field."""

    def __init__(self, errors: Sequence[FieldError], word: str = "column") -> None:
        super().__init__("; ".join(each.detail for each in errors))
        self.code = errors[0].code
        self.errors = errors
        self.word = word

    @classmethod
    def whole(cls, code: str, detail: str) -> BadLine:
        """A fault of a whole line."""
        return cls([FieldError("", detail, code)])

    @classmethod
    def at(cls, code: str, detail: str, place: tuple[str, str | None] | None, word: str = "column") -> BadLine:
        """A fault of characters, with the column and the value that have them where the line can be read so far."""
        column, value = place or ("", None)
        return cls([FieldError(column, detail, code, value)], word)


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

    The codes of errors are line-too-long, not-utf8, nul-character, replacement-character, lone-surrogate, malformed
    (not JSON), repeated-field and invalid (not this struct).
    """

    media_types = ("application/x-ndjson", "application/jsonl")

    def __init__(self, record: type[R]) -> None:
        self._record = record
        self._hidden = personal_fields(record)
        self._decoder = msgspec.json.Decoder(record)

    def cutter(self) -> Cutter:
        return LineCutter()

    def columns(self, header: bytes) -> tuple[str, ...] | None:
        return None

    def reader(self, columns: Sequence[str]) -> Callable[[bytes], R]:
        return self._read

    def _read(self, raw: bytes) -> R:
        text = _text(raw)
        if "\0" in text:
            raise BadLine.whole("nul-character", _nul(text))
        if LOST in text or (LOST_ESCAPE.search(raw) and _escapes(raw, "lost")):
            place = _field_with(LOST, raw, self._hidden)
            raise BadLine.at("replacement-character", _lost(text.find(LOST) + 1), place, "field")
        if b"\\u0000" in raw and _escapes(raw, "nul"):
            place = _field_with("\0", raw, self._hidden)
            raise BadLine.at("nul-character", "a text contains a NUL character", place, "field")
        try:
            record = self._decoder.decode(raw)
        except msgspec.ValidationError as error:
            values = _values_in(raw)
            _refuse_repeated(raw)
            raise BadLine(field_errors(self._record, values), "field") from error
        except (ValueError, RecursionError) as error:
            raise _not_json(error, raw) from error
        _refuse_repeated(raw)
        return record


class Csv(Generic[R]):
    """Comma-separated values (RFC 4180, but a record is one line), read into a msgspec struct.

    The fields of the struct are the columns; those without a default are required. Spaces around a value do not count,
    and an empty value counts as absent. The codes of errors are line-too-long, not-utf8, nul-character, line-break,
    replacement-character, unclosed-quote, stray-quote, columns (too many or too few) and invalid (not this struct).
    """

    media_types = ("text/csv",)

    def __init__(self, record: type[R]) -> None:
        self._record = record
        self._hidden = personal_fields(record)
        fields = msgspec.structs.fields(record)  # type: ignore[arg-type]
        self._known = tuple(field.encode_name for field in fields)
        self._needed = tuple(field.encode_name for field in fields if field.required)

    def cutter(self) -> Cutter:
        return QuotedCutter()

    def columns(self, header: bytes) -> tuple[str, ...] | None:
        if b"\r" in header:
            raise UnreadableFile(f"The first line contains a CR: {_LINE_ENDS}.")
        try:
            names = tuple(name.strip() for name in _values(header, (), frozenset()))
        except BadLine as error:
            raise UnreadableFile(f"The first line, the header, cannot be read: {error}.") from error
        missing = [name for name in self._needed if name not in names]
        unknown = [name for name in names if name not in self._known]
        repeated = sorted({name for name in names if names.count(name) > 1})
        if missing or unknown or repeated:
            raise WrongHeader(
                self._header_fault(names, missing, unknown, repeated),
                missing=missing,
                unknown=list(map(shown, unknown)),
                repeated=list(map(shown, repeated)),
                columns=list(self._known),
            )
        return names

    def _header_fault(
        self, names: Sequence[str], missing: Sequence[str], unknown: Sequence[str], repeated: Sequence[str]
    ) -> str:
        """What is wrong with the header, and the likely cause, in sentences."""
        hints = {name: meant(name, [each for each in self._known if each not in names]) for name in unknown}
        if not set(names) & set(self._known) and not any(hints.values()):
            cause = _other_separator(names) or "does the file begin with a record, without a header?"
            return f"The first line names no column of this file: {cause}"
        faults = [f"unknown column `{shown(name)}`{hint}" for name, hint in hints.items() if name]
        faults += ["a column has no name; is there a comma too many?"] if "" in unknown else []
        faults += [f"missing columns: {', '.join(missing)}"] if missing else []
        faults += [f"repeated columns: {', '.join(map(shown, repeated))}"] if repeated else []
        return f"The header in the first line has errors: {'; '.join(faults)}."

    def reader(self, columns: Sequence[str]) -> Callable[[bytes], R]:
        def read(raw: bytes) -> R:
            values = _values(raw, columns, self._hidden)
            if len(values) != len(columns):
                raise BadLine.whole("columns", _wrong_count(values, columns))
            given = {name: text for name, value in zip(columns, values, strict=True) if (text := value.strip(" \t"))}
            try:
                return msgspec.convert(given, self._record, strict=False)
            except msgspec.ValidationError as error:
                raise BadLine(field_errors(self._record, given, strict=False)) from error

        return read


def read_all(reader: Callable[[bytes], R], cuts: Iterable[Cut]) -> tuple[list[Line[R]], list[LineError]]:
    """The records that can be read and repeat no other, and the errors of the others."""
    lines: list[Line[R]] = []
    errors: list[LineError] = []
    for cut in cuts:
        try:
            record = reader(cut.raw)
        except BadLine as error:
            errors.append(_within(cut, LineError.of(cut.number, error.errors, word=error.word)))
            continue
        if cut.repeats is None:
            lines.append(Line(cut.number, record, cut.raw))
        else:
            errors.append(LineError.of(cut.number, [_repeated(cut.repeats)]))
    return lines, errors


def _repeated(earlier: Repeat) -> FieldError:
    detail = f"`{earlier.value}` is already in line {earlier.line} of this file; only the first line of a file counts"
    return FieldError(earlier.column, detail, "repeated", earlier.value)


def _within(cut: Cut, error: LineError) -> LineError:
    """The error of a line that may belong to a record which spans several lines."""
    if cut.span is None:
        return error
    first, last = cut.span
    if cut.number == first:
        detail = (
            f"lines {first} to {last}: a quote opens in line {first} and closes in line {last}, but a record is one"
            f" line; each of these lines was read on its own; {error.detail}"
        )
        return replace(error, detail=detail, last_line=last)
    return replace(error, detail=f"{error.detail}; the line is one of lines {first} to {last}, within an open quote")


def _refuse_repeated(raw: bytes) -> None:
    repeated = repeated_name(raw)
    if repeated is not None:
        raise BadLine([FieldError(repeated, "occurs twice in the line; send it once", "repeated-field")], "field")


def _text(raw: bytes) -> str:
    if len(raw) > MAX_LINE:
        raise BadLine.whole("line-too-long", f"the line has more than {MAX_LINE} bytes; is a line break missing?")
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        raise BadLine.whole("not-utf8", f"byte {error.start + 1} of the line is not UTF-8") from error
    return text


def _nul(text: str) -> str:
    return f"character {text.index(chr(0)) + 1} of the line is NUL"


def _lost(place: int) -> str:
    where = f"character {place} of the line" if place else "a character"
    return f"{where} is U+FFFD: the right one was lost when the text was converted before"


def _column_with(
    chars: str, text: str, columns: Sequence[str], hidden: Collection[str]
) -> tuple[str, str | None] | None:
    """The first column of a line of CSV whose value has one of these characters, and the value as it may be shown."""
    try:
        values = split(text)
    except QuoteFaultError:
        return None
    found = ((name, value) for name, value in zip(columns, values, strict=False) if not set(chars).isdisjoint(value))
    return next(((name, _shown(value.strip(" \t"), name, hidden)) for name, value in found), None)


def _field_with(char: str, raw: bytes, hidden: Collection[str]) -> tuple[str, str | None] | None:
    """The first field of a JSON object whose name or value has this character, and the value as it may be shown."""
    try:
        values = msgspec.json.decode(raw)
    except (ValueError, RecursionError):
        return None
    for path, text in texts_with(char, values):
        name = path[0] if path else ""
        return shown(name), _shown(text, name, hidden)
    return None


def _shown(value: str, name: str, hidden: Collection[str]) -> str | None:
    return None if name in hidden else shown_if_short(value)


def _field_with_half(raw: bytes) -> tuple[str, None] | None:
    """The first field of a JSON object whose value has half of a surrogate pair."""
    try:
        values = json.loads(raw)  # it reads them, unlike msgspec
    except (ValueError, RecursionError):
        return None
    texts = values.items() if isinstance(values, dict) else ()
    halves = (name for name, text in texts if isinstance(text, str) and _HALF.search(text))
    return next(((shown(name), None) for name in halves), None)


def _values(raw: bytes, columns: Sequence[str], hidden: Collection[str]) -> list[str]:
    """The values of a line of CSV with these columns; no error shows one of a `hidden` column."""
    text = _text(raw)
    if "\0" in text:
        raise BadLine.at("nul-character", _nul(text), _column_with("\0", text, columns, hidden))
    if "\r" in text or "\n" in text:
        detail = "a line break is within a value; a record is one line, ended by LF or CRLF"
        raise BadLine.at("line-break", detail, _column_with("\r\n", text, columns, hidden))
    if LOST in text:
        place = _column_with(LOST, text, columns, hidden)
        raise BadLine.at("replacement-character", _lost(text.index(LOST) + 1), place)
    try:
        return split(text)
    except QuoteFaultError as error:
        name = columns[error.place] if error.place < len(columns) else ""
        place = name, _shown(error.value, name, hidden)
        if error.stays_open:
            raise BadLine.at("unclosed-quote", "a quote is opened and not closed on its line", place) from error
        detail = _FORMULA if error.value.startswith("=") else _STRAY_QUOTE
        raise BadLine.at("stray-quote", detail, place) from error


def _wrong_count(values: Sequence[str], columns: Sequence[str]) -> str:
    detail = f"the line has {len(values)} values; the first line names {len(columns)} columns"
    if len(values) > len(columns):
        return f"{detail}; is a value with a comma in it not in quotes?"
    other = _other_separator(values) if len(values) == 1 else None
    if other is not None:
        return f"{detail}; {other}"
    return f"{detail}, and `{columns[len(values)]}` has none; is a comma missing, or the line cut off?"


def _other_separator(values: Sequence[str]) -> str | None:
    """Which separator stands in the place of commas, as a part of a sentence."""
    text = ",".join(values)
    found = max(_SEPARATORS, key=text.count)
    if text.count(found) < max(len(values), 2) - 1 or found not in text:
        return None
    return f"the values seem to be separated by {_SEPARATORS[found]}, not by commas"


def _not_json(error: Exception, raw: bytes) -> BadLine:
    if not isinstance(error, RecursionError) and _escapes(raw, "lone"):
        return BadLine.at("lone-surrogate", "a text contains half of a surrogate pair", _field_with_half(raw), "field")
    return BadLine.whole("malformed", f"the line is not one JSON object: {json_fault(error, raw)}{_layout(raw)}")


def _layout(raw: bytes) -> str:
    """The likely cause of a malformed line, where the layout of the file shows it."""
    if b"\r" in raw:
        return f"; {_LINE_ENDS}"
    text = raw.strip()
    if text[:1] != b"{" or text[-1:] in (b"{", b","):
        return "; each line is one object, without brackets or commas around the lines: {…}"
    return ""


def _values_in(raw: bytes) -> object:
    """The value of a JSON text that was refused for its fields; what follows the wrong one may not be JSON."""
    try:
        return msgspec.json.decode(raw)
    except (ValueError, RecursionError) as error:
        raise _not_json(error, raw) from error


def _escapes(raw: bytes, kind: str) -> bool:
    """Whether a JSON text contains an escape of this kind; backslashes can be escaped themselves."""
    return any(match[kind] for match in _ESCAPE.finditer(raw))
