"""Characters that a person does not see, or takes for another one: one table for all texts that are compared or
searched.

What Python's `unicodedata` has is derived from it. What it lacks is written here, with its source. This table must not
decide whether two stored things are the same: another interpreter has another one.
"""

from __future__ import annotations

import re
import string
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from types import MappingProxyType
from typing import Final, NamedTuple

# Default_Ignorable_Code_Point in DerivedCoreProperties.txt, Unicode 16.0: 4174 code points, among them bidirectional
# controls, variation selectors and Hangul fillers. Python does not have this property.
_DEFAULT_IGNORABLE = (
    *((0x00AD, 0x00AD), (0x034F, 0x034F), (0x061C, 0x061C), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F)),
    *((0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF)),
    *((0xFFA0, 0xFFA0), (0xFFF0, 0xFFF8), (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF)),
)
# Fillers that are drawn as a blank and have neither that property nor the category of a space: Braille, music, Khitan.
_FILLERS = "\u2800\U0001d159\U00016fe4"

# Look-alikes in confusables.txt of UTS #39, version 16.0: Cyrillic and Greek letters that are drawn like Latin ones.
_LETTERS = {
    "АВЕЅІЈКМНОРСТУХԌӀҮаеорсухіјѕһԁԛԝӏѵ": "ABESIJKMHOPCTYXGIYaeopcyxijshdqwlv",
    "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧανορι": "ABEZHIKMNOPTYXavopi",
}

# The numerals of traders; the other ones of their category are letters.
_SUZHOU = "〡〢〣〤〥〦〧〨〩"

# Ideographs, Hangul, surrogates and private use have none of what is searched. Further planes have ideographs, and what
# the first table lists.
_SEARCHED = (range(0x3400), range(0xA000, 0xAC00), range(0xF900, 0x20000))
_BY_CATEGORY: defaultdict[str, list[str]] = defaultdict(list)
for _char in map(chr, chain(*_SEARCHED)):
    _BY_CATEGORY[unicodedata.category(_char)].append(_char)
del _BY_CATEGORY["Cn"]  # not assigned

# The signs of numbers, links and addresses. Other full-width ones are the ordinary punctuation of Chinese.
_ASCII = frozenset(string.ascii_letters + string.digits + "./@-+*_#?=&%")
_NAMED_LETTER = re.compile(r"(?:NEGATIVE (?:CIRCLED|SQUARED) LATIN CAPITAL|REGIONAL INDICATOR SYMBOL) LETTER ([A-Z])")


def _invisible() -> Iterator[str]:
    for first, last in _DEFAULT_IGNORABLE:
        yield from map(chr, range(first, last + 1))
    yield from _FILLERS
    yield from _BY_CATEGORY["Cf"]
    yield from (char for char in _BY_CATEGORY["Cc"] if not char.isspace())
    # Accents and enclosing marks of no script, such as the key around a digit. Vowels of a script are letters.
    marks = (*_BY_CATEGORY["Mn"], *_BY_CATEGORY["Me"])
    yield from (char for char in marks if unicodedata.name(char, "").startswith("COMBINING "))


def _lookalikes() -> Iterator[tuple[str, str]]:
    for category, chars in _BY_CATEGORY.items():
        for char in chars:
            plain = _plain(char, category)
            if plain is not None and not char.isascii():
                yield char, plain
    for letters, latin in _LETTERS.items():
        yield from zip(letters, latin, strict=True)


def _plain(char: str, category: str) -> str | None:
    if category in ("Nd", "No") or char in _SUZHOU:
        value = unicodedata.numeric(char)
        # Circled, bracketed and other digits; ten to fifty exist as one character. No fractions.
        return str(int(value)) if value.is_integer() and value < 100 else None
    if unicodedata.decomposition(char):
        compatible = unicodedata.normalize("NFKC", char)
        return compatible if compatible in _ASCII else None
    named = _NAMED_LETTER.fullmatch(unicodedata.name(char)) if category == "So" else None
    return named[1] if named else None


def _brackets() -> Iterator[tuple[str, str]]:
    for char in (*_BY_CATEGORY["Ps"], *_BY_CATEGORY["Pi"]):
        name = unicodedata.name(char)
        if "LEFT" not in name or ("QUOTATION" in name and "ANGLE" not in name):
            continue
        try:
            yield char, unicodedata.lookup(name.replace("LEFT", "RIGHT", 1))
        except KeyError:
            continue
    yield from zip("<＜﹤", ">＞﹥", strict=True)


def any_of(chars: Iterable[str]) -> re.Pattern[str]:
    """A pattern that is found where a text has any of these characters, or any character beyond the BMP.

    It takes a sixth of the time of a comparison with a set, and most texts have none. Beyond the BMP it would take
    longer to tell them apart than to treat the text.
    """
    within = "".join(sorted(each for each in chars if each <= "\uffff"))
    return re.compile(f"[{re.escape(within)}\U00010000-\U0010ffff]")


