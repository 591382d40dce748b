"""Complaints, filings and registers for the tests: short to write, complete enough to decide on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

from chassis.redaction import Written
from contracts.numbers import SenderNumber
from contracts.ports import Filing
from contracts.register import on_record_at, on_record_since
from services.complaints.model import Complaint
from services.complaints.policy.attribution import CodeHolder, RegisteredPort, RegisterPart
from services.complaints.policy.intake import Report

NOON = datetime(2026, 6, 1, 4, 30, 17, tzinfo=UTC)
NUMBER = "10690123456789"
HOLDER, OTHER_HOLDER = "91440300MA5EXAMP0A", "91110108MA01EXAMPB"
PROVIDER = "91310115MA1EXAMPLC"
LONG_AGO = NOON - timedelta(days=100)
_NAMES = UUID("00000000-0000-0000-0000-00000000000c")


def days(count: float) -> timedelta:
    return timedelta(days=count)


def filing(
    signature: str = "云杉书店",
    *,
    holder: str = HOLDER,
    provider: str = PROVIDER,
    provider_name: str = "云杉文化传播有限公司",
    purpose: str = "marketing",
    covers_extensions: bool = False,
    since: datetime = LONG_AGO,
    until: datetime | None = None,
    on_record_from: datetime | None = None,
    filed_by: tuple[str, ...] = (),
) -> Filing:
    """A filing of a bookshop."""
    return Filing(
        filing=uuid5(_NAMES, f"{holder} {signature} {since}"),
        holder=holder,
        holder_name=Written("某通信技术有限公司"),
        provider=provider,
        provider_name=Written(provider_name),
        signature=Written(signature),
        purpose=purpose,
        province=None,
        covers_extensions=covers_extensions,
        valid_from=since,
        valid_to=until,
        on_record_from=on_record_from,
        filed_by=filed_by,
    )


def port(*filings: Filing, number: str = NUMBER, carrier: str = "CMCC") -> RegisteredPort:
    return RegisteredPort(carrier, number, filings or (filing(),))


def register(*ports: RegisteredPort) -> RegisterPart:
    """A register of these ports, whose holders also hold the access codes at noon."""
    by_number: dict[str, list[RegisteredPort]] = {}
    holders: dict[tuple[str, datetime], list[CodeHolder]] = {}
    for each in ports:
        by_number.setdefault(each.number, []).append(each)
        code = SenderNumber.parse(each.number).base or ""
        held = on_record_at(each.filings, NOON)
        if held is not None:
            holders.setdefault((code, NOON), []).append(CodeHolder(each.carrier, held.holder, on_record_since(held)))
    return RegisterPart(ports=by_number, holders=holders)


def complaint(
    text: str = "【云杉书店】新书上架，全场八折，回T退订", *, sender: str = NUMBER, sent: datetime = NOON
) -> Complaint:
    return Complaint(
        id=uuid5(_NAMES, text),
        channel="app",
        external_id="app-1",
        sender=SenderNumber.parse(sender),
        surrogate=uuid5(_NAMES, "complainant"),
        vouched=True,
        province="440000",
        sent_at=sent,
        received_at=sent + timedelta(minutes=5),
        filed_at=sent + timedelta(minutes=6),
        text=text,
    )


def report(**overrides: object) -> Report:
    """A valid report, with these fields replaced."""
    fields: dict[str, object] = {
        "channel": "app",
        "external_id": "app-1",
        "complainant_number": "13900001234",
        "complainant_province": "440000",
        "sender_number": NUMBER,
        "text": "【云杉书店】新书上架，全场八折，回T退订",
        "sent_at": NOON,
        "received_at": NOON + timedelta(minutes=5),
        **overrides,
    }
    return Report(**fields)  # type: ignore[arg-type]
