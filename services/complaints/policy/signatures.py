"""Signatures: the name in brackets by which the sender of a message identifies itself.

A signature stands before or after the text (【】 by the rule; other brackets occur). Spellings of one name differ in
spaces, full-width letters, 官方 and VIP, and the legal form of the company. Normalised signatures are compared.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

_PAIRS = {"【": "】", "〔": "〕", "〖": "〗", "［": "］", "[": "]", "「": "」", "『": "』"}
_CLOSING = {closing: opening for opening, closing in _PAIRS.items()}
_IGNORABLE = re.compile(r"[\W_]+")
_INVISIBLE = " \t\r\n\u3000\u00a0\u200b\u200c\u200d\u2060\ufeff"


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
    """A message split into its signatures and its body. Signatures are normalised, in order of appearance, each
    once."""

    signatures: tuple[str, ...]
    body: str


def read(text: str, spelling: Spelling, form: SignatureForm) -> Signed:
    """Split a message. Only brackets at the very start and the very end contain a signature: elsewhere they are part of
    the text."""
    leading, rest = _leading(text)
    trailing, body = _trailing(rest, spelling)
    found: dict[str, None] = {}
    for raw in (*leading, *trailing):
        name = normalised(raw, spelling)
        if form.shortest <= len(name) <= form.longest and name not in spelling.headings:
            found[name] = None
    return Signed(tuple(found), body)


def _leading(text: str) -> tuple[list[str], str]:
    found = []
    rest = text.lstrip(_INVISIBLE)
    while rest and (closing := _PAIRS.get(rest[0])) is not None:
        inside, closed, after = rest[1:].partition(closing)
        if not closed:
            break
        found.append(inside)
        rest = after.lstrip(_INVISIBLE)
    return found, rest


def _trailing(text: str, spelling: Spelling) -> tuple[list[str], str]:
    found: list[str] = []
    rest = text.rstrip(_INVISIBLE)
    if rest and rest[-1] not in _CLOSING:
        end = max(rest.rfind(closing) for closing in _CLOSING)
        if end < 0 or not spelling.leave.fullmatch(rest, end + 1):
            return found, rest
        rest = rest[: end + 1]
    while rest and (opening := _CLOSING.get(rest[-1])) is not None:
        before, opened, inside = rest[:-1].rpartition(opening)
        if not opened:
            break
        found.insert(0, inside)
        rest = before.rstrip(_INVISIBLE)
    return found, rest


@lru_cache(maxsize=65_536)
def normalised(signature: str, spelling: Spelling) -> str:
    """A signature in one spelling; never empty for a name that contains a letter."""
    name = _IGNORABLE.sub("", unicodedata.normalize("NFKC", signature)).casefold()
    for form in spelling.legal_forms:
        if name.endswith(form) and len(name) > len(form):
            name = name.removesuffix(form)
            break
    plain = name
    for decoration in spelling.decorations:
        plain = plain.replace(decoration, "")
    return plain or name
