"""Classification of a message by its text: industry and category, with reasons and a confidence."""

from __future__ import annotations

import re
from dataclasses import dataclass

from contracts import industries
from contracts.vocabulary import Category
from services.complaints.policy.lexicon import FEATURES, Lexicon
from services.complaints.policy.rulebook import ClassificationThresholds
from services.complaints.policy.signatures import Signed

_LINK = re.compile(
    r"(?:https?:/+)?(?<![a-z0-9-])(?:[a-z0-9-]{1,63}[.。]){1,8}[a-z]{2,24}(?![a-z0-9.])(?:[/?:#][!-~]*)?"
)
_PHONE = re.compile(r"(?<!\d)(?:1[3-9]\d{9}|0\d{2,3}-?\d{7,8}|[48]00-?\d{3}-?\d{4})")
_CARD = re.compile(r"(?<!\d)[3-6]\d{15,18}(?!\d)")
_CODE = re.compile(r"(?<![\d.])\d{4,8}(?![\d.])")
_TOKEN = re.compile(r"[a-z]+\d{0,3}")
_NOISE = re.compile(r"[\W_]+")
_NOT_LETTERS = re.compile(r"[\W\d_]+")

_LINK_AT, _PHONE_AT, _CARD_AT, _CODE_AT, _TERSE_AT = range(len(FEATURES))
_REASONS = 8
_LINK_AND_NUMBER = 100


@dataclass(frozen=True, slots=True)
class Classification:
    """The class of a message. `confidence` is between 0 and 1; `reasons` name the class and the words that led to
    it."""

    industry: str
    category: Category
    confidence: float
    reasons: tuple[str, ...]


def classify(text: str, signed: Signed, lexicon: Lexicon, thresholds: ClassificationThresholds) -> Classification:
    """The class of a message, by the lexicon.

    Where the evidence is not clear it is commercial and its industry is unknown: there is a complaint about it, nothing
    shows that it is a notice, and a suspicion of crime needs evidence.
    """
    hits = _hits(text, signed.body, lexicon, thresholds.terse)
    present = hits.keys()
    scores: dict[str, float] = {}
    grounds: dict[str, set[int]] = {}
    for concept, words in hits.items():
        for signal in lexicon.signals.get(concept, ()):
            if signal.all <= present and signal.none.isdisjoint(present):
                further = min(len(words) - 1, thresholds.furthest)
                scores[signal.kind] = scores.get(signal.kind, 0.0) + signal.weight + signal.each * further
                grounds.setdefault(signal.kind, set()).update(signal.all, (concept,))
    classes = lexicon.classes
    ranked = sorted(
        (-score, kind) for kind, score in scores.items() if score >= thresholds.least[classes[kind].category]
    )
    if not ranked:
        return Classification(industries.UNKNOWN, Category.COMMERCIAL, 0.0, ("class:none",))
    best, kind = ranked[0]
    meaning = classes[kind]
    # Evidence for another class of the same meaning does not weigh against the meaning.
    against = next((score for score, other in ranked if classes[other] != meaning), 0.0)
    confidence = round(best / (best + against - thresholds.doubt), 3)
    named = dict.fromkeys(word for concept in sorted(grounds[kind]) for word in hits[concept])
    reasons = (f"class:{kind}", *(f"word:{word}" for word in named))[:_REASONS]
    if confidence < thresholds.unsure:
        return Classification(industries.UNKNOWN, Category.COMMERCIAL, confidence, (*reasons, "unsure"))
    return Classification(meaning.industry, meaning.category, confidence, reasons)


def _hits(text: str, body: str, lexicon: Lexicon, terse: int) -> dict[int, list[str]]:
    """The concepts that occur in a text, each with its words."""
    folded = lexicon.folded(text)
    hits: dict[int, list[str]] = {}
    for word in lexicon.words_in(_NOISE.sub("", folded)):
        for concept in lexicon.words[word]:
            hits.setdefault(concept, []).append(word)
    # The letters of a link are arbitrary: they are not text, and not tokens.
    unlinked = _LINK.sub(" ", folded)
    for token in set(_TOKEN.findall(unlinked)):
        for concept in lexicon.tokens.get(token, ()):
            hits.setdefault(concept, []).append(token)
    if unlinked != folded:
        hits[_LINK_AT] = ["link"]
    if _PHONE.search(folded):
        hits[_PHONE_AT] = ["phone"]
    if _CARD.search(folded):
        hits[_CARD_AT] = ["card-number"]
    if _CODE.search(unlinked):
        hits[_CODE_AT] = ["code"]
    # A longer text is not terse, whatever links and numbers it contains.
    if len(body) <= terse + _LINK_AND_NUMBER and len(_NOT_LETTERS.sub("", _LINK.sub("", body.casefold()))) <= terse:
        hits[_TERSE_AT] = ["terse"]
    return hits
