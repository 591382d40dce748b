"""Redaction: removes from a text what identifies the recipient of a message: numbers, links, addresses, accounts, codes
and names.

It rather removes too much: a firm that compares a text with its delivery log must not be able to identify the citizen
who complained. What an offer states remains (amounts, counts, hours, days), and so do the words that make a message an
offer, a threat or a lure. Every repetition in the patterns is bounded, so that the time is proportional to the length
of the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Annotated, Final, NamedTuple, NewType

from pydantic import AfterValidator

from chassis import characters
from chassis.escapes import unescaped
from chassis.redaction import amounts, names
from chassis.redaction.names import NAME
from chassis.redaction.persons import without_persons
from chassis.redaction.shapes import ACCOUNT, ADDRESS, CODE, EMAIL, LINK, NUMBER, SHAPES, Shape

__all__ = [
    "ACCOUNT",
    "ADDRESS",
    "CODE",
    "EMAIL",
    "LINK",
    "NAME",
    "NUMBER",
    "Redacted",
    "Written",
    "excerpt",
    "redact",
    "written",
]

# What a shape may need where a text has letters (A) and digits (1).
_KINDS: Final = {"": ("",), "A": ("", "A", "A|1"), "1": ("", "1", "A|1"), "A1": ("", "A", "1", "A|1", "A1")}
_LETTER = re.compile("[A-Za-z]")
_DIGIT = re.compile(r"\d")


class _Cut(NamedTuple):
    """A shape, compiled: without its sign and a match of `first` a text has no match."""

    sign: str
    first: Callable[[str], re.Match[str] | None] | None
    sub: Callable[[str, str], str]
    replacement: str


@cache
def _cuts(present: str) -> tuple[_Cut, ...]:
    """The shapes that a text can have with letters (A), digits (1) or both (A1).

    Compiled by the first process that redacts: most processes of a service never do, and it takes a tenth of their
    start.
    """
    return tuple(map(_compiled, (shape for shape in SHAPES if shape.needs in _KINDS[present])))


@cache
def _compiled(shape: Shape) -> _Cut:
    pattern = re.compile(shape.pattern)
    # A replacement with a group takes longer than a search, also where nothing is replaced.
    first = re.compile(shape.first) if shape.first else pattern if "\\" in shape.replacement else None
    return _Cut(shape.sign, first.search if first else None, pattern.sub, shape.replacement)


def redact(text: str) -> Redacted:
    """The text with everything that could identify its recipient replaced by a placeholder of its kind.

    Characters that are not seen are removed; letters and digits in another form (full-width, circled, escaped, of
    another script) become ordinary ones. Redacting twice changes nothing.
    """
    return Redacted(amounts.show(_cut(amounts.hide(characters.plain(unescaped(text))))))


def written(text: str) -> Written:
    """The text with a placeholder for each number of a person; the same text where it has none."""
    return Written(without_persons(text, NUMBER))


Redacted = NewType("Redacted", Annotated[str, AfterValidator(redact)])
"""Text of a message that may leave its service: everything that could identify its recipient is replaced."""

Written = NewType("Written", Annotated[str, AfterValidator(written)])
"""Text that staff or an organisation wrote, which may leave its service: numbers of persons are replaced. What else it
names (an enterprise, a port, a decision) is for its readers."""


def _cut(text: str) -> str:
    present = ("A" if _LETTER.search(text) else "") + ("1" if _DIGIT.search(text) else "")
    # A name at the beginning of a text stands as one behind a signature.
    text = "】" + text
    for sign, first, sub, replacement in _cuts(present):
        if sign in text and (first is None or first(text)):
            text = sub(replacement, text)
    return names.cut(text)[1:]


def excerpt(text: str, length: int) -> Redacted:
    """At most `length` characters of the redacted text, cut with an ellipsis and never within a placeholder."""
    # Text beyond the excerpt needs no redaction; the margin keeps a number at the border whole.
    redacted = redact(characters.visible(text)[: 16 * length + 256])
    if len(redacted) <= length:
        return redacted
    kept: str = redacted[: length - 1]
    if kept.rfind("〈") > kept.rfind("〉"):
        kept = kept[: kept.rfind("〈")]
    return Redacted(kept + "…")
