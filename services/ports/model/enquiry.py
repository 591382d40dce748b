"""An enquiry: a carrier is asked whether a number that is not filed is its own.

sent ──► answered            (mine-unfiled: an order follows; filed: it has been filed since; not-mine)
  └────► unanswered ──► answered
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from chassis.aggregate import Cause, ConflictError, Ground, fact
from chassis.citation import Citation
from chassis.event import Event
from contracts import ports as facts


class EnquiryState(StrEnum):
    """Where an enquiry stands: before its deadline, answered, or past its deadline without an answer."""

    SENT = "sent"
    ANSWERED = "answered"
    UNANSWERED = "unanswered"


class Answer(StrEnum):
    """The answers that a carrier can give."""

    MINE_UNFILED = "mine-unfiled"
    FILED = "filed"
    NOT_MINE = "not-mine"


class Addressed(StrEnum):
    """Why this carrier is asked."""

    ACCESS_CODE = "access-code"
    PLAN = "plan"
    EVERY_CARRIER = "every-carrier"


@dataclass(kw_only=True)
class Enquiry(Ground):
    """One question to one carrier about one number.

    `cause` is the complaint that triggered it, unique with carrier and number. `holder` is the enterprise that holds
    the number's access code, where the register shows exactly one. The carrier sees it from `visible_at` on.
    """

    published_as: ClassVar[type[Event]] = facts.EnquiryFact

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
    visible_at: datetime | None
    answer_by: datetime
    state: EnquiryState = EnquiryState.SENT
    answer: Answer | None = None
    answer_note: str | None = None
    answered_at: datetime | None = None
    unanswered_at: datetime | None = None
    traceparent: str | None = None

    @property
    def enquiry(self) -> UUID:
        """Its id, as events name it."""
        return self.id

    @property
    def names_the_carrier(self) -> bool:
        """Whether the access code or the plan points at this carrier, so that its silence counts against it."""
        return self.addressed_because is not Addressed.EVERY_CARRIER

    def send(self, because: Cause) -> None:
        """Ask the carrier."""
        self.traceparent = because.traceparent
        self._record(facts.EnquirySent, because)

    def give_answer(self, answer: Answer, note: str | None, at: datetime, because: Cause) -> None:
        """Record the carrier's answer, in time or late, once. Policy checks it against the register."""
        if self.state is EnquiryState.ANSWERED:
            raise ConflictError("enquiry-is-answered", f"The carrier answered {self.answer}.")
        self.state = EnquiryState.ANSWERED
        self.answer = answer
        self.answer_note = note
        self.answered_at = at
        self._record(facts.EnquiryAnswered, because)

    def expire(self, now: datetime, because: Cause) -> bool:
        """Mark it unanswered where its deadline has passed; returns whether it was marked."""
        if self.state is not EnquiryState.SENT or now <= self.answer_by:
            return False
        self.state = EnquiryState.UNANSWERED
        self.unanswered_at = now
        self._record(facts.EnquiryUnanswered, because)
        return True

    def _record(self, kind: type[facts.EnquiryFact], because: Cause) -> None:
        self.record(fact(kind, self), because.within(self.correlation_id, self.traceparent))
