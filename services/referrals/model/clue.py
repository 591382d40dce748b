"""A clue: the evidence against a subject, for the authority that supervises it.

    open ──► referred ──► received ──► concluded
      │         └────┬───────┘ └────────►  ▲
      │              ▼                     │
      │          returned ──► routed ──► referred …
      └── where no other authority is competent, staff conclude it: open, returned or routed

An *open* clue collects complaints; its other fields do not change. Overdue and annulled are marks, not states.
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
from chassis.ids import new_id
from chassis.privacy import to_hour
from chassis.redaction import written
from contracts import referrals as facts
from contracts.authorities import AUTHORITIES
from contracts.referrals import Conclusion, Counts, Subject
from contracts.vocabulary import Category, ReturnReason
from services.referrals.model.place import Place


class ClueState(StrEnum):
    """Where a clue stands between the regulator and the authority."""

    OPEN = "open"
    REFERRED = "referred"
    RECEIVED = "received"
    RETURNED = "returned"
    ROUTED = "routed"
    CONCLUDED = "concluded"


HANDED_OVER = frozenset({ClueState.REFERRED, ClueState.RECEIVED, ClueState.RETURNED, ClueState.CONCLUDED})
"""The states in which the clue is visible to its authority. An open or routed clue is still with the regulator."""
AWAITED = frozenset({ClueState.REFERRED, ClueState.RECEIVED})
"""The states in which the authority still has to conclude it."""
SEALABLE = frozenset({ClueState.OPEN, ClueState.ROUTED})
"""The states from which it may be sealed in a batch."""
_STAFF_CAN_CONCLUDE = frozenset({ClueState.OPEN, ClueState.RETURNED, ClueState.ROUTED})

_RANDOM_BITS = 80


@dataclass(frozen=True, slots=True)
class Tally:
    """The complaints in a clue: how many, the carriers that delivered the messages, and the persons in their
    chains."""

    counts: Counts
    carriers: tuple[str, ...] = ()
    actors: tuple[str, ...] = ()


EMPTY = Tally(Counts(complaints=0, complainants=0, vouched=0, senders=0))
"""The tally of a clue that all complaints have left."""


@dataclass(kw_only=True)
class Clue(Ground):
    """One clue: of one place, with a sequence number.

    `cause` is the complaint that opened it (`complaint:<id>`). `tally` counts its complaints: as they are now while it
    is open, afterwards as they were when it was sealed or concluded. `received_at` and `overdue_since` belong to the
    present hand-over; `first_received_at` and `first_overdue_at` keep the first such moment of any hand-over.
    """

    published_as: ClassVar[type[Event]] = facts.ClueFact

    place: Place
    subject_name: str | None
    sequence: int
    cause: str
    correlation_id: str
    authority: str | None
    tally: Tally
    opened_at: datetime
    rules: tuple[Citation, ...] = ()
    state: ClueState = ClueState.OPEN
    batch_id: UUID | None = None
    referred_at: datetime | None = None
    conclude_by: datetime | None = None
    extended_at: datetime | None = None
    extension_reason: str | None = None
    received_at: datetime | None = None
    first_received_at: datetime | None = None
    returned_at: datetime | None = None
    return_reason: ReturnReason | None = None
    return_note: str | None = None
    suggested: str | None = None
    overdue_since: datetime | None = None
    first_overdue_at: datetime | None = None
    concluded_at: datetime | None = None
    conclusion: Conclusion | None = None
    annulled_at: datetime | None = None
    annulment_reason: str | None = None

    # Columns that hold one value of a part.
    subject_kind = property(lambda self: self.place.subject_kind)
    subject_value = property(lambda self: self.place.subject_value)
    industry = property(lambda self: self.place.industry)
    period = property(lambda self: self.place.period)
    complaints = property(lambda self: self.frozen_tally and self.frozen_tally.counts.complaints)
    complainants = property(lambda self: self.frozen_tally and self.frozen_tally.counts.complainants)
    vouched = property(lambda self: self.frozen_tally and self.frozen_tally.counts.vouched)
    senders = property(lambda self: self.frozen_tally and self.frozen_tally.counts.senders)
    frozen_carriers = property(lambda self: self.frozen_tally.carriers if self.frozen_tally else ())
    conclusion_code = property(lambda self: self.conclusion and self.conclusion.code)
    amount = property(lambda self: self.conclusion and self.conclusion.amount)
    enterprise = property(lambda self: self.conclusion and self.conclusion.enterprise)
    decision = property(lambda self: self.conclusion and self.conclusion.decision)
    merged_into = property(lambda self: self.conclusion and self.conclusion.merged_into)
    transferred_to = property(lambda self: self.conclusion and self.conclusion.transferred_to)
    conclusion_note = property(lambda self: self.conclusion and self.conclusion.note)

    def open(self, because: Cause) -> None:
        """The clue starts to collect complaints."""
        self._record(facts.ClueOpened, because)

    @property
    def frozen_tally(self) -> Tally | None:
        """The tally as it is stored: None while the clue collects, because the evidence is counted then."""
        return None if self.collects else self.tally

    @property
    def clue(self) -> UUID:
        """Its id, as facts about it call it."""
        return self.id

    @property
    def batch(self) -> UUID | None:
        """The batch in which it was last handed over, as facts about it call it."""
        return self.batch_id

    @property
    def subject(self) -> Subject:
        """The subject, with the name of an enterprise."""
        name = None if self.subject_name is None else written(self.subject_name)
        return Subject(kind=self.place.subject_kind, value=self.place.subject_value, name=name)

    @property
    def category(self) -> Category:
        """The legal category of its messages."""
        return self.place.category

    @property
    def counts(self) -> Counts:
        """How many complaints it has."""
        return self.tally.counts

    @property
    def carriers(self) -> tuple[str, ...]:
        """The carriers that delivered its messages."""
        return self.tally.carriers

    @property
    def causes(self) -> tuple[str, ...]:
        """The complaint that opened it."""
        return (self.cause,)

    @property
    def collects(self) -> bool:
        """Whether complaints still join and leave it."""
        return self.state is ClueState.OPEN

    @property
    def for_staff(self) -> bool:
        """Whether staff conclude it: no authority is competent, or the regulator itself is."""
        return self.authority is None or AUTHORITIES[self.authority].own

    @property
    def due_at(self) -> datetime | None:
        """The deadline that may pass unmet, while the authority still has to conclude it."""
        return self.conclude_by if self.state in AWAITED and self.overdue_since is None else None

    def route(self, authority: str, because: Cause) -> None:
        """Staff name the competent authority: of an open clue that has none, or of a returned clue."""
        if self.state is ClueState.OPEN and self.authority is not None:
            raise ConflictError("clue-state", f"The clue is collected for {self.authority}, which can return it.")
        self._require(ClueState.OPEN, ClueState.RETURNED, ClueState.ROUTED, act="routed")
        if not self.collects:
            self.state = ClueState.ROUTED
        self.authority = authority
        self._record(facts.ClueRouted, because)

    def refer(
        self,
        batch_id: UUID,
        *,
        authority: str,
        subject_name: str | None,
        tally: Tally,
        rules: tuple[Citation, ...],
        at: datetime,
        conclude_by: datetime,
        because: Cause,
    ) -> None:
        """Seal it in a batch for `authority`, with its present tally. The deadline is new: an earlier hand-over to
        another authority does not count."""
        self._require(*SEALABLE, act="sealed")
        self.state = ClueState.REFERRED
        self.batch_id = batch_id
        self.authority = authority
        self.subject_name = subject_name
        self.tally = tally
        self.rules = rules
        self.referred_at = at
        self.conclude_by = conclude_by
        self.received_at = self.extended_at = self.extension_reason = self.overdue_since = None
        self._record(facts.ClueReferred, because)

    def receive(self, batch_id: UUID, at: datetime, because: Cause) -> bool:
        """The authority has received the batch. False where the clue was returned, concluded or sealed again since."""
        if self.state is not ClueState.REFERRED or self.batch_id != batch_id:
            return False
        self.state = ClueState.RECEIVED
        self.received_at = at
        self.first_received_at = self.first_received_at or at
        self._record(facts.ClueReceived, because)
        return True

    def return_to_regulator(
        self, reason: ReturnReason, note: str | None, suggested: str | None, at: datetime, because: Cause
    ) -> None:
        """The authority is not competent; it may suggest another one."""
        self._require(*AWAITED, act="returned")
        self.state = ClueState.RETURNED
        self.returned_at = at
        self.return_reason = reason
        self.return_note = note
        self.suggested = suggested
        self._record(facts.ClueReturned, because)

    def extend(self, until: datetime, rule: Citation, reason: str, at: datetime, because: Cause) -> None:
        """The deadline moves to `until`: once in a hand-over, and only before the deadline."""
        self._require(*AWAITED, act="extended")
        if self.extended_at is not None:
            raise ConflictError(
                "extension-refused", f"The deadline was extended at {self.extended_at:%Y-%m-%d %H:%M:%S}Z."
            )
        if self.conclude_by is None or self.conclude_by < at:
            raise ConflictError("extension-refused", "The deadline has passed; a late conclusion is still accepted.")
        self.conclude_by = until
        self.extended_at = at
        self.extension_reason = reason
        self.rules = self.rules if rule in self.rules else (*self.rules, rule)
        self._record(facts.ClueExtended, because)

    def mark_overdue(self, now: datetime, because: Cause) -> bool:
        """Mark, once, that the deadline has passed without a conclusion. True where it was not marked yet."""
        if self.due_at is None or now <= self.due_at:
            return False
        self.overdue_since = self.due_at
        self.first_overdue_at = self.first_overdue_at or self.overdue_since
        self._record(facts.ClueOverdue, because)
        return True

    def conclude(self, conclusion: Conclusion, at: datetime, because: Cause) -> None:
        """The authority reports its conclusion, in time or late."""
        self._require(*AWAITED, act="concluded by its authority")
        self._conclude(conclusion, at, because)

    def conclude_by_staff(self, conclusion: Conclusion, at: datetime, because: Cause) -> None:
        """Staff conclude a clue for which no other authority is competent."""
        if not self.for_staff:
            raise ConflictError("clue-state", f"{self.authority} is competent: staff can route the clue first.")
        self._require(*_STAFF_CAN_CONCLUDE, act="concluded by staff")
        self._conclude(conclusion, at, because)

    def annul(self, reason: str, at: datetime, because: Cause) -> None:
        """The decision that the conclusion reports was annulled; what depends on it falls."""
        self._require(ClueState.CONCLUDED, act="annulled")
        if self.annulled_at is not None:
            raise ConflictError("clue-state", f"The conclusion was annulled at {self.annulled_at:%Y-%m-%d %H:%M:%S}Z.")
        self.annulled_at = at
        self.annulment_reason = reason
        self._record(facts.ConclusionAnnulled, because)

    def _conclude(self, conclusion: Conclusion, at: datetime, because: Cause) -> None:
        self.state = ClueState.CONCLUDED
        self.conclusion = conclusion
        self.concluded_at = at
        self._record(facts.ClueConcluded, because)

    def _require(self, *states: ClueState, act: str) -> None:
        if self.state not in states:
            raise ConflictError("clue-state", f"A clue that is {self.state} cannot be {act}.")

    def _record(self, kind: type[facts.ClueFact], because: Cause) -> None:
        self.record(fact(kind, self), because.within(self.correlation_id))


def new_clue_id(at: datetime) -> UUID:
    """A UUID version 7 of the hour of `at`: authorities see the id, and its millisecond would be that of a
    complaint."""
    milliseconds = int(to_hour(at).timestamp()) * 1000
    return UUID(int=milliseconds << _RANDOM_BITS | new_id().int & (1 << _RANDOM_BITS) - 1)
