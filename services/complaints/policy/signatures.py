"""Signatures: the name in brackets by which the sender of a message identifies itself.

A signature stands before or after the text (【】 by the rule; other brackets occur). Spellings of one name differ in
spaces, full-width letters, 官方 and VIP, and the legal form of the company. Normalised signatures are compared.

Characters that are not seen count nowhere; symbols and punctuation do not count around a message and inside a name.
Where a signature appears to be intended but cannot be read, the message has an unread one: in other brackets, between
two other signs, in half a pair, in escaped brackets, or in brackets behind a salutation.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from chassis.characters import BRACKETS, digits, plain, visible
from chassis.escapes import unescaped

# Brackets that ordinary prose has too. A name in them may be a signature; the other kinds are there for one.
_OF_PROSE = re.compile("PARENTHESIS|ANGLE|CURLY|-THAN SIGN")
_PROSE = {opening: closing for opening, closing in BRACKETS.items() if _OF_PROSE.search(unicodedata.name(opening))}
_PAIRS = {opening: closing for opening, closing in BRACKETS.items() if opening not in _PROSE}
_BRACKETS = frozenset(BRACKETS) | frozenset(BRACKETS.values())
_ALL = "".join(_BRACKETS)
_PAIRED = re.compile(f"[{''.join(map(re.escape, (*_PAIRS, *_PAIRS.values())))}]")
_CLOSING = re.compile(f"[{''.join(map(re.escape, BRACKETS.values()))}]")
_IGNORABLE = re.compile(r"[\W_]+")
# A sign that may set off a name: no letter, digit, space or bracket, and no mark of a sentence or a link.
_MARK = re.compile(rf"(?:[^\w\s.,;:!?/。，、；：！？…｡､﹐﹑﹒﹔﹕﹖﹗．{re.escape(_ALL)}]|_)")
# A name: no sentence mark and no link.
_NAME = re.compile(r"[\w\s·•&-]+")
# Letters that are drawn like a vertical bar.
_BARS = "丨ǀǁㅣ"
_LONGEST_UNREAD = 64
# Signatures are published, and no name of a sender has so many digits: it is, or contains, the number of a person.
_DIGITS_OF_A_PERSON = 7


@dataclass(frozen=True, slots=True, eq=False)
class Spelling:
    """How signatures are written.

    `decorations` and `legal_forms` do not distinguish signatures. `headings` are bracketed words that are no signature
    (温馨提示, 微笑). `leave` matches what may follow a signature at the end: how to unsubscribe.
    """

    decorations: tuple[str, ...]
    legal_forms: tuple[str, ...]
    headings: frozenset[str]
    leave: re.Pattern[str]


class SignatureForm(NamedTuple):
    """How many characters a signature has, normalised."""

    shortest: int
    longest: int


class Signed(NamedTuple):
    """A message split into its signatures and its body. Signatures are normalised, in order of appearance, each once.

    `unread` is what stands where a signature appears to be intended, but has not the form of one: too long, too short,
    in other brackets, between other signs, in half a pair, or near the edge. It is normalised too, and empty where
    there is no name at all. `escaped` are the signatures in brackets that a program has escaped.
    """

    signatures: tuple[str, ...]
    body: str
    unread: tuple[str, ...] = ()
    escaped: tuple[str, ...] = ()

    @property
    def unreadable(self) -> bool:
        """Whether a signature appears to be intended and none can be read."""
        return bool(self.unread) and not self.signatures


def read(text: str, spelling: Spelling, form: SignatureForm) -> Signed:
    """Split a message. Only brackets at the very start and the very end contain a signature: elsewhere they are part of
    the text. Where neither end has one, a name in brackets near an end, behind a salutation, is unread, and so is one
    in brackets that a program has escaped. The body has no characters that are not seen."""
    text = visible(text)
    for bar in _BARS:
        text = text.replace(bar, "|")
    signed = _read(text, spelling, form)
    plain = unescaped(text)
    if plain == text:
        return signed
    meant = _read(plain, spelling, form)
    if signed.signatures:
        return signed._replace(escaped=tuple(name for name in meant.signatures if name not in signed.signatures))
    return signed._replace(unread=(*meant.signatures, *meant.unread) or signed.unread, escaped=meant.signatures)


def _read(text: str, spelling: Spelling, form: SignatureForm) -> Signed:
    found = _Found(spelling, form)
    body = _peeled(text, _START, found)
    # Most messages have no further bracket, and this check is several times faster than the search for one.
    if not _BRACKETS.isdisjoint(body):
        after = _Found(spelling, form)
        body = _peeled(_without_leave(body[::-1], spelling), _END, after)[::-1]
        found.signatures += reversed(after.signatures)
        found.unread += reversed(after.unread)
        _look_for_halves(body, found)
    elif _MARK.search(body):
        _look_between_marks(*_split(_without_leave(body[::-1], spelling)), _END, found)
    if not found.signatures and _PAIRED.search(body):
        _look_near(body, _START, found)
        _look_near(body[::-1], _END, found)
    return Signed(tuple(dict.fromkeys(found.signatures)), body, tuple(dict.fromkeys(found.unread)))


def _without_leave(reverse: str, spelling: Spelling) -> str:
    """A message, read from its end, without how to unsubscribe where that stands behind a bracket or another sign."""
    for sign in (_CLOSING, _MARK):
        last = sign.search(reverse)
        if last is not None and spelling.leave.fullmatch(plain(reverse[_edge(reverse) : last.start()][::-1])):
            return reverse[last.start() :]
    return reverse


class _Side(NamedTuple):
    """From which side a message is read: the pairs of brackets as they come, and the order of the letters."""

    pairs: Mapping[str, str]
    prose: Mapping[str, str]
    closing: frozenset[str]
    letters: slice


_START = _Side(_PAIRS, _PROSE, frozenset(_PAIRS.values()), slice(None))
_END = _Side(
    {closing: opening for opening, closing in _PAIRS.items()},
    {closing: opening for opening, closing in _PROSE.items()},
    frozenset(_PAIRS),
    slice(None, None, -1),
)


@dataclass(slots=True)
class _Found:
    """What the brackets on one side of a message contain, from the outside in."""

    spelling: Spelling
    form: SignatureForm
    signatures: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)

    def add(self, inside: str) -> None:
        """What brackets contain that are there for a signature."""
        name = normalised(inside, self.spelling)
        if self.fits(name) and name not in self.spelling.headings:
            self.signatures.append(name)
        elif name not in self.spelling.headings:
            self.add_unread(name)

    def add_unread(self, name: str) -> None:
        """What stands where a signature is intended and has not the form of one."""
        self.unread.append(name if len(name) <= _LONGEST_UNREAD else "")

    def add_aside(self, inside: str) -> bool:
        """What brackets of prose contain. Returns whether it stands apart from the text; a sentence does not."""
        name, text = normalised(inside, self.spelling), plain(inside).strip()
        if name in self.spelling.headings or not any(map(str.isalpha, name)) or self.spelling.leave.fullmatch(text):
            return True
        return self.add_name(text.strip(_ALL))

    def add_name(self, text: str) -> bool:
        """What may be a name, without the brackets of one. Returns whether it is."""
        name = normalised(text, self.spelling)
        named = _NAME.fullmatch(text) is not None and self.fits(name) and name not in self.spelling.headings
        if named:
            self.unread.append(name)
        return named

    def fits(self, name: str) -> bool:
        """Whether a name has the form of a signature: its length, and no number of a person."""
        short = len(name) < _DIGITS_OF_A_PERSON
        return self.form.shortest <= len(name) <= self.form.longest and (
            short or len(digits(name)) < _DIGITS_OF_A_PERSON
        )


def _peeled(text: str, side: _Side, found: _Found) -> str:
    """The text without the brackets that stand before it on this side; their contents are added to what was found."""
    marks, rest = _split(text)
    while rest and rest[0] in _BRACKETS:
        if rest[0] in side.pairs:
            end = _end(rest, side)
            if end < 0:
                found.add_unread(normalised(rest[1:][side.letters], found.spelling))
            else:
                found.add(rest[1:end][side.letters])
        else:
            end = rest.find(side.prose[rest[0]], 1) if rest[0] in side.prose else -1
            if end > 0 and not found.add_aside(rest[1:end][side.letters]):
                break
        if end < 0:
            break
        marks, rest = _split(rest[end + 1 :])
    _look_between_marks(marks, rest, side, found)
    return rest


def _end(text: str, side: _Side) -> int:
    """Where the bracket that the text begins with is closed, perhaps by one of another kind; -1 where it is not."""
    depth = 0
    for bracket in _PAIRED.finditer(text):
        depth += -1 if bracket[0] in side.closing else 1
        if depth == 0:
            return bracket.start()
    return -1


def _split(text: str) -> tuple[str, str]:
    """What stands before the first letter, digit or bracket, and the rest."""
    edge = _edge(text)
    return text[:edge], text[edge:]


def _edge(text: str) -> int:
    """How many characters stand before the first letter, digit or bracket."""
    return next((at for at, char in enumerate(text) if char.isalnum() or char in _BRACKETS), len(text))


def _look_between_marks(before: str, text: str, side: _Side, found: _Found) -> None:
    """Add the name that the text begins with, where signs stand on both sides of it, as quotation marks do."""
    opening = before.rstrip()[-1:]
    if not _MARK.fullmatch(opening):
        return
    same = text.find(opening)
    name = _NAME.match(text, 0, same) if same > 0 else _NAME.match(text)
    if name is not None and _MARK.match(text, name.end()) and any(map(str.isalpha, name[0])):
        found.add_name(plain(name[0][side.letters]).strip())


def _look_near(text: str, side: _Side, found: _Found) -> None:
    """Add the names in brackets that begin no further from the edge than the longest signature is long."""
    at = 0
    while (bracket := _PAIRED.search(text, at)) is not None:
        start, at = bracket.start(), bracket.end()
        if sum(map(str.isalnum, text[:start])) > found.form.longest:
            break
        if bracket[0] not in side.pairs:
            continue
        length = _end(text[start:], side)
        inside = text[start + 1 : start + length] if length > 0 else text[start + 1 :]
        name = normalised(inside[side.letters], found.spelling)
        # A number in brackets is a code, or counts something.
        if any(map(str.isalpha, name)) and name not in found.spelling.headings:
            found.add_unread(name)
        if length < 0:
            break
        at = start + length + 1


def _look_for_halves(body: str, found: _Found) -> None:
    """Add the names at the start and the end of the text that have only one bracket of a pair."""
    brackets = [*_PAIRED.finditer(body)]
    if brackets and brackets[0][0] in _START.closing:
        found.add_name(plain(body[: brackets[0].start()]).strip())
    if brackets and brackets[-1][0] in _START.pairs:
        name = _NAME.match(plain(body[brackets[-1].end() :]).strip())
        if name is not None:
            found.add_name(name[0].strip())


@lru_cache(maxsize=65_536)
def normalised(signature: str, spelling: Spelling) -> str:
    """A signature in one spelling; never empty for a name that contains a letter."""
    name = _IGNORABLE.sub("", unicodedata.normalize("NFKC", plain(signature))).casefold()
    for form in spelling.legal_forms:
        if name.endswith(form) and len(name) > len(form):
            name = name.removesuffix(form)
            break
    undecorated = name
    for decoration in spelling.decorations:
        undecorated = undecorated.replace(decoration, "")
    return undecorated or name
