"""What an error states about a value for a clerk: how it is shown, what was probably meant, where JSON is not JSON.

No error quotes the text of a parser: its words are for programmers, and change with its version.
"""

from __future__ import annotations

import difflib
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from chassis import characters
from chassis.redaction import NUMBER, redact
from chassis.redaction.persons import names_a_person

LONGEST_SHOWN = 40
"""Characters of a value that an error shows."""

LOST_ESCAPE = re.compile(rb"\\u[fF]{3}[dD]")
"""U+FFFD in JSON, which stands for a character that a conversion lost."""

LOST_FAULT = "U+FFFD, in the place of one that was lost when the text was converted"

_SHORT = 10
_SIMILAR = 0.7

# The fewest digits of a number of a person, without its area code.
_PERSONAL = 7
_REST = 4
# Also without separators, with the letters that are taken for digits.
_ALIKE = re.escape("".join(map(chr, characters.DIGITS_ALIKE)))
_RUN = re.compile(rf"(?=[{_ALIKE}]*[0-9])[0-9{_ALIKE}]{{7}}")
_BETWEEN = re.compile(r"[\s().\-]")
_CLOCK = r"[0-9]{2}(?::?[0-9]{2}(?::?[0-9]{2}(?:[.,][0-9]{1,6})?)?)?"
_OFFSET = r"(?:Z|[+-][0-9]{2}(?::?[0-9]{2})?)"
# Also no day of the calendar: an error shows it. A year of five digits is a mistake too; one from 13 on may be the
# beginning of the number of a mobile.
_DAY = re.compile(
    r"(?:(?:(?!1[3-8])[0-9]{4}|10[0-9]{3})([-/.])(?:0?[1-9]|1[0-2])\1(?:0?[1-9]|[12][0-9]|3[01])"
    r"|(?:0000|19[0-9]{2}|20[0-9]{2})([-/.])[0-9]{1,2}\2[0-9]{1,2}"
    r"|20[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
    r"|20[0-9]{2}-?W[0-5][0-9](?:-?[1-7])?)"
    rf"(?:[Tt ]{_CLOCK}{_OFFSET}?)?"
)
# Also as a spreadsheet damages it: '1069…, ="1069…", 1.06907E+11.
_PORT = re.compile(r"[='\"]{0,3}(?:(?:\+|00)?86)?106[0-9]{0,17}(?:E\+?[0-9]{1,2})?\"?")
# The extension of a port may be the number of a person: at its end, or at once after 106.
_PERSON_IN_PORT = re.compile(r"1[3-9][0-9]{9}(?:0{0,2}|E\+?[0-9]{1,2})\"?$|106(?:1[3-9][0-9]{9}|0[1-9][0-9]{8})")
# The code of an enterprise, also with a character too many or too few. One of digits only, or of digits and an X, may
# be the number of an identity card.
_ENTERPRISE = re.compile(r"(?![0-9]*[0-9Xx]$)[0-9A-Za-z]{2}[0-9]{6}[0-9A-Za-z]{9,11}")
_ID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_FIELD_BEFORE = re.compile(r'"([^"\\]{1,64})"\s*:\s*[^\s",{}\[\]]*\Z')


def shown(value: str) -> str:
    """A value as an error shows it: shortened, with a name for what cannot be printed, and redacted where it may be a
    person's number."""
    text = value[: LONGEST_SHOWN + 1]
    text = text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + "…"
    if may_be_personal(value):
        # Beyond the end of what is shown, a number would not be recognised.
        redacted = redact(value[: 4 * LONGEST_SHOWN])[:LONGEST_SHOWN]
        # The rest of a number that was redacted in part is still personal.
        text = redacted if len(characters.digits(redacted)) < _REST else NUMBER
    return "".join(each if each.isprintable() else f"<U+{ord(each):04X}>" for each in text)


def shown_if_short(value: str) -> str | None:
    """A value as an error shows it; None where it may be the text of a message: longer than `_SHORT` and not ASCII."""
    return shown(value) if value.isascii() or len(value) <= _SHORT else None


def may_be_personal(value: str) -> bool:
    """Whether a value contains what may be a person's number: seven digits of any script, whatever stands between them,
    unless the whole value is a day, a port, the code of an enterprise or an id (UUID)."""
    bare = _BETWEEN.sub("", characters.plain(value))
    if len(characters.digits(value)) < _PERSONAL and not _RUN.search(bare):
        return False
    # The forms are those of the value itself: what is not seen, or of another script, is in none of them.
    text = unicodedata.normalize("NFKC", value).strip()
    return not (_DAY.fullmatch(text) or _is_port(text) or _is_enterprise(text) or _is_id(text))


