"""The subject of a complaint, and so the place of the clue that it belongs to.

The subject is the party responsible for the message: the provider named in the register, else the signature, else the
sender number.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from chassis.calendar import quarter_of
from contracts.complaints import Attribution, ComplaintAssessed, Sender
from contracts.industries import CRIME
from contracts.numbers import NumberKind
from contracts.vocabulary import SPAM, AttributionKind, Category, SubjectKind
from services.referrals.model import Place


class SetAside(StrEnum):
    """Why a complaint that counts is in no clue. NO_SUBJECT: the sender is not a number, and nothing else is known."""

    NO_SUBJECT = "no-subject"


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a complaint belongs: in a clue of this place, or set aside for this reason; neither where it is not
    spam."""

    place: Place | None = None
    set_aside: SetAside | None = None

    @property
    def counts(self) -> bool:
        """Whether the complaint is about spam."""
        return self.place is not None or self.set_aside is not None


def placement_of(event: ComplaintAssessed) -> Placement:
    """Where the complaint belongs according to this assessment."""
    if event.category not in SPAM:
        return Placement()
    subject = subject_of(event.attribution, event.sender)
    if subject is None:
        return Placement(set_aside=SetAside.NO_SUBJECT)
    # A suspected crime goes to the police, whatever its industry.
    industry = CRIME if event.category == Category.SUSPECTED_CRIME else event.industry
    return Placement(Place(*subject, industry, quarter_of(event.received_at)))


def subject_of(attribution: Attribution, sender: Sender) -> tuple[SubjectKind, str] | None:
    """Kind and value of the subject; None where none can be named."""
    match attribution.kind:
        case AttributionKind.DECLARED if attribution.provider:
            return SubjectKind.ENTERPRISE, attribution.provider
        case AttributionKind.DECLARED | AttributionKind.SUBLET_SUSPECTED if attribution.signature:
            return SubjectKind.SIGNATURE, attribution.signature
        # On an access code without a holder, a signature proves nothing about the sender.
        case AttributionKind.UNREGISTERED if attribution.holder and attribution.signature:
            return SubjectKind.SIGNATURE, attribution.signature
    return None if sender.kind == NumberKind.INVALID else (SubjectKind.NUMBER, sender.number)
