"""Names of persons: where they stand in a message, and what replaces them.

A name needs a sign of one, because words begin with the characters of surnames too: a title, a greeting, a label or a
role before it, what a person does or has behind it, or that all its characters are those of names. The weaker the sign
is, the more the name must look like one, and no word of a table may begin with its first two characters.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Final, NamedTuple

from chassis.redaction.name_shapes import (
    APART,
    BEFORE_SURE_TITLE,
    BEFORE_TITLE,
    DOTS,
    DOTTED,
    GREETED,
    ROMANISED,
    UNSIGNED,
    UNSIGNED_BEGINNINGS,
)
from chassis.redaction.name_signs import RULES, RULES_BESIDE_WORDS, TITLES, UNMARKED
from chassis.redaction.name_tables import COMPOUND_SURNAMES, GIVEN, HAN, SURNAMES
from chassis.redaction.name_words import WORDS, WORDS_BEGINNING, WORDS_ENDING

NAME: Final = "〈姓名〉"

# Titles that no thing has.
_SURE_TITLES = frozenset(["先生", "女士", "小姐", "太太"])
_SURNAMES, _GIVEN = frozenset(SURNAMES), frozenset(GIVEN)
_COMPOUNDS = frozenset(COMPOUND_SURNAMES.split("|"))
_LONGEST, _LONGEST_LATIN = 6, 24
_LONGEST_WITH_SURNAME = 3
_LONGEST_SIGNATURE = 12

_Search = Callable[..., re.Match[str] | None]
_Sub = Callable[..., str]


class _Patterns(NamedTuple):
    """The patterns, compiled."""

    has_chinese: _Search
    has_latin: _Search
    has_dot: _Search
    has_separated: _Search
    dotted: _Sub
    apart: _Sub
    greeted: _Sub
    capital: _Search
    romanised: _Search
    beginning: _Search
    unsigned: _Search
    title: re.Pattern[str]
    before_sure_title: _Search
    before_title: _Search
    rules: tuple[tuple[str, _Sub], ...]
    rules_beside_words: tuple[tuple[str, _Sub], ...]
    unmarked: _Search


@cache
def _patterns() -> _Patterns:
    """Compiled by the first process that redacts: most processes of a service never do."""
    return _Patterns(
        has_chinese=re.compile(f"[{HAN}]").search,
        has_latin=re.compile("[A-Z][A-Za-z]").search,
        has_dot=re.compile(f"[{DOTS}.]").search,
        has_separated=re.compile(rf"[ ·•‧・./|_\-](?<=[{HAN}].)[{HAN}](?:[ ·•‧・./|_\-]|(?![{HAN}]))").search,
        dotted=re.compile(DOTTED).sub,
        apart=re.compile(APART).sub,
        greeted=re.compile(GREETED).sub,
        capital=re.compile("[A-Z](?<![A-Za-z].)[A-Za-z.]").search,
        romanised=re.compile(ROMANISED).match,
        beginning=re.compile(UNSIGNED_BEGINNINGS).search,
        unsigned=re.compile(UNSIGNED).match,
        title=re.compile(TITLES),
        before_sure_title=re.compile(BEFORE_SURE_TITLE).search,
        before_title=re.compile(BEFORE_TITLE).search,
        rules=tuple((each.sign, re.compile(each.pattern).sub) for each in RULES),
        rules_beside_words=tuple((each.sign, re.compile(each.pattern).sub) for each in RULES_BESIDE_WORDS),
        unmarked=re.compile(UNMARKED).search,
    )


def cut(text: str) -> str:
    """The text with a placeholder for each name of a person. It begins with `】`, as behind a signature.

    A text without a Chinese character is an error, a log line, a reason of staff or a letter in English: its capital
    letters begin words, so only a greeting is a sign.
    """
    patterns = _patterns()
    has_latin = patterns.has_latin(text)
    if has_latin:
        text = patterns.greeted(_cut, text)
    if not patterns.has_chinese(text):
        return text
    if patterns.has_dot(text):
        text = patterns.dotted(NAME, text)
    if patterns.has_separated(text):
        text = patterns.apart(NAME, text)
    text = _without_titled(text, patterns)
    for sign, sub in patterns.rules:
        if sign in text:
            text = sub(_cut, text)
    for sign, sub in patterns.rules_beside_words:
        if sign in text:
            text = sub(_cut_unless_a_word, text)
    text = _without_unmarked(text, patterns.unmarked)
    if has_latin:
        text = _without(text, patterns.capital, patterns.romanised)
    return _without(text, patterns.beginning, patterns.unsigned)


def _without(text: str, begin: _Search, name: _Search) -> str:
    """Without each name, which is only compared where `begin` is found: that takes a tenth of the time."""
    parts: list[str] = []
    kept = place = 0
    while found := begin(text, place):
        place = found.start() + 1
        if matched := name(text, found.start()):
            parts += text[kept : found.start()], NAME
            kept = place = matched.end()
    return "".join((*parts, text[kept:])) if parts else text


def _without_titled(text: str, patterns: _Patterns) -> str:
    parts: list[str] = []
    kept = 0
    for title in patterns.title.finditer(text):
        start = title.start()
        search = patterns.before_sure_title if title[0] in _SURE_TITLES else patterns.before_title
        longest = _LONGEST_LATIN if text[start - 1].isascii() else _LONGEST
        found = search(text, max(kept, start - longest), start)
        if found and _is_name(text, *found.span()):
            parts += text[kept : found.start()], NAME
            kept = start
    return "".join((*parts, text[kept:])) if parts else text


def _cut(found: re.Match[str]) -> str:
    start, end = found.span("name")
    if not _is_name(found.string, start, end):
        return found[0]
    return found.string[found.start() : start] + NAME + found.string[end : found.end()]


def _cut_unless_a_word(found: re.Match[str]) -> str:
    return found[0] if _is_word(found.string, *found.span("name")) else _cut(found)


def _without_unmarked(text: str, search: _Search) -> str:
    parts: list[str] = []
    kept = place = 0
    while found := search(text, place):
        start, end = found.span()
        if _is_between_words(text, start, end):
            parts += text[kept:start], NAME
            kept = place = end
        else:
            # A word that looks like a name may end with a surname.
            place = start + 1
    return "".join((*parts, text[kept:])) if parts else text


def _is_between_words(text: str, start: int, end: int) -> bool:
    overlapping = [text[place : place + 2] for place in range(start - 1, end)]
    return WORDS.isdisjoint(overlapping) and WORDS_ENDING.isdisjoint(overlapping) and _is_name(text, start, end)


def _is_word(text: str, start: int, end: int) -> bool:
    """Whether what could be a name begins with a word, and has other characters than those of names."""
    beginning = text[start : start + 2]
    return (
        beginning in WORDS_BEGINNING
        and beginning not in _COMPOUNDS
        and end - start <= _LONGEST_WITH_SURNAME
        and not (beginning[0] in _SURNAMES and _GIVEN.issuperset(text[start + 1 : end]))
    )


def _is_name(text: str, start: int, end: int) -> bool:
    """Whether a name neither begins like a word nor stands in a signature."""
    if text[start : start + 2] in WORDS:
        return False
    closing = text.find("】", end, end + _LONGEST_SIGNATURE)
    return closing < 0 or text.find("【", end, closing) >= 0