def _is_port(text: str) -> bool:
    number = _BETWEEN.sub("", text).translate(characters.DIGITS_ALIKE)
    # A letter that stands for a digit may as well stand between digits.
    without_letters = _BETWEEN.sub("", re.sub(r"[A-Za-z|!]", "", text))
    return _PORT.fullmatch(number) is not None and not any(map(_PERSON_IN_PORT.search, (number, without_letters)))


def _is_enterprise(text: str) -> bool:
    code = text.translate(characters.DIGITS_ALIKE)
    return _ENTERPRISE.fullmatch(code) is not None and not _MOBILE.search(code)


def _is_id(text: str) -> bool:
    digits = text.replace("-", "")
    return _ID.fullmatch(text) is not None and not digits.isdigit() and not _MOBILE.search(digits)


def conversion_fault(text: str) -> str | None:
    """What is wrong with a text whose characters a conversion lost, as the rest of a sentence; None for another."""
    mark = characters.lost_mark(text)
    if mark is None:
        return None
    marks = "question marks stand" if mark == "?" else f"{shown(mark)} stands"
    return f"{marks} in the place of characters that were lost when the text was converted; take it from the source"


def person_fault(text: str) -> str | None:
    """What is wrong with a text that has the number of a person, as the rest of a sentence; None for another."""
    return "has the number of a person; others read this text: leave the number out" if names_a_person(text) else None


def meant(value: str, choices: Iterable[str], names: Mapping[str, str] | None = None) -> str:
    """The end of an error's sentence that names the choice which `value` resembles: "; did you mean CMCC?", or nothing.

    `names` are other names of the choices: name → choice.
    """
    folded = {_folded(name): choice for name, choice in (names or {}).items()} | {
        _folded(each): each for each in choices
    }
    wanted = _folded(value)
    if not wanted or len(wanted) > LONGEST_SHOWN:
        return ""
    if wanted not in folded:
        similar = difflib.get_close_matches(wanted, folded, 1, _SIMILAR)
        if not similar:
            return ""
        (wanted,) = similar
    return f"; did you mean {folded[wanted]}?"


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", characters.plain(text)).strip().casefold()


def json_fault(error: Exception, content: bytes) -> str:
    """Where and why `content`, which msgspec refused with `error`, is not JSON, as the rest of a sentence."""
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    try:
        content.decode()
    except UnicodeDecodeError as fault:
        return f"byte {fault.start + 1} is not UTF-8"
    at = re.search(r"\(byte ([0-9]{1,9})\)$", str(error))
    if "out of range" in str(error):
        return "a number in it is too large"
    if at is None:
        return "it ends before its last brace or quote"
    if "trailing characters" in str(error):
        return "text follows after its last brace"
    before = content[: int(at[1])].decode(errors="replace")
    field = _FIELD_BEFORE.search(before)
    of = f", in the value of `{shown(field[1])}`," if field else ""
    return f"character {len(before) + 1}{of} is not expected there"


def repeated_name(content: bytes) -> str | None:
    """A name that an object of this JSON text has twice, as it may be shown: parsers differ in which value counts."""
    # Five times faster: without an escape, a text is what stands between two quotes. Where all differ, the names do.
    texts = content.split(b'"')[1::2]
    if len(set(texts)) == len(texts) and b"\\" not in content:
        return None
    repeated: list[str] = []

    def note(pairs: list[tuple[str, Any]]) -> None:
        names = [name for name, _ in pairs]
        if len(set(names)) < len(names):
            repeated.append(next(name for name in names if names.count(name) > 1))

    # Numbers stay texts: Python refuses to read very long ones.
    json.loads(content, object_pairs_hook=note, parse_int=str, parse_float=str)
    return shown(repeated[0]) if repeated else None


def texts_with(char: str, value: Any) -> Iterator[tuple[tuple[str, ...], str]]:
    """Every text of a JSON value that has this character, names too, after the names and places that lead to it."""
    # No recursion: what can be decoded may be nested as deeply as Python allows.
    waiting: list[tuple[tuple[str, ...], Any]] = [((), value)]
    while waiting:
        path, each = waiting.pop()
        match each:
            case str() if char in each:
                yield path, each
            case list():
                waiting += [((*path, str(place)), item) for place, item in reversed(list(enumerate(each)))]
            case dict():
                yield from (((*path, name), name) for name in each if char in name)
                waiting += [((*path, name), item) for name, item in reversed(each.items())]
