"""The assessment of a complaint: attribution, industry and category together, with reasons and rules."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, lru_cache, partial
from importlib import resources

import msgspec

from chassis import privacy, rules
from chassis.calendar import day_of
from chassis.citation import Citation
from chassis.redaction import Redacted
from contracts.vocabulary import AttributionKind, Category
from services.complaints.model import Assessment, Assessor, Complaint
from services.complaints.policy.attribution import RegisterPart, attribute
from services.complaints.policy.classification import classify
from services.complaints.policy.lexicon import Lexicon, load
from services.complaints.policy.rulebook import (
    RULES,
    AdvertisingPurposes,
    ClassificationThresholds,
    ExcerptLength,
    SignatureLength,
)
from services.complaints.policy.signatures import SignatureForm, read

BY_RULES = "rules"
OVER_CAP = "complainant:over-cap"
HELD = "channel:held"
NOT_SHOWN = frozenset((OVER_CAP, HELD))
"""The reasons that no view shows: they state what other complaints of the same person or channel there are."""


@dataclass(frozen=True, slots=True)
class Standard:
    """What complaints about messages of one day are assessed by, and the rules that it comes from.

    `excerpt` shortens and redacts a text for use outside the service. `advertising` are the purposes for which a port
    must be filed to carry advertising.
    """

    lexicon: Lexicon
    form: SignatureForm
    thresholds: ClassificationThresholds
    advertising: frozenset[str]
    excerpt: Callable[[str], Redacted]
    citations: tuple[Citation, ...]


def standard(on: datetime) -> Standard:
    """What a message sent at that moment is assessed by. Raises what `Rulebook.at` raises."""
    return _standard(day_of(on), rules.packs_in_force())


@lru_cache(maxsize=512)
def _standard(day: date, _packs: tuple[str, ...]) -> Standard:
    signature = RULES.at(SignatureLength, day)
    thresholds = RULES.at(ClassificationThresholds, day)
    purposes = RULES.at(AdvertisingPurposes, day)
    return Standard(
        lexicon=_lexicon(),
        form=SignatureForm(signature.shortest, signature.longest),
        thresholds=thresholds,
        advertising=purposes.advertising,
        excerpt=partial(privacy.excerpt, length=RULES.at(ExcerptLength, day).length),
        citations=tuple(rule.citation for rule in (signature, thresholds, purposes)),
    )


@cache
def _lexicon() -> Lexicon:
    return load(resources.files("services.complaints.policy").joinpath("lexicon.yaml").read_bytes())


def assess(complaint: Complaint, text: str, register: RegisterPart, standard: Standard, now: datetime) -> Assessment:
    """The assessment of a complaint, by the register as it was filed when the message was sent, and by the text."""
    signed = read(text, standard.lexicon.spelling, standard.form)
    attributed = attribute(complaint.sender, complaint.sent_at, signed, register, standard.lexicon.spelling)
    classified = classify(text, signed, standard.lexicon, standard.thresholds)
    reasons = attributed.reasons + classified.reasons
    if (
        attributed.purpose is not None
        and attributed.attribution.kind == AttributionKind.DECLARED
        and classified.category is Category.COMMERCIAL
        and attributed.purpose not in standard.advertising
    ):
        reasons += (f"purpose:filed-for-{attributed.purpose}",)
    return Assessment(
        attribution=attributed.attribution,
        industry=classified.industry,
        category=classified.category,
        confidence=classified.confidence,
        reasons=reasons,
        rules=standard.citations,
        excerpt=standard.excerpt(text),
        assessed_at=now,
        assessor=Assessor.RULES,
        assessed_by=BY_RULES,
    )


def of_held_channel(found: Assessment) -> Assessment:
    """The same assessment for a complaint whose channel is held."""
    return msgspec.structs.replace(found, held=True, reasons=(*found.reasons, HELD))


def over_cap(found: Assessment, cap: Citation) -> Assessment:
    """The same assessment for a complaint whose complainant is over this cap."""
    return msgspec.structs.replace(found, capped=True, reasons=(*found.reasons, OVER_CAP), rules=(*found.rules, cap))
