"""Whom a complaint is about: in which clue it belongs, if in any.

The responsible is whoever accesses, sends or produces: the provider where the register names one, else whoever signs,
else the number itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from chassis.quarters import quarter_of
from contracts.complaints import Attribution, ComplaintAssessed, Sender
from contracts.industries import CRIME
from contracts.numbers import NumberKind
from contracts.vocabulary import AttributionKind, Category, SubjectKind
from services.referrals.model import Place

SPAM = frozenset({Category.COMMERCIAL, Category.SUSPECTED_CRIME})
"""The categories that concern an authority."""


class SetAside(StrEnum):
    """Why a complaint that counts is in no clue. NO_SUBJECT: its sender is no number, and nothing else is known."""

    NO_SUBJECT = "no-subject"


@dataclass(frozen=True, slots=True)
class Placing:
    """Where a complaint belongs: in a clue of this place, or set aside; neither where it is no spam."""

    place: Place | None = None
    set_aside: SetAside | None = None

    @property
    def counts(self) -> bool:
        """Whether it is spam."""
        return self.place is not None or self.set_aside is not None


def placing_of(event: ComplaintAssessed) -> Placing:
    """Where the complaint belongs as it is assessed now."""
    if event.category not in SPAM:
        return Placing()
    subject = subject_of(event.attribution, event.sender)
    if subject is None:
        return Placing(set_aside=SetAside.NO_SUBJECT)
    # A suspected crime goes to the police, whatever its industry.
    industry = CRIME if event.category == Category.SUSPECTED_CRIME else event.industry
    return Placing(Place(*subject, industry=industry, period=quarter_of(event.received_at)))


def subject_of(attribution: Attribution, sender: Sender) -> tuple[SubjectKind, str] | None:
    """Kind and value of whom it is about; None where nobody and nothing can be named."""
    match attribution.kind:
        case AttributionKind.DECLARED if attribution.provider:
            return SubjectKind.ENTERPRISE, attribution.provider
        case AttributionKind.DECLARED | AttributionKind.SUBLET_SUSPECTED if attribution.signature:
            return SubjectKind.SIGNATURE, attribution.signature
        # On an access code that nobody holds a signature may be anybody's.
        case AttributionKind.UNREGISTERED if attribution.holder and attribution.signature:
            return SubjectKind.SIGNATURE, attribution.signature
    return None if sender.kind == NumberKind.INVALID else (SubjectKind.NUMBER, sender.number)
