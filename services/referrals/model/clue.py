"""A clue: what is known against a subject, for the authority that supervises it.

    open ──► referred ──► received ──► concluded
      │         └────┬───────┘ └────────►  ▲
      │              ▼                     │
      │          returned ──► routed ──► referred …
      └── where nobody else is competent, staff conclude it: open, returned or routed

An *open* clue collects complaints; everything else of it stands still. Overdue and annulled are marks, not states.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from chassis.aggregate import Aggregate, Cause, ConflictError
from chassis.citation import Citation
from chassis.ids import new_id
from contracts import referrals as facts
from contracts.authorities import AUTHORITIES
from contracts.referrals import Conclusion, Counts, Subject
from contracts.vocabulary import ReturnReason
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
"""The states in which its authority knows of it. One that is open or routed is still the regulator's."""
AWAITED = frozenset({ClueState.REFERRED, ClueState.RECEIVED})
"""The states in which its authority still has to conclude it."""
SEALABLE = frozenset({ClueState.OPEN, ClueState.ROUTED})
"""The states from which it may be sealed in a batch."""
_LEFT_TO_STAFF = frozenset({ClueState.OPEN, ClueState.RETURNED, ClueState.ROUTED})

_RANDOM_BITS = 80


@dataclass(frozen=True, slots=True)
class Stock:
    """What a clue stands on: how many complaints of how many people, and whose networks they came through."""

    counts: Counts
    carriers: tuple[str, ...] = ()


NOTHING = Stock(Counts(complaints=0, complainants=0, vouched=0, senders=0))
"""What a clue stands on that every complaint has left."""


