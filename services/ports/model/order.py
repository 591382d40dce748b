"""An order to a carrier to shut a port.

    ordered ──► acknowledged ──► executed ──┐
       │              │                     ├──► lifted
       └──────────────┴───────► refused ────┘
       └── lifted before it was executed ───┘

One person of the staff lifts an order at once; a second one reviews the lift within a term. The review confirms it, or
reverses it: the same order is placed again, as a new one.

Until it is lifted an order is *open*: its port gets no second one. It is *in force* while the port must not be used,
that is, while it is open and not refused. Overdue and ground-fell are marks, not states.
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
from contracts.vocabulary import ReviewOutcome


class OrderState(StrEnum):
    """How far an order has come between the regulator and the carrier."""

    ORDERED = "ordered"
    ACKNOWLEDGED = "acknowledged"
    EXECUTED = "executed"
    REFUSED = "refused"
    LIFTED = "lifted"


class ShutdownGround(StrEnum):
    """Why a port is shut, the gravest ground first: an order names the first one that is met.

    The last two are not based on complaints: with LISTING its enterprise is on a credit list, with BY_HAND two of the
    regulator's staff decided it.
    """

    SUSPECTED_CRIME = "suspected-crime"
    SUBLET = "sublet"
    COMMERCIAL = "commercial"
    UNREGISTERED = "unregistered"
    LISTING = "listing"
    BY_HAND = "by-hand"


class RefusalCode(StrEnum):
    """Why a carrier does not execute an order."""

    NOT_OUR_PORT = "not-our-port"
    ALREADY_SHUT = "already-shut"
    PUBLIC_SERVICE = "public-service"
    LEGAL_BAR = "legal-bar"
    TECHNICAL = "technical"
    OTHER = "other"


OF_A_FILED_PORT = (ShutdownGround.SUSPECTED_CRIME, ShutdownGround.SUBLET, ShutdownGround.COMMERCIAL)
"""The grounds that complaints about a filed port can give, the gravest first."""
ON_COMPLAINTS = frozenset({*OF_A_FILED_PORT, ShutdownGround.UNREGISTERED})
"""The grounds that are based on complaints: they fall when too few complaints count."""

AWAITED = frozenset({OrderState.ORDERED, OrderState.ACKNOWLEDGED})
"""The states in which the carrier still has to act."""
IN_FORCE = AWAITED | {OrderState.EXECUTED}
"""The states in which the port must not be used."""


@dataclass(kw_only=True)
class Order(Ground):
    """One order to one carrier about one number, and what it is based on.

    `cause` is the reference that makes it unique at its port (to a complaint, an enquiry, a listing, a proposal, or the
    order that it replaces);
    `causes` are all the references it is based on. All of its events carry its `correlation_id`
    and continue the trace of what led to it. The carrier sees it from `visible_at` on (None, in rows of an earlier
    release: from `ordered_at`), and its deadlines count from then.
    """

    published_as: ClassVar[type[Event]] = facts.OrderFact

    carrier: str
    number: str
    cause: str
    correlation_id: str
    ground: ShutdownGround
    attribution: str
    complainants: int
    reasons: tuple[str, ...]
    rules: tuple[Citation, ...]
    causes: tuple[str, ...]
    ordered_at: datetime
    visible_at: datetime | None
    acknowledge_by: datetime
    execute_by: datetime
    holder: str | None = None
    provider: str | None = None
    signature: str | None = None
    province: str | None = None
    state: OrderState = OrderState.ORDERED
    acknowledged_at: datetime | None = None
    executed_at: datetime | None = None
    evidence: str | None = None
    refused_at: datetime | None = None
    refusal_code: str | None = None
    refusal_note: str | None = None
    overdue_since: datetime | None = None
    acknowledgement_missed_at: datetime | None = None
    execution_missed_at: datetime | None = None
    lifted_at: datetime | None = None
    lift_reason: str | None = None
    review_lift_by: datetime | None = None
    lift_reviewed_at: datetime | None = None
    lift_review: ReviewOutcome | None = None
    lift_review_reason: str | None = None
    replaced_by: UUID | None = None
    ground_fell_at: datetime | None = None
    traceparent: str | None = None

    def place(self, because: Cause) -> None:
        """The carrier is ordered to shut the number."""
        self.traceparent = because.traceparent
        self._record(facts.ShutdownOrdered, because)

    @property
    def order(self) -> UUID:
        """Its id, as events name it."""
        return self.id

    @property
    def open(self) -> bool:
        """Whether its port can get no second order."""
        return self.state is not OrderState.LIFTED

    @property
    def in_force(self) -> bool:
        """Whether the port must not be used."""
        return self.state in IN_FORCE

    @property
    def due_at(self) -> datetime | None:
        """The next deadline that the carrier can miss; None where it has nothing more to do, or has missed both."""
        if self.state is OrderState.ORDERED and self.acknowledgement_missed_at is None:
            return min(self.acknowledge_by, self.execute_by)
        if self.state in AWAITED and self.execution_missed_at is None:
            return self.execute_by
        return None

    @property
    def refusal(self) -> str | None:
        """The refusal as it is published: the code, with the carrier's note where there is one."""
        if self.refusal_code is None or not self.refusal_note:
            return self.refusal_code
        return f"{self.refusal_code}: {self.refusal_note}"

    def acknowledge(self, at: datetime, because: Cause) -> None:
        """The carrier confirms that it received the order."""
        self._require(OrderState.ORDERED, act="acknowledged")
        self.state = OrderState.ACKNOWLEDGED
        self.acknowledged_at = at
        self._record(facts.OrderAcknowledged, because)

    def execute(self, evidence: str, at: datetime, because: Cause) -> None:
        """The carrier has shut the port; `evidence` shows it."""
        self._require(OrderState.ACKNOWLEDGED, act="executed")
        self.state = OrderState.EXECUTED
        self.executed_at = at
        self.evidence = evidence
        self._record(facts.OrderExecuted, because)

    def refuse(self, code: RefusalCode, note: str | None, at: datetime, because: Cause) -> None:
        """The carrier refuses to shut the port. Staff decide how the order continues."""
        self._require(OrderState.ORDERED, OrderState.ACKNOWLEDGED, act="refused")
        self.state = OrderState.REFUSED
        self.refused_at = at
        self.refusal_code = code
        self.refusal_note = note
        self._record(facts.OrderRefused, because)

    def lift(self, reason: str, at: datetime, because: Cause, *, review_by: datetime | None = None) -> None:
        """Staff lift the order; a second person reviews that until `review_by`. None: it is lifted by rule, which needs
        no review."""
        if not self.open:
            raise ConflictError("order-state", f"The order was lifted at {self.lifted_at:%Y-%m-%d %H:%M:%S}Z.")
        self.state = OrderState.LIFTED
        self.lifted_at = at
        self.lift_reason = reason
        self.review_lift_by = review_by
        self._record(facts.OrderLifted, because)

    def review_lift(
        self, outcome: ReviewOutcome, reviewer: str, reason: str, at: datetime, because: Cause, replaced_by: UUID | None
    ) -> None:
        """A person without a part in the lift and its ground reviews it. `replaced_by` is the order that is placed
        again where the lift is reversed."""
        if self.review_lift_by is None or self.lift_review is not None:
            raise ConflictError("order-state", "Only a lift by staff is reviewed, and once.")
        self.require_another_person(reviewer)
        self.lift_review = outcome
        self.lift_review_reason = reason
        self.lift_reviewed_at = at
        self.replaced_by = replaced_by
        self._record(facts.LiftReviewed, because)

    def mark_overdue(self, now: datetime, because: Cause) -> bool:
        """Mark the deadlines that the carrier has missed, each once and only while it can still act.

        Returns whether any was marked. Two that were missed since the last check are marked by one event.
        """
        passed = False
        if self.state is OrderState.ORDERED and self.acknowledgement_missed_at is None and self.acknowledge_by < now:
            self.acknowledgement_missed_at = now
            passed = True
        if self.state in AWAITED and self.execution_missed_at is None and self.execute_by < now:
            self.execution_missed_at = now
            passed = True
        if passed:
            if self.overdue_since is None:
                missed_acknowledgement = self.acknowledgement_missed_at is not None
                self.overdue_since = self.acknowledge_by if missed_acknowledgement else self.execute_by
            self._record(facts.OrderOverdue, because)
        return passed

    def lose_ground(self, at: datetime, because: Cause) -> bool:
        """Its ground no longer holds. It stays open until staff decide; returns whether this is new."""
        if not self.open or self.ground_fell_at is not None:
            return False
        self.ground_fell_at = at
        self._record(facts.GroundFell, because)
        return True

    def _require(self, *states: OrderState, act: str) -> None:
        if self.state not in states:
            raise ConflictError(
                "order-state", f"An order that is {self.state} cannot be {act}; it must be {states[-1]}."
            )

    def _record(self, kind: type[facts.OrderFact], because: Cause) -> None:
        self.record(fact(kind, self), because.within(self.correlation_id, self.traceparent))
