"""The records that examples are made of: a port that is complained of and shut, and a number that nobody filed.

All of it is made up. The credit codes fit their check characters, but the region 990000 is nowhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from chassis.events.event import Event
from contracts.complaints import Attribution, Citation, ComplaintAssessed, ComplaintWithdrawn, Sender
from contracts.ports import (
    EnquiryAnswered,
    EnquiryFact,
    EnquirySent,
    EnquiryUnanswered,
    Filing,
    FilingDecided,
    GroundFell,
    OrderAcknowledged,
    OrderExecuted,
    OrderFact,
    OrderLifted,
    OrderOverdue,
    OrderRefused,
    PortDeclared,
    ShutdownOrdered,
)
from contracts.schemas.envelope import Envelope


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A fact as it stood on its topic: which one, when, as which version of its aggregate and because of what."""

    event: Event
    id: UUID
    version: int
    time: datetime
    correlation: UUID
    causation: UUID
    traceparent: str | None = None

    @property
    def envelope(self) -> Envelope:
        """The value of the Kafka record."""
        return Envelope(
            specversion="1.0",
            id=self.id,
            source=f"/anning/{self.event.topic.partition('.')[0]}",
            type=self.event.type,
            time=self.time,
            subject=self.event.aggregate_id,
            partitionkey=self.event.key,
            correlationid=str(self.correlation),
            causationid=str(self.causation),
            aggregateversion=self.version,
            traceparent=msgspec.UNSET if self.traceparent is None else self.traceparent,
            data=msgspec.to_builtins(self.event),
        )


def _id(number: int) -> UUID:
    return UUID(f"019e1640-c780-7000-8000-{number:012d}")


def _days(days: float) -> datetime:
    """A moment that many days after the beginning: Monday, 11 May 2026, nine o'clock in Beijing."""
    return datetime(2026, 5, 11, 1, tzinfo=UTC) + timedelta(days=days)


def _minutes(day: int, minutes: int) -> datetime:
    return _days(day) + timedelta(minutes=minutes)


PLATFORM = "91990000MA0QHXT16J"
SHOP = "91990000MA0HMYX219"
FORMER_SHOP = "91990000MA0YJHX32R"

NUMBER = "106907531200186"
UNFILED = "106907539944"

COMPLAINT, FIRST_COMPLAINT, WITHDRAWN = _id(101), _id(102), _id(103)
FIRST_OF_UNFILED, SECOND_OF_UNFILED = _id(104), _id(105)
FILING, FORMER_FILING, REFUSED_FILING = _id(201), _id(202), _id(203)
ORDER, REFUSED_ORDER, LATE_ORDER = _id(301), _id(302), _id(303)
ENQUIRY, SILENT_ENQUIRY = _id(401), _id(402)
ASSESSED_FACT, ASSESSED_UNFILED_FACT, WITHDRAWN_FACT = _id(901), _id(902), _id(903)
ACT = _id(999)
"""A command: the request of a carrier or of staff, or the run of a sweep, that led to a fact."""

SIGNATURE_RULE = Citation(
    rule="assessment.signature",
    version="CN-2015",
    legal_source="length of signatures as messaging platforms take them (2 to 18 characters)",
    mark="R",
)
COMMERCIAL_RULE = Citation(
    rule="shutdown.commercial",
    version="CN-2026@2026-05-01",
    legal_source="MIIT Order 74 (2026) Art. 21, proof of consent; the bar is that of TRAI TCCCPR (5 in 10 days)",
    mark="D",
)
DEADLINE_RULE = Citation(
    rule="order.deadlines",
    version="CN-2026@2026-05-01",
    legal_source="none sets one; ours, for comparison FCC 47 CFR 64.1200(n): mitigate within 48 hours",
    mark="D",
)
UNREGISTERED_RULE = Citation(
    rule="enquiry.unregistered",
    version="CN-2026@2026-05-01",
    legal_source="MIIT Order 74 (2026), real identity of the sender; two complainants are our default",
    mark="D",
)

