"""Complaints, clues and conclusions for tests: short to write, with every field that a decision needs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from chassis.aggregate import Cause
from chassis.citation import Citation
from chassis.redaction import Redacted
from contracts.complaints import Attribution, ComplaintAssessed, Sender
from contracts.numbers import SenderNumber
from contracts.referrals import Conclusion, Counts
from contracts.vocabulary import SubjectKind
from services.referrals.model import Clue, Place, Tally, new_clue_id

NOON = datetime(2026, 6, 10, 12, 34, 56, tzinfo=UTC)
PROVIDER, HOLDER = "91630000M0CKPC3D5Q", "91350000M0CKHA1D3E"
SIGNATURE = "样例服务"
NUMBER, MOBILE = "10690123566571", "13900001234"
BECAUSE = Cause("complaint-1", "event-1")
BATCH, OTHER_BATCH = UUID(int=7), UUID(int=8)
RULE = Citation(rule="feedback.deadline", version="CN-2026", legal_source="a test", mark="D")
ONE = Tally(Counts(complaints=1, complainants=1, vouched=1, senders=1), ("CMCC",))
SEVEN = Tally(Counts(complaints=7, complainants=6, vouched=5, senders=2), ("CMCC", "CUCC"))


def days(count: float) -> timedelta:
    return timedelta(days=count)


def sender(number: str) -> Sender:
    parsed = SenderNumber.parse(number)
    return Sender(
        number=parsed.number,
        kind=parsed.kind,
        base=parsed.base,
        extension=parsed.extension,
        access_class=parsed.access_class,
    )


def attribution(kind: str = "declared", **overrides: Any) -> Attribution:
    found = {"carrier": "CMCC", "holder": HOLDER, "provider": PROVIDER, "signature": SIGNATURE}
    return Attribution(kind=kind, filed_signature=None, as_of=NOON, **found | overrides)


def complaint(
    number: str = NUMBER,
    *,
    kind: str = "declared",
    category: str = "commercial",
    industry: str = "retail",
    received: datetime = NOON,
    **overrides: Any,
) -> ComplaintAssessed:
    return ComplaintAssessed(
        complaint=UUID(int=1),
        sender=sender(number),
        attribution=attribution(kind, **overrides),
        industry=industry,
        category=category,
        confidence=0.9,
        reasons=(),
        rules=(),
        complainant=UUID(int=2),
        vouched=True,
        channel="12321_web",
        province=None,
        sent_at=received,
        received_at=received,
        excerpt=Redacted(""),
    )


def place(industry: str = "retail") -> Place:
    return Place(SubjectKind.ENTERPRISE, PROVIDER, industry, "2026Q2")


def clue(authority: str | None = "SAMR", industry: str = "retail") -> Clue:
    """An open clue."""
    made = Clue(
        id=new_clue_id(NOON),
        place=place(industry),
        subject_name="禾木优选贸易有限公司",
        sequence=1,
        cause="complaint:1",
        correlation_id=BECAUSE.correlation_id,
        authority=authority,
        tally=ONE,
        opened_at=NOON,
    )
    made.open(BECAUSE)
    return made


def refer(made: Clue, *, batch: UUID = BATCH, authority: str = "SAMR", at: datetime = NOON) -> None:
    """Seal the clue in a batch, with thirty days to conclude it."""
    made.refer(
        batch,
        authority=authority,
        subject_name=made.subject_name,
        tally=SEVEN,
        rules=(RULE,),
        at=at,
        conclude_by=at + days(30),
        because=BECAUSE,
    )


def conclusion(code: str = "warned", **overrides: Any) -> Conclusion:
    nothing = dict.fromkeys(("amount", "enterprise", "decision", "merged_into", "transferred_to", "note"))
    return Conclusion(code=code, **nothing | overrides)
