"""What the tests of this service send to it, and what they read afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID, uuid5

import msgspec
import sqlalchemy as sa

from chassis import clock
from chassis.aggregate import Cause
from chassis.audit import Actor
from chassis.database import Database
from chassis.events.consumer import dispatch
from chassis.events.envelope import Message
from chassis.ids import new_id
from chassis.redaction import Redacted, Written
from chassis.sweeper import Slice
from chassis.target import Target
from contracts.complaints import Attribution, ComplaintAssessed, ComplaintWithdrawn, Sender
from contracts.credit import Restriction, StandingChanged
from contracts.numbers import SenderNumber
from services.ports.access import EVERYTHING, Visibility
from services.ports.commands.filings import FilingResult, file_ports
from services.ports.commands.forms import FilingForm, FilingLine, read_form
from services.ports.commands.initial_loads import open_load
from services.ports.commands.orders import acknowledge_order, execute_order, lift_order
from services.ports.model import InitialLoad
from services.ports.policy.rulebook import grace_of_single_filings
from services.ports.reactions import REACTIONS
from services.ports.sweeps import ENFORCE_LISTINGS

NOON = datetime(2026, 6, 10, 12, tzinfo=UTC)
HOLDER, OTHER_HOLDER = "91350000M0CKHA1D3E", "91510000M0CKHB2D25"
PROVIDER = "91630000M0CKPC3D5Q"
SIGNATURE = "样例服务"
NUMBER = "10690123566571"
_NAMES = UUID("00000000-0000-0000-0000-00000000000b")
_ARRIVALS = count()


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
    capped: bool = False,
    also: str | None = None,
    sent: datetime = NOON,
    unreadable: bool = False,
    channel: str | None = None,
    at: datetime | None = None,
    actors: tuple[str, ...] = (),
) -> Message[ComplaintAssessed]:
    """The complaint of that name, assessed; without `by` each has a complainant of its own. `also` is the complainant's
    surrogate in the adjacent quarter. Without `channel` and `at` it comes through a channel of its own and long after
    the last one, so that an order needs no person."""
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
            provider=None if kind != "declared" or unreadable else PROVIDER,
            signature=None if unreadable or signature is None else Written(signature),
            filed_signature=None if unregistered else Written(SIGNATURE),
            as_of=sent,
            signature_unreadable=unreadable,
        ),
        industry="retail",
        category=category,
        confidence=0.9,
        reasons=("a word",),
        rules=(),
        complainant=named(f"complainant of {by or name}"),
        vouched=vouched,
        channel=channel or f"channel of {name}",
        province="440000",
        sent_at=sent.replace(minute=0, second=0, microsecond=0),
        received_at=sent,
        excerpt=Redacted(""),
        complainant_also=None if also is None else named(f"complainant of {also}"),
        capped=capped,
    )
    arrival = at or NOON + next(_ARRIVALS) * timedelta(hours=1)
    return Message(new_id(), event, version, arrival, Cause(f"complaint {name}", f"filed {name}", None, actors))


def unregistered(name: str, number: str = NUMBER, **overrides: Any) -> Message[ComplaintAssessed]:
    return assessed(name, number, kind="unregistered", **overrides)


def sublet(name: str, number: str = NUMBER, **overrides: Any) -> Message[ComplaintAssessed]:
    return assessed(name, number, kind="sublet-suspected", signature="模拟到家", **overrides)


def withdrawn(name: str, number: str = NUMBER, *, version: int = 3) -> Message[ComplaintWithdrawn]:
    event = ComplaintWithdrawn(complaint=named(name), number=number, reason="taken-back")
    return Message(new_id(), event, version, clock.now(), Cause(f"complaint {name}", f"withdrawn {name}"))


def restriction(
    name: str = "an entry",
    *,
    new_resources: str = "refuse",
    existing: str = "shut",
    since: datetime = NOON - timedelta(days=30),
) -> Restriction:
    """The terms of the entry of that name."""
    return Restriction(
        entry=named(name),
        list="adverse",
        tier="general",
        reason="listed-adverse-general",
        article=Written("电信业务经营许可管理办法第四十二条"),
        new_resources=new_resources,
        existing=existing,
        since=since,
        until=since + timedelta(days=365),
    )


def standing(*restrictions: Restriction, code: str = HOLDER, version: int = 1) -> Message[StandingChanged]:
    """The restrictions on an enterprise now: these and no others."""
    event = StandingChanged(code=code, restrictions=restrictions)
    return Message(new_id(), event, version, clock.now(), Cause(f"story of {code}", f"standing {version} of {code}"))


def enforce(database: Database, limit: int = 200) -> int:
    """Run the sweep of listings until no work is left; returns how many slices had work."""
    slices = 0
    while True:
        with database.begin() as tx:
            if not ENFORCE_LISTINGS.run(tx, Slice(limit)):
                return slices
        slices += 1


def listed(database: Database, *numbers: str, **restricted: Any) -> None:
    """File these ports, list their holder, and enforce the listing."""
    file(database, *(form(number) for number in numbers))
    consume(database, standing(restriction(**restricted)))
    enforce(database)


def repaired(code: str = HOLDER, *, version: int = 2) -> Message[StandingChanged]:
    """The enterprise has no restrictions any more."""
    return standing(code=code, version=version)


class Staff:
    """A person of the ministry."""

    subject = "li"
    organisation = "regulator:MIIT"


def any_version(_: int) -> None:
    """Accepts any version of an aggregate."""


def target(identifier: UUID, visibility: Visibility = EVERYTHING, actor: Actor | None = None) -> Target[Visibility]:
    """The aggregate with this id, addressed by an actor who may see it and has read its newest version."""
    return Target(identifier, visibility, actor or Staff(), any_version)


def execute(database: Database, order: Any) -> None:
    """Acknowledge and execute an order as its carrier."""
    with database.begin() as tx:
        acknowledge_order(tx, target(order.id))
    with database.begin() as tx:
        execute_order(tx, target(order.id), "switched off")


def lift(database: Database, order: Any) -> None:
    """Lift an order as staff."""
    with database.begin() as tx:
        lift_order(tx, target(order.id), "a mistake")


def five(number: str = NUMBER, **overrides: Any) -> list[Message[ComplaintAssessed]]:
    return [assessed(f"{number} {n}", number, **overrides) for n in range(5)]


def consume(database: Database, *messages: Message[Any]) -> None:
    """Handle these messages in one transaction, as a consumer does."""
    with database.begin() as tx:
        dispatch(tx, messages, REACTIONS)


def form(
    number: str = NUMBER,
    *,
    carrier: str = "CMCC",
    holder: str = HOLDER,
    provider: str = PROVIDER,
    signature: str = SIGNATURE,
    declared_from: str | None = "2020-01-01",
    covers_extensions: bool = False,
    province: str | None = None,
) -> FilingForm:
    fields = {
        "number": number,
        "carrier": carrier,
        "province": province,
        "holder_uscc": holder,
        "holder_name": "示例短信信息技术有限公司",
        "provider_uscc": provider,
        "provider_name": "样例服务中心有限公司",
        "signature": signature,
        "purpose": "notice",
        "declared_from": declared_from,
        "covers_extensions": covers_extensions,
    }
    return read_form(msgspec.convert(fields, FilingLine), clock.now())


def open_initial_load(database: Database, carrier: str = "CMCC") -> InitialLoad:
    """Until it is closed, what is filed of the carrier is on record from its own begin, whatever rules are in force."""
    with database.begin() as tx:
        return open_load(tx, carrier, None, Staff())


def file(database: Database, *forms: FilingForm, by: tuple[str, ...] = ()) -> list[FilingResult]:
    """File these ports in one transaction, as single filings of their carrier or of these persons."""
    with database.begin(Cause.beginning(new_id(), actors=by)) as tx:
        return file_ports(tx, forms, grace_of_single_filings)


def rows(database: Database, statement: str, **parameters: Any) -> Sequence[Any]:
    """The rows that a query returns."""
    with database.read() as read:
        return read.execute(sa.text(statement), parameters).all()


def orders(database: Database) -> Sequence[Any]:
    return rows(database, "SELECT * FROM orders ORDER BY id")


def order_at(database: Database, number: str = NUMBER, carrier: str = "CMCC") -> Any:
    """The last order for a port."""
    return [each for each in orders(database) if (each.carrier, each.number) == (carrier, number)][-1]


def listings(database: Database) -> Sequence[Any]:
    return rows(database, "SELECT * FROM listings ORDER BY since, entry")


def phases(database: Database) -> list[str]:
    return [row.phase for row in listings(database)]


def proposals(database: Database) -> Sequence[Any]:
    return rows(database, "SELECT * FROM shutdown_proposals ORDER BY id")


def enquiries(database: Database) -> Sequence[Any]:
    return rows(database, "SELECT * FROM enquiries ORDER BY carrier, id")


def published(database: Database, kind: str) -> int:
    """How many events of that type are in the outbox."""
    return int(rows(database, "SELECT count(*) FROM outbox WHERE type = :kind", kind=kind)[0][0])


def hours(count: float) -> timedelta:
    return timedelta(hours=count)


def ordered(database: Database, number: str = NUMBER, carrier: str = "CMCC") -> str:
    """Place an order; returns its path."""
    file(database, form(number, carrier=carrier))
    consume(database, *five(number, carrier=carrier))
    (order,) = [each for each in orders(database) if (each.carrier, each.number) == (carrier, number)]
    return f"/orders/{order.id}"
