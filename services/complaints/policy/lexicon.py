"""The lexicon: the words of each kind of message, as data (lexicon.yaml) and in the form in which it is matched."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from operator import add

import msgspec

from chassis import characters
from contracts.vocabulary import Category
from services.complaints.policy.signatures import Spelling

FEATURES = ("link", "phone", "card-number", "code", "terse")
"""Concepts without a word list; policy/classification.py finds them in the text."""


class _Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class _Variants(_Strict, frozen=True, rename={"source": "from", "target": "to"}):
    source: str
    target: str


class _Spelling(_Strict, frozen=True):
    decorations: tuple[str, ...]
    legal_forms: tuple[str, ...]
    headings: tuple[str, ...]
    leave: str


class Class(_Strict, frozen=True):
    """A class of messages: its industry and category in the shared vocabulary."""

    industry: str
    category: Category


class _Tokens(_Strict, frozen=True):
    tokens: tuple[str, ...]


class _Signal(_Strict, frozen=True, rename={"kind": "class"}):
    kind: str
    all: tuple[str, ...]
    weight: float
    each: float = 0.0
    none: tuple[str, ...] = ()


class _File(_Strict, frozen=True):
    variants: tuple[_Variants, ...]
    spelling: _Spelling
    classes: dict[str, Class]
    concepts: dict[str, tuple[str, ...] | _Tokens]
    signals: tuple[_Signal, ...]


@dataclass(frozen=True, slots=True)
class Signal:
    """Evidence for a class, found by its first concept: the concepts in `all` must occur too, those in `none` must not.
    Concepts are numbered."""

    kind: str
    all: frozenset[int]
    none: frozenset[int]
    weight: float
    each: float


@dataclass(frozen=True, slots=True, eq=False)
class Lexicon:
    """The lexicon in the form in which it is matched: words, tokens and signals by the numbers of concepts; signals by
    their first concept."""

    variants: dict[int, str]
    written: re.Pattern[str]
    spelling: Spelling
    classes: dict[str, Class]
    concepts: tuple[str, ...]
    words: dict[str, tuple[int, ...]]
    openings: dict[str, tuple[str, ...]]
    tokens: dict[str, tuple[int, ...]]
    signals: dict[int, tuple[Signal, ...]]

    def folded(self, text: str) -> str:
        """A text in one form: without characters that are not seen; compatibility forms, letter case and look-alike
        characters are folded."""
        plain = unicodedata.normalize("NFKC", characters.plain(text)).casefold()
        return plain.translate(self.variants) if self.written.search(plain) else plain

    def words_in(self, squeezed: str) -> list[str]:
        """The words of the lexicon that occur in a text, found by their first two letters (ten times faster than a
        search for each word)."""
        present = set(map(add, squeezed, squeezed[1:]))
        present.update(squeezed)
        openings = self.openings
        return [word for opening in openings.keys() & present for word in openings[opening] if word in squeezed]


def load(text: bytes) -> Lexicon:
    """Read a lexicon. Raises ValueError where a signal names an unknown concept or class, or where the text does not
    have the form above."""
    file = msgspec.yaml.decode(text, type=_File)
    variants: dict[int, str] = {}
    for each in file.variants:
        if len(each.source) != len(each.target):
            raise ValueError(f"variants {each.source!r} and {each.target!r} differ in length")
        variants.update(zip(map(ord, each.source), each.target, strict=True))

    def folded(term: str) -> str:
        return unicodedata.normalize("NFKC", term).casefold().translate(variants)

    concepts = (*FEATURES, *file.concepts)
    number = {name: index for index, name in enumerate(concepts)}
    words: dict[str, set[int]] = {}
    tokens: dict[str, set[int]] = {}
    for name, terms in file.concepts.items():
        where, listed = (tokens, terms.tokens) if isinstance(terms, _Tokens) else (words, terms)
        for term in listed:
            where.setdefault(folded(term), set()).add(number[name])

    signals: dict[int, list[Signal]] = {}
    for signal in file.signals:
        unknown = [name for name in (*signal.all, *signal.none) if name not in number]
        if unknown or signal.kind not in file.classes:
            raise ValueError(f"a signal for {signal.kind} names an unknown concept or class: {unknown or signal.kind}")
        first, *others = (number[name] for name in signal.all)
        excluded = frozenset(number[name] for name in signal.none)
        signals.setdefault(first, []).append(
            Signal(signal.kind, frozenset(others), excluded, signal.weight, signal.each)
        )
    spelling = file.spelling
    return Lexicon(
        variants=variants,
        written=characters.any_of(map(chr, variants)),
        spelling=Spelling(
            decorations=tuple(map(folded, spelling.decorations)),
            legal_forms=tuple(map(folded, spelling.legal_forms)),
            headings=frozenset(map(folded, spelling.headings)),
            leave=re.compile(spelling.leave, re.IGNORECASE),
        ),
        classes=file.classes,
        concepts=concepts,
        words={term: tuple(sorted(numbers)) for term, numbers in words.items()},
        openings=_by_opening(words),
        tokens={term: tuple(sorted(numbers)) for term, numbers in tokens.items()},
        signals={first: tuple(each) for first, each in signals.items()},
    )


def _by_opening(words: Iterable[str]) -> dict[str, tuple[str, ...]]:
    openings: dict[str, list[str]] = {}
    for word in words:
        openings.setdefault(word[:2], []).append(word)
    return {opening: tuple(each) for opening, each in openings.items()}
