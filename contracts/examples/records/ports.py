"""A port with complaints that is shut, and an unfiled number."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from chassis.citation import Citation
from chassis.redaction import Redacted, Written
from contracts.complaints import Attribution, ComplaintAssessed, ComplaintWithdrawn, Sender
from contracts.examples.records.record import (
    ACT,
    COMPLAINT,
    FIRST_COMPLAINT,
    FORMER_SHOP,
    NUMBER,
    ORDER,
    PLATFORM,
    SHOP,
    UNFILED,
    Record,
    days,
    id_of,
    minutes,
)
from contracts.ports import (
    EnquiryAnswered,
    EnquiryFact,
    EnquirySent,
    EnquiryUnanswered,
    Filing,
    FilingDecided,
    FilingRecorded,
    GroundFell,
    LiftReviewed,
    OrderAcknowledged,
    OrderExecuted,
    OrderFact,
    OrderLifted,
    OrderOverdue,
    OrderRefused,
    PortDeclared,
    PortDeclaredV1,
    ShutdownOrdered,
)

WITHDRAWN = id_of(103)
FIRST_OF_UNFILED, SECOND_OF_UNFILED = id_of(104), id_of(105)
FILING, FORMER_FILING, REFUSED_FILING = id_of(201), id_of(202), id_of(203)
REFUSED_ORDER, LATE_ORDER = id_of(302), id_of(303)
ENQUIRY, SILENT_ENQUIRY = id_of(401), id_of(402)
ASSESSED_FACT, ASSESSED_UNFILED_FACT, WITHDRAWN_FACT = id_of(901), id_of(902), id_of(903)

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
        signature=Written("禾木优选"),
        filed_signature=Written("禾木优选"),
        as_of=days(2),
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
    sent_at=days(2),
    received_at=days(2),
    excerpt=Redacted("【禾木优选】亲爱的会员,春茶上新全场5折,满199减50,今晚24点结束,戳 〈链接〉 领券,回T退订"),
)

_FILINGS = (
    Filing(
        filing=FORMER_FILING,
        holder=PLATFORM,
        holder_name=Written("青杉信息技术有限公司"),
        provider=FORMER_SHOP,
        provider_name=Written("雅集文化用品有限公司"),
        signature=Written("雅集文化"),
        purpose="marketing",
        province=None,
        covers_extensions=False,
        valid_from=days(-700),
        valid_to=days(-90),
    ),
    Filing(
        filing=FILING,
        holder=PLATFORM,
        holder_name=Written("青杉信息技术有限公司"),
        provider=SHOP,
        provider_name=Written("禾木优选贸易有限公司"),
        signature=Written("禾木优选"),
        purpose="notice",
        province="440000",
        covers_extensions=True,
        valid_from=days(-90),
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
    "ordered_at": minutes(2, 31),
    "acknowledge_by": minutes(2, 31 + 2 * 60),
    "execute_by": minutes(2, 31 + 24 * 60),
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
_ACKNOWLEDGED: dict[str, Any] = {"state": "acknowledged", "acknowledged_at": minutes(2, 48)}
_EXECUTED: dict[str, Any] = _ACKNOWLEDGED | {
    "state": "executed",
    "executed_at": minutes(2, 245),
    "evidence": "submissions from the number end at 13:05 (log 20260513-0186)",
}
_WITHOUT_GROUND: dict[str, Any] = _EXECUTED | {"ground_fell_at": minutes(4, 12)}

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
    "sent_at": minutes(1, 5),
    "answer_by": minutes(1, 5 + 24 * 60),
    "answered_at": None,
}


def _of_order(
    kind: type[OrderFact], number: int, version: int, at: datetime, causation: UUID = ACT, **became: Any
) -> Record:
    return Record(
        event=kind(**_ORDERED | became),
        id=id_of(number),
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
        id=id_of(number),
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
        time=minutes(2, 31),
        correlation=COMPLAINT,
        causation=COMPLAINT,
        traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    ),
    Record(
        event=ComplaintWithdrawn(complaint=WITHDRAWN, number=NUMBER, reason="taken-back"),
        id=WITHDRAWN_FACT,
        version=2,
        time=minutes(4, 12),
        correlation=WITHDRAWN,
        causation=ACT,
    ),
    Record(
        event=PortDeclaredV1(
            carrier="CMCC", number=NUMBER, access_code="10690753", status="declared", filings=_FILINGS
        ),
        id=id_of(905),
        version=2,
        time=days(-90),
        correlation=FILING,
        causation=ACT,
    ),
    Record(
        event=FilingRecorded(
            **msgspec.structs.asdict(_FILINGS[-1]) | {"on_record_from": days(-90), "initial": False},
            carrier="CMCC",
            number=NUMBER,
            access_code="10690753",
            recorded_at=days(-90),
        ),
        id=id_of(907),
        version=3,
        time=days(-90),
        correlation=FILING,
        causation=ACT,
    ),
    Record(
        event=PortDeclared(carrier="CMCC", number=NUMBER, access_code="10690753", status="declared", filing=FILING),
        id=id_of(908),
        version=4,
        time=days(-90),
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
            decided_at=minutes(3, 90),
        ),
        id=id_of(906),
        version=1,
        time=minutes(3, 90),
        correlation=REFUSED_FILING,
        causation=ACT,
    ),
    _of_order(ShutdownOrdered, 910, 1, minutes(2, 31), ASSESSED_FACT),
    _of_order(OrderAcknowledged, 911, 2, minutes(2, 48), **_ACKNOWLEDGED),
    _of_order(OrderExecuted, 912, 3, minutes(2, 245), **_EXECUTED),
    _of_order(GroundFell, 913, 4, minutes(4, 12), WITHDRAWN_FACT, **_WITHOUT_GROUND),
    _of_order(
        OrderLifted,
        914,
        5,
        minutes(4, 40),
        **_WITHOUT_GROUND
        | {
            "state": "lifted",
            "lifted_at": minutes(4, 40),
            "lift_reason": "one complaint was withdrawn, four do not suffice",
        },
    ),
    _of_order(
        LiftReviewed,
        920,
        6,
        minutes(5, 10),
        **_WITHOUT_GROUND
        | {
            "state": "lifted",
            "lifted_at": minutes(4, 40),
            "lift_reason": "one complaint was withdrawn, four do not suffice",
            "lift_review": "confirmed",
        },
    ),
    _of_order(
        OrderRefused,
        915,
        2,
        minutes(2, 55),
        order=REFUSED_ORDER,
        carrier="CUCC",
        state="refused",
        refused_at=minutes(2, 55),
        refusal="not-our-port: assigned to another carrier since March",
    ),
    _of_order(
        OrderOverdue, 916, 2, minutes(2, 152), order=LATE_ORDER, carrier="CTCC", overdue_since=minutes(2, 31 + 2 * 60)
    ),
    _of_enquiry(EnquirySent, 919, 1, minutes(1, 5), ASSESSED_UNFILED_FACT),
    _of_enquiry(
        EnquiryAnswered,
        917,
        2,
        minutes(1, 187),
        state="answered",
        answer="mine-unfiled",
        answer_note="in use since April, the filing was forgotten",
        answered_at=minutes(1, 187),
    ),
    _of_enquiry(
        EnquiryUnanswered,
        918,
        2,
        minutes(2, 6),
        enquiry=SILENT_ENQUIRY,
        carrier="CUCC",
        addressed_because="every-carrier",
        state="unanswered",
    ),
)
"""One record of every event type of complaints and ports."""