IGNORABLE: Final = frozenset(_invisible())
"""What is not seen wherever it stands: at the start of a text, inside it, at its end."""

SPACES: Final = frozenset(char for each in ("Cc", "Zs", "Zl", "Zp") for char in _BY_CATEGORY[each] if char.isspace())
"""White space."""

DASHES: Final = frozenset("\u2212").union(_BY_CATEGORY["Pd"])
"""Hyphens, dashes and the minus sign."""

BRACKETS: Final[Mapping[str, str]] = MappingProxyType(dict(_brackets()))
"""Pairs of brackets, the closing one by the opening one. Quotation marks are brackets where they are angles."""

PLAIN: Final[Mapping[int, str]] = MappingProxyType(
    {ord(char): plain for char, plain in _lookalikes()} | dict.fromkeys(map(ord, IGNORABLE), "")
)
"""For `str.translate`: what is not seen is removed, what looks like ASCII letters, digits and signs becomes these."""

_ALIKE = {"OoQD": "0", "Iil|!": "1"}
DIGITS_ALIKE: Final[Mapping[int, int]] = MappingProxyType(
    {ord(char): ord(digit) for chars, digit in _ALIKE.items() for char in chars}
)
"""For `str.translate`: letters and signs that a keyboard or a scanner confuses with digits become these."""


LOST: Final = "\ufffd"
"""What stands for a character that a conversion lost."""

# Its bytes in UTF-8, read as GB 18030 and as Latin 1.
_LOST_MARKS = (LOST, "锟斤拷", "ï¿½")
_BESIDE = rf"[\s{re.escape(''.join((*BRACKETS, *BRACKETS.values())))}]*"
# A conversion writes the ordinary one; people also write one in full width.
_QUESTION_MARKS = re.compile(rf"{_BESIDE}(?:\?|？{_BESIDE}[?？])(?:{_BESIDE}[?？])*{_BESIDE}")


class _Taken(NamedTuple):
    """For `bytes.translate`: which ASCII characters become digits, and which are removed."""

    table: bytes
    deleted: bytes


_ASCII_DIGITS = _Taken(bytes(range(256)), bytes(set(range(128)) - set(b"0123456789")))
_ASCII_ALIKE = _Taken(
    bytes(DIGITS_ALIKE.get(code, code) for code in range(256)), bytes(set(_ASCII_DIGITS.deleted) - DIGITS_ALIKE.keys())
)
_DROPPED = dict.fromkeys(map(ord, IGNORABLE))
_REPLACED = dict(PLAIN)
_MAY_BE_DROPPED, _MAY_BE_REPLACED = any_of(IGNORABLE), any_of(map(chr, PLAIN))


def visible(text: str) -> str:
    """The text without the characters that are not seen."""
    return text.translate(_DROPPED) if _MAY_BE_DROPPED.search(text) else text


def plain(text: str) -> str:
    """The text as it looks: without the characters that are not seen, and with ASCII for what looks like it."""
    return text.translate(_REPLACED) if _MAY_BE_REPLACED.search(text) else text


def digits(text: str, *, letters: bool = False) -> str:
    """All digits of a text, of any script and as Chinese numerals, as 0 to 9 and without what stands between them.

    With `letters` also those that are taken for digits, such as O for 0.
    """
    if text.isascii():  # as most identifiers are: twenty times faster
        taken = _ASCII_ALIKE if letters else _ASCII_DIGITS
        return text.encode().translate(taken.table, taken.deleted).decode()
    text = plain(text.translate(DIGITS_ALIKE) if letters else text)
    return "".join(filter(None, map(_digit, text)))


def readings(text: str) -> tuple[str, str]:
    """Both readings of the digits of a text: without and with the letters that are taken for digits."""
    return digits(text), digits(text, letters=True)


def contain_number(text: str, number: str) -> bool:
    """Whether a text contains the digits of a number, in whatever spelling and with whatever between them."""
    without_letters, with_letters = readings(text)
    return number in without_letters or number in with_letters


def lost_mark(text: str) -> str | None:
    """What stands in a text in the place of characters that a conversion lost: U+FFFD, its bytes read as other text, or
    question marks where there is nothing else."""
    for mark in _LOST_MARKS:
        if mark in text:
            return mark
    return "?" if _QUESTION_MARKS.fullmatch(text) else None


def _digit(char: str) -> str:
    if char.isascii():
        return char if char.isdigit() else ""
    value = unicodedata.numeric(char, -1)
    return str(int(value)) if value in range(10) else ""
