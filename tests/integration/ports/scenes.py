"""What the tests of this service tell it, and what they ask of it afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import sqlalchemy as sa

from chassis import clock
from chassis.aggregate import Cause
from chassis.database import Database
from chassis.events.consumer import dispatch
from chassis.events.envelope import Message
from chassis.ids import new_id
from contracts.complaints import Attribution, ComplaintAssessed, ComplaintWithdrawn, Sender
from contracts.numbers import SenderNumber
from services.ports.commands.filings import Filed, file_ports
from services.ports.commands.forms import Form, read_form
from services.ports.reactions import REACTIONS

NOON = datetime(2026, 6, 10, 12, tzinfo=UTC)
HOLDER, OTHER_HOLDER = "91350000M0CKHA1D3E", "91510000M0CKHB2D25"
PROVIDER = "91630000M0CKPC3D5Q"
SIGNATURE = "样例服务"
NUMBER = "10690123566571"
_NAMES = UUID("00000000-0000-0000-0000-00000000000b")


def named(name: str) -> UUID:
    """The complaint, or the complainant, of that name."""
    return uuid5(_NAMES, name)


def assessed(
    name: str,
    number: str = NUMBER,
    *,
    version: int = 2,
    by: str | None = None,
    kind: str = "declared",
    category: str = "commercial",
    carrier: str | None = "CMCC",
    holder: str | None = HOLDER,
    signature: str | None = SIGNATURE,
    vouched: bool = True,
    sent: datetime = NOON,
) -> Message[ComplaintAssessed]:
    """The complaint of that name, assessed; unless `by` says otherwise each has a complainant of its own."""
    sender = SenderNumber.parse(number)
    unregistered = kind not in ("declared", "sublet-suspected")
    event = ComplaintAssessed(
        complaint=named(name),
        sender=Sender(
            number=sender.number,
            kind=sender.kind,
            base=sender.base,
            extension=sender.extension,
            access_class=sender.access_class,
        ),
        attribution=Attribution(
            kind=kind,
            carrier=None if unregistered else carrier,
            holder=None if unregistered else holder,
            provider=None if kind != "declared" else PROVIDER,
            signature=signature,
            filed_signature=None if unregistered else SIGNATURE,
            as_of=sent,
        ),
        industry="retail",
        category=category,
        confidence=0.9,
        reasons=("a word",),
        rules=(),
        complainant=named(f"complainant of {by or name}"),
        vouched=vouched,
        channel="12321_web",
        province="440000",
        sent_at=sent.replace(minute=0, second=0, microsecond=0),
        received_at=sent,
        excerpt="",
    )
    return Message(new_id(), event, version, clock.now(), Cause(f"complaint {name}", f"filed {name}"))


def unregistered(name: str, number: str = NUMBER, **say: Any) -> Message[ComplaintAssessed]:
    return assessed(name, number, kind="unregistered", **say)


def sublet(name: str, number: str = NUMBER, **say: Any) -> Message[ComplaintAssessed]:
    return assessed(name, number, kind="sublet-suspected", signature="模拟到家", **say)


def withdrawn(name: str, number: str = NUMBER, *, version: int = 3) -> Message[ComplaintWithdrawn]:
    event = ComplaintWithdrawn(complaint=named(name), number=number, reason="taken-back")
    return Message(new_id(), event, version, clock.now(), Cause(f"complaint {name}", f"withdrawn {name}"))


def five(number: str = NUMBER, **say: Any) -> list[Message[ComplaintAssessed]]:
    return [assessed(f"{number} {n}", number, **say) for n in range(5)]


def hear(database: Database, *messages: Message[Any]) -> None:
    """React to these messages in one transaction, as a consumer does."""
    with database.begin() as tx:
        dispatch(tx, messages, REACTIONS)


def form(
    number: str = NUMBER,
    *,
    carrier: str = "CMCC",
    holder: str = HOLDER,
    signature: str = SIGNATURE,
    declared_from: str | None = "2020-01-01",
    covers_extensions: bool = False,
    province: str | None = None,
) -> Form:
    fields = {
        "number": number,
        "carrier": carrier,
        "province": province,
        "holder_uscc": holder,
        "holder_name": "示例短信信息技术有限公司",
        "provider_uscc": PROVIDER,
        "provider_name": "样例服务中心有限公司",
        "signature": signature,
        "purpose": "notice",
        "declared_from": declared_from,
    }
    return read_form(fields, covers_extensions=covers_extensions, now=clock.now())


def file(database: Database, *forms: Form) -> list[Filed]:
    """File these ports in one transaction."""
    with database.begin() as tx:
        return file_ports(tx, forms, tx.cause)


def rows(database: Database, statement: str, **parameters: Any) -> Sequence[Any]:
    """What the database answers."""
    with database.read() as read:
        return read.execute(sa.text(statement), parameters).all()


def orders(database: Database) -> Sequence[Any]:
    return rows(database, "SELECT * FROM orders ORDER BY id")


def enquiries(database: Database) -> Sequence[Any]:
    return rows(database, "SELECT * FROM enquiries ORDER BY carrier, id")


def published(database: Database, kind: str) -> int:
    """How many facts of that type went into the outbox."""
    return int(rows(database, "SELECT count(*) FROM outbox WHERE type = :kind", kind=kind)[0][0])


def hours(count: float) -> timedelta:
    return timedelta(hours=count)


def ordered(database: Database, number: str = NUMBER, carrier: str = "CMCC") -> str:
    """The path of an order that was just placed."""
    file(database, form(number, carrier=carrier))
    hear(database, *five(number, carrier=carrier))
    (order,) = [each for each in orders(database) if (each.carrier, each.number) == (carrier, number)]
    return f"/orders/{order.id}"