_ASSESSED = ComplaintAssessed(
    complaint=COMPLAINT,
    sender=Sender(number=NUMBER, kind="port", base="10690753", extension="1200186", access_class="national-platform"),
    attribution=Attribution(
        kind="declared",
        carrier="CMCC",
        holder=PLATFORM,
        provider=SHOP,
        signature="禾木优选",
        filed_signature="禾木优选",
        as_of=_days(2),
    ),
    industry="retail",
    category="commercial",
    confidence=0.863,
    reasons=("filed:exact", "signature:as-filed", "class:retail", "word:上新", "word:领券", "purpose:filed-for-notice"),
    rules=(SIGNATURE_RULE,),
    complainant=UUID("7c9d3f52-1b64-4f0e-9a57-2d8e61c4b390"),
    vouched=True,
    channel="12321_web",
    province="440000",
    sent_at=_days(2),
    received_at=_days(2),
    excerpt="【禾木优选】亲爱的会员,春茶上新全场5折,满199减50,今晚24点结束,戳 〈链接〉 领券,回T退订",
)

_FILINGS = (
    Filing(
        filing=FORMER_FILING,
        holder=PLATFORM,
        holder_name="青杉信息技术有限公司",
        provider=FORMER_SHOP,
        provider_name="雅集文化用品有限公司",
        signature="雅集文化",
        purpose="marketing",
        province=None,
        covers_extensions=False,
        valid_from=_days(-700),
        valid_to=_days(-90),
    ),
    Filing(
        filing=FILING,
        holder=PLATFORM,
        holder_name="青杉信息技术有限公司",
        provider=SHOP,
        provider_name="禾木优选贸易有限公司",
        signature="禾木优选",
        purpose="notice",
        province="440000",
        covers_extensions=True,
        valid_from=_days(-90),
        valid_to=None,
    ),
)

_ORDERED: dict[str, Any] = {
    "order": ORDER,
    "carrier": "CMCC",
    "number": NUMBER,
    "state": "ordered",
    "ground": "commercial",
    "attribution": "declared",
    "holder": PLATFORM,
    "provider": SHOP,
    "signature": "禾木优选",
    "complainants": 5,
    "reasons": ("5 different vouched complainants of messages sent within 10 days; the bar is 5",),
    "rules": (COMMERCIAL_RULE, DEADLINE_RULE),
    "causes": (f"complaint:{FIRST_COMPLAINT}", f"complaint:{COMPLAINT}"),
    "ordered_at": _minutes(2, 31),
    "acknowledge_by": _minutes(2, 31 + 2 * 60),
    "execute_by": _minutes(2, 31 + 24 * 60),
    "acknowledged_at": None,
    "executed_at": None,
    "evidence": None,
    "refused_at": None,
    "refusal": None,
    "overdue_since": None,
    "lifted_at": None,
    "lift_reason": None,
    "ground_fell_at": None,
}
_ACKNOWLEDGED: dict[str, Any] = {"state": "acknowledged", "acknowledged_at": _minutes(2, 48)}
_EXECUTED: dict[str, Any] = _ACKNOWLEDGED | {
    "state": "executed",
    "executed_at": _minutes(2, 245),
    "evidence": "submissions from the number end at 13:05 (log 20260513-0186)",
}
_WITHOUT_GROUND: dict[str, Any] = _EXECUTED | {"ground_fell_at": _minutes(4, 12)}

_SENT: dict[str, Any] = {
    "enquiry": ENQUIRY,
    "carrier": "CMCC",
    "number": UNFILED,
    "state": "sent",
    "addressed_because": "access-code",
    "answer": None,
    "answer_note": None,
    "rules": (UNREGISTERED_RULE, DEADLINE_RULE),
    "causes": (f"complaint:{FIRST_OF_UNFILED}", f"complaint:{SECOND_OF_UNFILED}"),
    "sent_at": _minutes(1, 5),
    "answer_by": _minutes(1, 5 + 24 * 60),
    "answered_at": None,
}


