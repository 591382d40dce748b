"""Facts of the ports service: the register, its filings, orders to carriers and enquiries."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

import msgspec

from chassis.citation import Citation
from chassis.event import Event
from chassis.redaction import Written
from contracts.moments import Moment


class Filing(msgspec.Struct, frozen=True, kw_only=True):
    """One filing in a port's history: its holder, provider, signature and validity.

    `on_record_from` is since when it decides who is responsible for messages (`contracts.register`), None: since
    `valid_from`, as in the facts of release 0.1.0. `initial`: it is of the carrier's initial load.
    `filed_by` are the persons of the regulator who filed it for the carrier; none where the carrier did.
    """

    filing: UUID
    holder: str
    holder_name: Written
    provider: str
    provider_name: Written
    signature: Written
    purpose: str
    province: str | None
    covers_extensions: bool
    valid_from: Moment
    valid_to: Moment | None
    on_record_from: Moment | None = None
    initial: bool = True
    filed_by: tuple[str, ...] = ()


class PortFact(Event, frozen=True, kw_only=True):
    """A fact about a port of the register, which is one number at one carrier."""

    aggregate: ClassVar[str] = "port"

    carrier: str
    number: str
    access_code: str

    @property
    def aggregate_id(self) -> str:
        return f"{self.carrier}:{self.number}"

    @property
    def key(self) -> str:
        return self.aggregate_id


class FilingRecorded(Filing, Event, frozen=True, kw_only=True):
    """A filing as it stands in the history of its port; published again when a later filing ends it.

    Its key contains the filing: the compacted topic keeps every filing. So its order relative to the other facts about
    the port is not defined.
    """

    type: ClassVar[str] = "filing-recorded.v1"
    topic: ClassVar[str] = "ports.filing-records.v1"
    aggregate: ClassVar[str] = "port"

    carrier: str
    number: str
    access_code: str
    recorded_at: Moment

    @property
    def aggregate_id(self) -> str:
        return f"{self.carrier}:{self.number}"

    @property
    def key(self) -> str:
        return f"{self.aggregate_id}:{self.filing}"

    @property
    def filings(self) -> tuple[Filing, ...]:
        """Itself, as the only one: its consumers read the filings of `port-declared.v1` in the same way."""
        return (self,)


class PortDeclared(PortFact, frozen=True, kw_only=True):
    """A port of the register: its status, and the filing that holds until further notice, if any."""

    type: ClassVar[str] = "port-declared.v2"
    topic: ClassVar[str] = "ports.ports.v1"

    status: str
    filing: UUID | None


class PortDeclaredV1(PortFact, frozen=True, kw_only=True):
    """A port with its status and the whole history of its filings: no longer published, because a fact that contains a
    history grows without limit. A consumer adds these filings, and removes none: later ones are in FilingRecorded."""

    type: ClassVar[str] = "port-declared.v1"
    topic: ClassVar[str] = "ports.ports.v1"

    status: str
    filings: tuple[Filing, ...]


class FilingDecided(Event, frozen=True, kw_only=True):
    """A filing was accepted or refused, with reasons; `listing` is the credit entry because of which it was refused."""

    type: ClassVar[str] = "filing-decided.v1"
    topic: ClassVar[str] = "ports.filings.v1"
    aggregate: ClassVar[str] = "filing"

    filing: UUID
    carrier: str
    number: str
    holder: str
    provider: str
    decision: str
    reasons: tuple[str, ...]
    listing: UUID | None
    decided_at: Moment

    @property
    def aggregate_id(self) -> str:
        return str(self.filing)

    @property
    def key(self) -> str:
        return self.carrier


class OrderFact(Event, frozen=True, kw_only=True):
    """The whole published state of a shutdown order, as every fact about it carries it.

    `causes` are references (`complaint:<id>`, `enquiry:<id>`) to the ground of the order; `holder` and `provider`
    are credit codes where they are known. Deadlines are the moments by which the carrier must have acted. `lift_review`
    is the outcome of the review of a lift, `replaced_by` the order that was placed again because of it.
    """

    topic: ClassVar[str] = "ports.orders.v1"
    aggregate: ClassVar[str] = "order"

    order: UUID
    carrier: str
    number: str
    state: str
    ground: str
    attribution: str
    holder: str | None
    provider: str | None
    signature: Written | None
    complainants: int
    reasons: tuple[str, ...]
    rules: tuple[Citation, ...]
    causes: tuple[str, ...]
    ordered_at: Moment
    acknowledge_by: Moment
    execute_by: Moment
    acknowledged_at: Moment | None
    executed_at: Moment | None
    evidence: Written | None
    refused_at: Moment | None
    refusal: str | None
    overdue_since: Moment | None
    lifted_at: Moment | None
    lift_reason: Written | None
    ground_fell_at: Moment | None
    lift_review: str | None = None
    replaced_by: UUID | None = None

    @property
    def aggregate_id(self) -> str:
        return str(self.order)

    @property
    def key(self) -> str:
        return f"{self.carrier}:{self.number}"


class ShutdownOrdered(OrderFact, frozen=True, kw_only=True):
    """A carrier was ordered to shut a port."""

    type: ClassVar[str] = "shutdown-ordered.v1"


class OrderAcknowledged(OrderFact, frozen=True, kw_only=True):
    """The carrier has acknowledged the order."""

    type: ClassVar[str] = "order-acknowledged.v1"


class OrderExecuted(OrderFact, frozen=True, kw_only=True):
    """The carrier has shut the port and provided evidence."""

    type: ClassVar[str] = "order-executed.v1"


class OrderRefused(OrderFact, frozen=True, kw_only=True):
    """The carrier has refused the order with a reason; staff decide."""

    type: ClassVar[str] = "order-refused.v1"


class OrderOverdue(OrderFact, frozen=True, kw_only=True):
    """A deadline of the order has passed without the act of the carrier."""

    type: ClassVar[str] = "order-overdue.v1"


class OrderLifted(OrderFact, frozen=True, kw_only=True):
    """Staff have lifted the order: the port may be opened again."""

    type: ClassVar[str] = "order-lifted.v1"


class LiftReviewed(OrderFact, frozen=True, kw_only=True):
    """A second person has confirmed the lift of the order, or reversed it: then the same order is placed again."""

    type: ClassVar[str] = "lift-reviewed.v1"


class GroundFell(OrderFact, frozen=True, kw_only=True):
    """A reassessment has removed the ground of the order. The order stands until staff decide."""

    type: ClassVar[str] = "ground-fell.v1"


class EnquiryFact(Event, frozen=True, kw_only=True):
    """The whole published state of an enquiry to a carrier about an unfiled number."""

    topic: ClassVar[str] = "ports.enquiries.v1"
    aggregate: ClassVar[str] = "enquiry"

    enquiry: UUID
    carrier: str
    number: str
    state: str
    addressed_because: str
    answer: str | None
    answer_note: Written | None
    rules: tuple[Citation, ...]
    causes: tuple[str, ...]
    sent_at: Moment
    answer_by: Moment
    answered_at: Moment | None

    @property
    def aggregate_id(self) -> str:
        return str(self.enquiry)

    @property
    def key(self) -> str:
        return self.carrier


class EnquirySent(EnquiryFact, frozen=True, kw_only=True):
    """An enquiry was sent to a carrier: whose number is this?"""

    type: ClassVar[str] = "enquiry-sent.v1"


class EnquiryAnswered(EnquiryFact, frozen=True, kw_only=True):
    """The carrier answered: mine, filed since, or not mine."""

    type: ClassVar[str] = "enquiry-answered.v1"


class EnquiryUnanswered(EnquiryFact, frozen=True, kw_only=True):
    """The deadline has passed without an answer of the carrier: its silence is itself evidence."""

    type: ClassVar[str] = "enquiry-unanswered.v1"