@dataclass(kw_only=True)
class Clue(Aggregate):
    """One clue, of one place and sequence.

    `cause` is the complaint that opened it (`complaint:<id>`), `stock` what it stands on: what is there now while it
    is open, what was sealed (or concluded) from then on. `first_received_at` and `first_overdue_at` say that it ever
    came that far; `received_at` and `overdue_since` are of the present hand-over.
    """

    place: Place
    name: str | None
    sequence: int
    cause: str
    correlation_id: str
    authority: str | None
    stock: Stock
    opened_at: datetime
    rules: tuple[Citation, ...] = ()
    state: ClueState = ClueState.OPEN
    batch: UUID | None = None
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

    @classmethod
    def open(
        cls,
        place: Place,
        *,
        name: str | None,
        sequence: int,
        authority: str | None,
        cause: str,
        stock: Stock,
        at: datetime,
        because: Cause,
    ) -> Clue:
        """Begin to collect, with the complaint that is the `cause`."""
        clue = cls(
            id=_identifier(at),
            place=place,
            name=name,
            sequence=sequence,
            cause=cause,
            correlation_id=because.correlation_id,
            authority=authority,
            stock=stock,
            opened_at=at,
        )
        clue._record(facts.ClueOpened, because)
        return clue

    @property
    def collects(self) -> bool:
        """Whether complaints still join and leave it."""
        return self.state is ClueState.OPEN

    @property
    def ours(self) -> bool:
        """Whether nobody else has to deal with it: no authority is known to be competent, or it is the regulator."""
        return self.authority is None or AUTHORITIES[self.authority].own

    @property
    def due_at(self) -> datetime | None:
        """The deadline that may pass unmet, while the authority still has to conclude it."""
        return self.conclude_by if self.state in AWAITED and self.overdue_since is None else None

    def route(self, authority: str, because: Cause) -> None:
        """Staff say who is competent: of an open clue of which nobody knew, or of one that was returned."""
        if self.state is ClueState.OPEN and self.authority is not None:
            raise ConflictError("clue-state", f"The clue is collected for {self.authority}, which may return it.")
        self._require(ClueState.OPEN, ClueState.RETURNED, ClueState.ROUTED, act="routed")
        if not self.collects:
            self.state = ClueState.ROUTED
        self.authority = authority
        self._record(facts.ClueRouted, because)

    def refer(
        self,
        batch: UUID,
        *,
        authority: str,
        name: str | None,
        stock: Stock,
        rules: tuple[Citation, ...],
        at: datetime,
        conclude_by: datetime,
        because: Cause,
    ) -> None:
        """It is sealed in a batch for `authority`, with what it stands on now. What another authority did with it
        before is over: this one has a deadline of its own."""
        self._require(*SEALABLE, act="sealed")
        self.state = ClueState.REFERRED
        self.batch, self.authority, self.name, self.stock, self.rules = batch, authority, name, stock, rules
        self.referred_at, self.conclude_by = at, conclude_by
        self.received_at = self.extended_at = self.extension_reason = self.overdue_since = None
        self._record(facts.ClueReferred, because)

    def receive(self, batch: UUID, at: datetime, because: Cause) -> bool:
        """Its authority has the batch. False when it was returned, concluded or sealed anew in the meantime."""
        if self.state is not ClueState.REFERRED or self.batch != batch:
            return False
        self.state = ClueState.RECEIVED
        self.received_at = at
        self.first_received_at = self.first_received_at or at
        self._record(facts.ClueReceived, because)
        return True

    def give_back(
        self, reason: ReturnReason, note: str | None, suggested: str | None, at: datetime, because: Cause
    ) -> None:
        """Its authority is not the one to deal with it; perhaps it suggests another."""
        self._require(*AWAITED, act="returned")
        self.state = ClueState.RETURNED
        self.returned_at, self.return_reason, self.return_note, self.suggested = at, reason, note, suggested
        self._record(facts.ClueReturned, because)

    def extend(self, until: datetime, rule: Citation, reason: str, at: datetime, because: Cause) -> None:
        """Its authority has until then; once in a hand-over, and only before the deadline."""
        self._require(*AWAITED, act="extended")
        if self.extended_at is not None:
            raise ConflictError("extension-refused", f"It was extended at {self.extended_at:%Y-%m-%d %H:%M:%S}Z.")
        if self.conclude_by is None or self.conclude_by < at:
            raise ConflictError("extension-refused", "The deadline has passed; a conclusion is taken late as well.")
        self.conclude_by, self.extended_at, self.extension_reason = until, at, reason
        self.rules = self.rules if rule in self.rules else (*self.rules, rule)
        self._record(facts.ClueExtended, because)

    def mark_overdue(self, now: datetime, because: Cause) -> bool:
        """Mark that the deadline has passed without a conclusion, once. True when it had to be marked."""
        if self.due_at is None or now <= self.due_at:
            return False
        self.overdue_since = self.due_at
        self.first_overdue_at = self.first_overdue_at or self.overdue_since
        self._record(facts.ClueOverdue, because)
        return True

    def conclude(self, conclusion: Conclusion, at: datetime, because: Cause) -> None:
        """Its authority says what it found and did, in time or late."""
        self._require(*AWAITED, act="concluded by its authority")
        self._conclude(conclusion, at, because)

    def conclude_ourselves(self, conclusion: Conclusion, at: datetime, because: Cause) -> None:
        """Staff conclude what is nobody else's."""
        if not self.ours:
            raise ConflictError("clue-state", f"The clue is a matter for {self.authority}: staff may route it first.")
        self._require(*_LEFT_TO_STAFF, act="concluded by staff")
        self._conclude(conclusion, at, because)

    def annul(self, reason: str, at: datetime, because: Cause) -> None:
        """The decision that the conclusion tells of was annulled; what stands on it falls."""
        self._require(ClueState.CONCLUDED, act="annulled")
        if self.annulled_at is not None:
            raise ConflictError("clue-state", f"The conclusion was annulled at {self.annulled_at:%Y-%m-%d %H:%M:%S}Z.")
        self.annulled_at, self.annulment_reason = at, reason
        self._record(facts.ConclusionAnnulled, because)

    def _conclude(self, conclusion: Conclusion, at: datetime, because: Cause) -> None:
        self.state = ClueState.CONCLUDED
        self.conclusion, self.concluded_at = conclusion, at
        self._record(facts.ClueConcluded, because)

    def _require(self, *states: ClueState, act: str) -> None:
        if self.state not in states:
            raise ConflictError("clue-state", f"A clue that is {self.state} can not be {act}.")

    def _record(self, kind: type[facts.ClueFact], because: Cause) -> None:
        self.record(
            kind(
                clue=self.id,
                subject=Subject(kind=self.place.kind, value=self.place.value, name=self.name),
                industry=self.place.industry,
                category=self.place.category,
                period=self.place.period,
                sequence=self.sequence,
                authority=self.authority,
                state=self.state,
                counts=self.stock.counts,
                carriers=self.stock.carriers,
                rules=self.rules,
                causes=(self.cause,),
                opened_at=self.opened_at,
                batch=self.batch,
                referred_at=self.referred_at,
                conclude_by=self.conclude_by,
                extended_at=self.extended_at,
                received_at=self.received_at,
                returned_at=self.returned_at,
                return_reason=self.return_reason,
                overdue_since=self.overdue_since,
                concluded_at=self.concluded_at,
                conclusion=self.conclusion,
                annulled_at=self.annulled_at,
            ),
            Cause(self.correlation_id, because.causation_id, because.traceparent),
        )


def _identifier(at: datetime) -> UUID:
    """A UUID version 7 of the hour: authorities see it, and the millisecond in it would be that of a complaint."""
    hour = at.replace(minute=0, second=0, microsecond=0)
    milliseconds = int(hour.timestamp()) * 1000
    return UUID(int=milliseconds << _RANDOM_BITS | new_id().int & (1 << _RANDOM_BITS) - 1)
