"""The input of the tests of this service: facts and acts of staff, and the queries for its results."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import msgspec
import sqlalchemy as sa

from chassis import clock
from chassis.aggregate import Cause
from chassis.database import Database
from chassis.events.consumer import dispatch
from chassis.events.envelope import Message
from chassis.ids import new_id
from chassis.redaction import Written
from chassis.target import Target
from contracts.ports import Filing, GroundFell, OrderExecuted, OrderFact, OrderLifted, PortDeclaredV1
from contracts.referrals import ClueConcluded, Conclusion, ConclusionAnnulled, Counts, Subject
from contracts.vocabulary import CreditList, Tier
from sandbox.scenario.cast import credit_code
from services.credit.access import EVERYTHING, Visibility
from services.credit.commands.entries import EntryDecision, decide_entry, propose_by_hand, repair_entry
from services.credit.model import Entry, ListingGround, ProposedListing
from services.credit.reactions import PROJECTIONS, REACTIONS

SHOP, HOLDER = credit_code("440300", 1), credit_code("440100", 2)
OF_BEIJING = credit_code("110105", 3)
NUMBER = "10690123566571"
WEEK = timedelta(days=7)
_NAMES = UUID("00000000-0000-0000-0000-00000000000c")


def named(name: str) -> UUID:
    """The id of the clue or the order with that name."""
    return uuid5(_NAMES, name)


def days(count: float) -> timedelta:
    return timedelta(days=count)


# ------------------------------------------------------------------------------------------------------------- facts


def fined(
    name: str = "clue",
    amount: int | None = 20_000,
    *,
    enterprise: str | None = SHOP,
    subject: tuple[str, str] = ("enterprise", SHOP),
    code: str = "fined",
    version: int = 5,
    at: datetime | None = None,
) -> Message[ClueConcluded]:
    """The clue with that name was concluded, by default with a fine."""
    return _message(ClueConcluded(**_clue(name, amount, enterprise, subject, code, at)), version, f"clue {name}")


def annulled(name: str = "clue", *, version: int = 6) -> Message[ConclusionAnnulled]:
    """The decision on the clue with that name was annulled."""
    values = _clue(name, 20_000, SHOP, ("enterprise", SHOP), "fined", None) | {"annulled_at": clock.now()}
    return _message(ConclusionAnnulled(**values), version, f"clue {name}")


def _clue(
    name: str,
    amount: int | None,
    enterprise: str | None,
    subject: tuple[str, str],
    code: str,
    at: datetime | None,
) -> dict[str, Any]:
    kind, value = subject
    return {
        "clue": named(name),
        "subject": Subject(
            kind=kind,
            value=value,
            name=Written("虚构优选") if kind == "enterprise" else None,
        ),
        "industry": "retail",
        "category": "commercial",
        "period": "2026Q2",
        "sequence": 1,
        "authority": "SAMR",
        "state": "concluded",
        "counts": Counts(complaints=7, complainants=6, vouched=6, senders=2),
        "carriers": ("CMCC",),
        "rules": (),
        "causes": (),
        "opened_at": clock.now(),
        "batch": None,
        "referred_at": None,
        "conclude_by": None,
        "extended_at": None,
        "received_at": None,
        "returned_at": None,
        "return_reason": None,
        "overdue_since": None,
        "concluded_at": at or clock.now(),
        "conclusion": Conclusion(
            code=code,
            amount=amount,
            enterprise=enterprise,
            decision=Written("市监处罚〔2026〕0001号"),
            merged_into=None,
            transferred_to=None,
            note=None,
        ),
        "annulled_at": None,
    }


def executed(name: str, number: str | None = None, *, version: int = 3, **overrides: Any) -> Message[OrderExecuted]:
    """The order with that name was executed, by default about a port of its own."""
    return _message(OrderExecuted(**_order(name, number, **overrides)), version, f"order {name}")


def lifted(name: str, number: str | None = None, *, version: int = 4, **overrides: Any) -> Message[OrderLifted]:
    """That order was lifted."""
    fact = OrderLifted(**_order(name, number, state="lifted", lifted_at=clock.now(), **overrides))
    return _message(fact, version, f"order {name}")


def groundless(name: str, number: str | None = None, *, version: int = 4, **overrides: Any) -> Message[GroundFell]:
    """That order lost its ground."""
    return _message(
        GroundFell(**_order(name, number, ground_fell_at=clock.now(), **overrides)), version, f"order {name}"
    )


def _order(
    name: str,
    number: str | None,
    *,
    at: datetime | None = None,
    attribution: str = "declared",
    provider: str | None = SHOP,
    holder: str | None = HOLDER,
    ground: str = "commercial",
    **overrides: Any,
) -> dict[str, Any]:
    when = at or clock.now()
    order: dict[str, Any] = {
        "order": named(name),
        "carrier": "CMCC",
        "number": number or f"{NUMBER}{named(name).int % 1_000_000:06}",
        "state": "executed",
        "ground": ground,
        "attribution": attribution,
        "holder": holder,
        "provider": provider,
        "signature": None,
        "complainants": 5,
        "reasons": (),
        "rules": (),
        "causes": (),
        "ordered_at": when,
        "acknowledge_by": when,
        "execute_by": when,
        "acknowledged_at": when,
        "executed_at": when,
        "evidence": "switched off",
        "refused_at": None,
        "refusal": None,
        "overdue_since": None,
        "lifted_at": None,
        "lift_reason": None,
        "ground_fell_at": None,
    }
    return order | overrides


def declared(
    number: str = NUMBER,
    *filings: tuple[str, str, str, datetime],
    version: int = 1,
    carrier: str = "CMCC",
    corrected: Sequence[str] = (),
) -> Message[PortDeclaredV1]:
    """A port with these filings: provider's code, its name, the holder's name, start.

    A filing whose provider name is in `corrected` was replaced on the same day.
    """
    port = PortDeclaredV1(
        carrier=carrier,
        number=number,
        access_code=NUMBER[:8],
        status="declared",
        filings=tuple(
            Filing(
                filing=new_id(),
                holder=HOLDER,
                holder_name=Written(holder_name),
                provider=code,
                provider_name=Written(name),
                signature=Written("样例"),
                purpose="notice",
                province=None,
                covers_extensions=False,
                valid_from=since,
                valid_to=since if name in corrected else None,
            )
            for code, name, holder_name, since in filings
        ),
    )
    return _message(port, version, f"port {number}")


def _message(fact: Any, version: int, story: str) -> Message[Any]:
    return Message(new_id(), fact, version, clock.now(), Cause(f"story of {story}", f"cause of {story}"))


def consume(database: Database, *messages: Message[Any]) -> None:
    """Handle these messages in one transaction, as a consumer does."""
    with database.begin() as tx:
        dispatch(tx, messages, REACTIONS)


def project(database: Database, *messages: Message[Any]) -> None:
    """Apply these messages to the projection of names in one transaction."""
    with database.begin() as tx:
        dispatch(tx, messages, PROJECTIONS[0].handlers)


def three_orders(prefix: str = "o", **overrides: Any) -> list[Message[OrderFact]]:
    return [executed(f"{prefix}{n}", **overrides) for n in range(3)]


# ------------------------------------------------------------------------------------------------------------- staff


class Person:
    """A staff member of the ministry."""

    organisation = "regulator:MIIT"

    def __init__(self, subject: str) -> None:
        self.subject = subject


LI, WANG = Person("li"), Person("wang")


def of_any_version(_: int) -> None:
    """As `If-Match: *`."""


def target(entry: UUID, person: Person = WANG) -> Target[Visibility]:
    """The entry, as this person acts on it."""
    return Target(entry, EVERYTHING, person, of_any_version)


def by_hand(
    code: str = SHOP,
    *,
    credit_list: CreditList = CreditList.ADVERSE,
    tier: Tier = Tier.GENERAL,
    causes: tuple[str, ...] = (),
) -> ProposedListing:
    """The enterprise as staff propose it."""
    return ProposedListing(
        code=code,
        list=credit_list,
        tier=tier,
        ground=ListingGround.BY_HAND,
        facts=("a fact",),
        article="an article",
        causes=causes,
    )


def propose(database: Database, code: str = SHOP, **overrides: Any) -> Entry:
    """Li proposes the enterprise by hand."""
    with database.begin() as tx:
        return propose_by_hand(tx, by_hand(code, **overrides), LI)


def confirm(database: Database, entry: UUID) -> Entry:
    """Wang confirms the entry, a little more than a week from now."""
    with clock.shifted(WEEK + days(0.1)), database.begin() as tx:
        return decide_entry(tx, target(entry), EntryDecision.CONFIRM, "well founded")


def listed(database: Database, code: str = SHOP, **overrides: Any) -> UUID:
    """An entry of the enterprise that takes effect a little more than a week from now."""
    return confirm(database, propose(database, code, **overrides).id).id


def repair(database: Database, entry: UUID, after: timedelta) -> Entry:
    with clock.shifted(after), database.begin() as tx:
        return repair_entry(tx, target(entry), "all put right")


# -------------------------------------------------------------------------------------------------------------- results


def rows(database: Database, statement: str, **parameters: Any) -> Sequence[Any]:
    """The rows that the statement selects."""
    with database.read() as read:
        return read.execute(sa.text(statement), parameters).all()


def entries(database: Database) -> Sequence[Any]:
    return rows(database, "SELECT * FROM entries ORDER BY id")


def published(database: Database, kind: str) -> int:
    """The number of facts of that type in the outbox."""
    return int(rows(database, "SELECT count(*) FROM outbox WHERE type = :kind", kind=kind)[0][0])


def published_data(database: Database, kind: str) -> list[dict[str, Any]]:
    """The data of the facts of that type in the outbox, in order."""
    found = rows(database, "SELECT payload FROM outbox WHERE type = :kind ORDER BY position", kind=kind)
    return [msgspec.json.decode(row.payload)["data"] for row in found]


def gaps(database: Database) -> Sequence[Any]:
    """Aggregates whose facts are not numbered consecutively."""
    return rows(
        database,
        "SELECT aggregateid FROM outbox GROUP BY aggregatetype, aggregateid "
        "HAVING array_agg(version ORDER BY position) <> array_agg(version ORDER BY version) "
        "OR max(version) <> count(*)",
    )
