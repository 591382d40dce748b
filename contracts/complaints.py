"""Facts of the complaints service: the complaint, and who is responsible for the message."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

import msgspec

from chassis.citation import Citation
from chassis.event import Event
from chassis.redaction import Redacted, Written
from contracts.moments import Moment


class Sender(msgspec.Struct, frozen=True, kw_only=True):
    """The number that sent a message, parsed by the numbering plan."""

    number: str
    kind: str
    base: str | None
    extension: str
    access_class: str | None


class Attribution(msgspec.Struct, frozen=True, kw_only=True):
    """Who is responsible, by the register as it was filed at `as_of`.

    `holder` and `provider` are unified social credit codes. `signature` is the one seen in the message, normalised;
    `filed_signature` the one in the filing. For a consumer with a register of its own this is a hint.

    `signature_unreadable`: the message appears to be signed, but the name cannot be read, or it has another signature
    beside the filed one. A filing alone then names no provider: the port is filed, but it is not known who sent the
    message.

    `claimed_holder` and `claimed_provider` are the enterprises of a filing that declares the port for `as_of` but was
    not on record then (`declared-late`): they are responsible for nothing by that.
    """

    kind: str
    carrier: str | None
    holder: str | None
    provider: str | None
    signature: Written | None
    filed_signature: Written | None
    as_of: Moment
    signature_unreadable: bool = False
    claimed_holder: str | None = None
    claimed_provider: str | None = None


class ComplaintAssessed(Event, frozen=True, kw_only=True):
    """A complaint has its current assessment: sender, attribution, industry and category, with reasons.

    Times are truncated to the hour and the excerpt is redacted, so that a comparison with a delivery log does not
    identify the complainant. `complainant` is a surrogate that changes every quarter. Around the change of the quarter
    `complainant_also` is the other surrogate of the same person, so that a window can span both. Only complaints that
    are `vouched` and not `capped` (too many by one person) count towards automatic acts; those that are `held` (their
    channel files too much) only towards what a person decides.
    """

    type: ClassVar[str] = "complaint-assessed.v1"
    topic: ClassVar[str] = "complaints.complaints.v1"
    aggregate: ClassVar[str] = "complaint"

    complaint: UUID
    sender: Sender
    attribution: Attribution
    industry: str
    category: str
    confidence: float
    reasons: tuple[str, ...]
    rules: tuple[Citation, ...]
    complainant: UUID
    vouched: bool
    channel: str
    province: str | None
    sent_at: Moment
    received_at: Moment
    excerpt: Redacted
    complainant_also: UUID | None = None
    capped: bool = False
    held: bool = False

    @property
    def aggregate_id(self) -> str:
        return str(self.complaint)

    @property
    def key(self) -> str:
        return self.sender.number


class ComplaintWithdrawn(Event, frozen=True, kw_only=True):
    """A complaint no longer counts: its complainant has withdrawn it, or staff found it invalid."""

    type: ClassVar[str] = "complaint-withdrawn.v1"
    topic: ClassVar[str] = "complaints.complaints.v1"
    aggregate: ClassVar[str] = "complaint"

    complaint: UUID
    number: str
    reason: str

    @property
    def aggregate_id(self) -> str:
        return str(self.complaint)

    @property
    def key(self) -> str:
        return self.number
