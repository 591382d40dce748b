"""The assessment of a complaint: attribution, industry and category in one, with reasons and the rules it stands on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import msgspec

from chassis.citation import Citation
from contracts.vocabulary import AttributionKind, Category
from services.complaints.model import Assessment, Assessor, Complaint
from services.complaints.policy.attribution import Register, attribute
from services.complaints.policy.classification import Thresholds, classify
from services.complaints.policy.lexicon import Lexicon
from services.complaints.policy.signatures import SignatureForm, read

BY_RULES = "rules"
OVER_CAP = "complainant:over-cap"


@dataclass(frozen=True, slots=True)
class Standard:
    """What complaints are assessed by on one day of sending: thresholds, and the rules that they come from.

    `excerpt` cuts and redacts a text for the outside. `advertising` are the purposes under which a port may advertise.
    """

    lexicon: Lexicon
    form: SignatureForm
    thresholds: Thresholds
    advertising: frozenset[str]
    excerpt: Callable[[str], str]
    citations: tuple[Citation, ...]


def assess(complaint: Complaint, register: Register, standard: Standard, now: datetime) -> Assessment:
    """What a complaint is, by the register as filed when the message was sent, and by what the message says."""
    signed = read(complaint.text, standard.lexicon.spelling, standard.form)
    attributed = attribute(complaint.sender, complaint.sent_at, signed.signatures, register, standard.lexicon.spelling)
    classified = classify(complaint.text, signed, standard.lexicon, standard.thresholds)
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
        excerpt=standard.excerpt(complaint.text),
        assessed_at=now,
        assessor=Assessor.RULES,
        assessed_by=BY_RULES,
    )


def over_cap(found: Assessment, cap: Citation) -> Assessment:
    """The same, of a complaint whose complainant had complained as often before as `cap` lets count."""
    return msgspec.structs.replace(found, capped=True, reasons=(*found.reasons, OVER_CAP), rules=(*found.rules, cap))
