"""A complaint: what a citizen reported, and what it was found to be.

Filed, then assessed (again whenever staff correct it), or withdrawn. Every assessment is kept; the events of a
complaint carry its current one whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from chassis.aggregate import Aggregate, Cause, ConflictError
from chassis.citation import Citation
from chassis.privacy import to_hour
from contracts.complaints import Attribution, ComplaintAssessed, ComplaintWithdrawn, Sender
from contracts.numbers import NumberKind, SenderNumber
from contracts.vocabulary import AttributionKind, Category


class State(StrEnum):
    """Where a complaint stands. A withdrawn one stays withdrawn."""

    FILED = "filed"
    ASSESSED = "assessed"
    WITHDRAWN = "withdrawn"


class Withdrawal(StrEnum):
    """Why a complaint counts for nothing any more."""

    TAKEN_BACK = "taken-back"
    WRONG_NUMBER = "wrong-number"
    NO_COMPLAINT = "no-complaint"


class Assessor(StrEnum):
    """Who assessed: the rules, or staff who knew better."""

    RULES = "rules"
    STAFF = "staff"


class IncoherentError(ValueError):
    """An assessment contradicts itself or the number the message came from."""


class Assessment(msgspec.Struct, frozen=True, kw_only=True):
    """What a complaint was found to be, with the reasons and the rules it stands on.

    `capped`: its complainant had complained so often by then that it counts towards no automatic act. `excerpt` is the
    redacted text as it may leave the service. `note` is what staff wrote down; it stays inside.
    """

    attribution: Attribution
    industry: str
    category: Category
    confidence: float
    reasons: tuple[str, ...]
    rules: tuple[Citation, ...]
    excerpt: str
    assessed_at: datetime
    assessor: Assessor
    assessed_by: str
    note: str | None = None
    capped: bool = False


_KINDS_OF_PORTS = frozenset((AttributionKind.DECLARED, AttributionKind.SUBLET_SUSPECTED, AttributionKind.UNREGISTERED))
_KINDS = {NumberKind.PORT: _KINDS_OF_PORTS, NumberKind.MOBILE: frozenset((AttributionKind.P2P,))}
_KINDS_OF_OTHERS = frozenset((AttributionKind.OTHER,))


def kinds_for(sender: SenderNumber) -> frozenset[AttributionKind]:
    """The kinds of attribution that a number of this form can have."""
    return _KINDS.get(sender.kind, _KINDS_OF_OTHERS)


@dataclass(kw_only=True)
class Complaint(Aggregate):
    """One complaint of one message. Personal data is not in here: the complainant is the surrogate of a quarter, and
    near the change of quarters `complainant_also` that of the quarter beyond it."""

    channel: str
    external_id: str
    sender: SenderNumber
    complainant: UUID
    vouched: bool
    province: str | None
    sent_at: datetime
    received_at: datetime
    filed_at: datetime
    text: str
    complainant_also: UUID | None = None
    state: State = State.FILED
    assessment: Assessment | None = None

    def assess(self, assessment: Assessment, cause: Cause) -> None:
        """The first assessment. Raises ConflictError ("conflict") unless the complaint is waiting for one."""
        if self.state is not State.FILED:
            raise ConflictError("conflict", f"Only a waiting complaint is assessed; this one is {self.state.value}.")
        self._take(assessment, cause)

    def assessed(self) -> Assessment:
        """The assessment that a correction starts from. Raises ConflictError ("conflict") where there is none, or the
        complaint is withdrawn."""
        if self.assessment is None or self.state is not State.ASSESSED:
            raise ConflictError("conflict", f"Only an assessed complaint is corrected; this one is {self.state.value}.")
        return self.assessment

    def correct(self, assessment: Assessment, cause: Cause) -> None:
        """A better assessment of an assessed complaint. Raises ConflictError as `assessed` does, IncoherentError where
        it cannot be true of this number."""
        self.assessed()
        kind = AttributionKind(assessment.attribution.kind)
        if kind not in kinds_for(self.sender):
            raise IncoherentError(f"a {self.sender.kind.value} number cannot be attributed as {kind.value}")
        if kind in (AttributionKind.P2P, AttributionKind.OTHER) and (
            assessment.attribution.holder or assessment.attribution.provider
        ):
            raise IncoherentError(f"an attribution as {kind.value} has neither holder nor provider")
        self._take(assessment, cause)

    def withdraw(self, reason: Withdrawal, cause: Cause) -> None:
        """From now on the complaint counts for nothing. Raises ConflictError ("conflict") when it is withdrawn
        already."""
        if self.state is State.WITHDRAWN:
            raise ConflictError("conflict", "The complaint is withdrawn already.")
        self.state = State.WITHDRAWN
        self.record(ComplaintWithdrawn(complaint=self.id, number=self.sender.number, reason=reason.value), cause)

    def _take(self, assessment: Assessment, cause: Cause) -> None:
        self.state = State.ASSESSED
        self.assessment = assessment
        sender = self.sender
        self.record(
            ComplaintAssessed(
                complaint=self.id,
                sender=Sender(
                    number=sender.number,
                    kind=sender.kind.value,
                    base=sender.base,
                    extension=sender.extension,
                    access_class=sender.access_class,
                ),
                attribution=msgspec.structs.replace(
                    assessment.attribution, as_of=to_hour(assessment.attribution.as_of)
                ),
                industry=assessment.industry,
                category=assessment.category.value,
                confidence=assessment.confidence,
                reasons=assessment.reasons,
                rules=assessment.rules,
                complainant=self.complainant,
                complainant_also=self.complainant_also,
                vouched=self.vouched,
                channel=self.channel,
                province=self.province,
                sent_at=to_hour(self.sent_at),
                received_at=to_hour(self.received_at),
                excerpt=assessment.excerpt,
                capped=assessment.capped,
            ),
            cause,
        )