def _of_order(
    kind: type[OrderFact], number: int, version: int, at: datetime, causation: UUID = ACT, **became: Any
) -> Record:
    return Record(
        event=kind(**_ORDERED | became),
        id=_id(number),
        version=version,
        time=at,
        correlation=COMPLAINT,
        causation=causation,
    )


def _of_enquiry(
    kind: type[EnquiryFact], number: int, version: int, at: datetime, causation: UUID = ACT, **became: Any
) -> Record:
    return Record(
        event=kind(**_SENT | became),
        id=_id(number),
        version=version,
        time=at,
        correlation=SECOND_OF_UNFILED,
        causation=causation,
    )


RECORDS: tuple[Record, ...] = (
    Record(
        event=_ASSESSED,
        id=ASSESSED_FACT,
        version=1,
        time=_minutes(2, 31),
        correlation=COMPLAINT,
        causation=COMPLAINT,
        traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    ),
    Record(
        event=ComplaintWithdrawn(complaint=WITHDRAWN, number=NUMBER, reason="taken-back"),
        id=WITHDRAWN_FACT,
        version=2,
        time=_minutes(4, 12),
        correlation=WITHDRAWN,
        causation=ACT,
    ),
    Record(
        event=PortDeclared(carrier="CMCC", number=NUMBER, access_code="10690753", status="declared", filings=_FILINGS),
        id=_id(905),
        version=2,
        time=_days(-90),
        correlation=FILING,
        causation=ACT,
    ),
    Record(
        event=FilingDecided(
            filing=REFUSED_FILING,
            carrier="CMCC",
            number=NUMBER,
            holder=PLATFORM,
            provider=FORMER_SHOP,
            decision="refused",
            reasons=("shut",),
            listing=None,
            decided_at=_minutes(3, 90),
        ),
        id=_id(906),
        version=1,
        time=_minutes(3, 90),
        correlation=REFUSED_FILING,
        causation=ACT,
    ),
    _of_order(ShutdownOrdered, 910, 1, _minutes(2, 31), ASSESSED_FACT),
    _of_order(OrderAcknowledged, 911, 2, _minutes(2, 48), **_ACKNOWLEDGED),
    _of_order(OrderExecuted, 912, 3, _minutes(2, 245), **_EXECUTED),
    _of_order(GroundFell, 913, 4, _minutes(4, 12), WITHDRAWN_FACT, **_WITHOUT_GROUND),
    _of_order(
        OrderLifted,
        914,
        5,
        _minutes(4, 40),
        **_WITHOUT_GROUND
        | {
            "state": "lifted",
            "lifted_at": _minutes(4, 40),
            "lift_reason": "one complaint was withdrawn, four do not suffice",
        },
    ),
    _of_order(
        OrderRefused,
        915,
        2,
        _minutes(2, 55),
        order=REFUSED_ORDER,
        carrier="CUCC",
        state="refused",
        refused_at=_minutes(2, 55),
        refusal="not-our-port: assigned to another carrier since March",
    ),
    _of_order(
        OrderOverdue, 916, 2, _minutes(2, 152), order=LATE_ORDER, carrier="CTCC", overdue_since=_minutes(2, 31 + 2 * 60)
    ),
    _of_enquiry(EnquirySent, 919, 1, _minutes(1, 5), ASSESSED_UNFILED_FACT),
    _of_enquiry(
        EnquiryAnswered,
        917,
        2,
        _minutes(1, 187),
        state="answered",
        answer="mine-unfiled",
        answer_note="in use since April, the filing was forgotten",
        answered_at=_minutes(1, 187),
    ),
    _of_enquiry(
        EnquiryUnanswered,
        918,
        2,
        _minutes(2, 6),
        enquiry=SILENT_ENQUIRY,
        carrier="CUCC",
        addressed_because="every-carrier",
        state="unanswered",
    ),
)
"""One record of every event type."""
