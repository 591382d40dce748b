"""A question to a carrier about a number that nobody filed: is it yours?

sent ──► answered            (mine-unfiled: an order follows; filed: it has been filed since; not-mine)
  └────► unanswered ──► answered
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chassis.aggregate import Aggregate, Cause, ConflictError
from chassis.citation import Citation
from chassis.ids import new_id
from contracts import ports as facts


class EnquiryState(StrEnum):
    """Whether the carrier has answered, still may in time, or let the deadline pass."""

    SENT = "sent"
    ANSWERED = "answered"
    UNANSWERED = "unanswered"


class Answer(StrEnum):
    """What a carrier may say of a number."""

    MINE_UNFILED = "mine-unfiled"
    FILED = "filed"
    NOT_MINE = "not-mine"


class Addressed(StrEnum):
    """Why this carrier is asked."""

    ACCESS_CODE = "access-code"
    PLAN = "plan"
    EVERY_CARRIER = "every-carrier"


@dataclass(kw_only=True)
class Enquiry(Aggregate):
    """One question to one carrier about one number.

    `cause` is the complaint that made us ask, unique with carrier and number. `holder` is the enterprise whose
    access code the number stands on, where the register shows one.
    """

    carrier: str
    number: str
    cause: str
    correlation_id: str
    addressed_because: Addressed
    holder: str | None
    complainants: int
    reasons: tuple[str, ...]
    rules: tuple[Citation, ...]
    causes: tuple[str, ...]
    sent_at: datetime
    answer_by: datetime
    state: EnquiryState = EnquiryState.SENT
    answer: Answer | None = None
    answer_note: str | None = None
    answered_at: datetime | None = None
    unanswered_at: datetime | None = None

    @classmethod
    def send(
        cls,
        *,
        carrier: str,
        number: str,
        cause: str,
        addressed_because: Addressed,
        holder: str | None,
        complainants: int,
        reasons: tuple[str, ...],
        rules: tuple[Citation, ...],
        causes: tuple[str, ...],
        at: datetime,
        answer_by: datetime,
        because: Cause,
    ) -> Enquiry:
        """Ask the carrier whose number this is."""
        enquiry = cls(
            id=new_id(),
            carrier=carrier,
            number=number,
            cause=cause,
            correlation_id=because.correlation_id,
            addressed_because=addressed_because,
            holder=holder,
            complainants=complainants,
            reasons=reasons,
            rules=rules,
            causes=causes,
            sent_at=at,
            answer_by=answer_by,
        )
        enquiry._record(facts.EnquirySent, because)
        return enquiry

    @property
    def names_the_carrier(self) -> bool:
        """Whether something points at this carrier, so that its silence counts against it."""
        return self.addressed_because is not Addressed.EVERY_CARRIER

    def give_answer(self, answer: Answer, note: str | None, at: datetime, because: Cause) -> None:
        """The carrier answers, in time or late, once. Whether the register bears it out is for policy."""
        if self.state is EnquiryState.ANSWERED:
            raise ConflictError("enquiry-is-answered", f"The carrier answered {self.answer}.")
        self.state = EnquiryState.ANSWERED
        self.answer = answer
        self.answer_note = note
        self.answered_at = at
        self._record(facts.EnquiryAnswered, because)

    def expire(self, now: datetime, because: Cause) -> bool:
        """The deadline passed without an answer: silence is itself evidence. False when it did not."""
        if self.state is not EnquiryState.SENT or now <= self.answer_by:
            return False
        self.state = EnquiryState.UNANSWERED
        self.unanswered_at = now
        self._record(facts.EnquiryUnanswered, because)
        return True

    def _record(self, kind: type[facts.EnquiryFact], because: Cause) -> None:
        self.record(
            kind(
                enquiry=self.id,
                carrier=self.carrier,
                number=self.number,
                state=self.state,
                addressed_because=self.addressed_because,
                answer=self.answer,
                answer_note=self.answer_note,
                rules=self.rules,
                causes=self.causes,
                sent_at=self.sent_at,
                answer_by=self.answer_by,
                answered_at=self.answered_at,
            ),
            Cause(self.correlation_id, because.causation_id, because.traceparent),
        )
