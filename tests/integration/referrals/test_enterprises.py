"""The names of enterprises, as filed in the register."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from chassis import clock
from chassis.aggregate import Cause
from chassis.database import Database
from chassis.events import projections
from chassis.events.consumer import dispatch
from chassis.events.envelope import Message
from chassis.ids import new_id
from chassis.redaction import Written
from contracts.ports import Filing, PortDeclaredV1
from services.referrals.reactions import PROJECTIONS
from tests.integration.referrals.scenes import (
    HOLDER,
    NOON,
    OTHER_PROVIDER,
    PROVIDER,
    assessed,
    clues,
    consume,
    published,
    rows,
    seal,
)

(ENTERPRISES,) = PROJECTIONS


def filing(number: int, provider_name: str, *, holder_name: str = "示例短信", provider: str = PROVIDER) -> Filing:
    """The filing with this number; later filings have higher numbers."""
    return Filing(
        filing=UUID(int=number),
        holder=HOLDER,
        holder_name=Written(holder_name),
        provider=provider,
        provider_name=Written(provider_name),
        signature=Written("样例服务"),
        purpose="notice",
        province=None,
        covers_extensions=False,
        valid_from=NOON + timedelta(days=number),
        valid_to=None,
    )


def declared(number: str, version: int, *filings: Filing) -> Message[PortDeclaredV1]:
    event = PortDeclaredV1(carrier="CMCC", number=number, access_code=number[:8], status="open", filings=tuple(filings))
    return Message(new_id(), event, version, clock.now(), Cause("a filing", "a filing"))


HISTORY = [
    declared("10690123001", 1, filing(1, "样例商贸")),
    declared("10690123001", 2, filing(1, "样例商贸"), filing(4, "样例优选")),
    declared("10690123002", 1, filing(2, "样例百货", holder_name="示例信息")),
    declared(
        "10690123002", 2, filing(2, "样例百货", holder_name="示例信息"), filing(3, "样品铺", provider=OTHER_PROVIDER)
    ),
    declared("10690123003", 9, filing(5, "自办企业", holder_name="自持企业", provider=HOLDER)),
]  # fmt: skip
NAMES = {HOLDER: "自持企业", PROVIDER: "样例优选", OTHER_PROVIDER: "样品铺"}


def project(database: Database, messages: Sequence[Message[PortDeclaredV1]]) -> None:
    with database.begin() as tx:
        dispatch(tx, messages, ENTERPRISES.handlers)


def names(database: Database) -> dict[str, str]:
    return {row.code: row.name for row in rows(database, "SELECT code, name FROM enterprises")}


def table(database: Database) -> Sequence[object]:
    return rows(database, "SELECT * FROM enterprises ORDER BY code")


def test_holders_and_providers_have_the_name_of_the_last_filing_that_names_them(database: Database) -> None:
    project(database, HISTORY)
    assert names(database) == NAMES


def test_facts_received_in_any_order_and_repeatedly_give_the_same_rows(database: Database) -> None:
    project(database, HISTORY)
    expected = table(database)
    dice = random.Random(5)
    for _ in range(20):
        with database.begin() as tx:
            projections.rebuild(tx, ENTERPRISES)
        shuffled = dice.sample(HISTORY * 2, 2 * len(HISTORY))
        cut = dice.randrange(len(shuffled))
        project(database, shuffled[:cut])
        project(database, shuffled[cut:])
        assert table(database) == expected


def test_a_compacted_topic_gives_the_same_rows(database: Database) -> None:
    project(database, HISTORY)
    expected = table(database)
    with database.begin() as tx:
        projections.rebuild(tx, ENTERPRISES)
    project(database, [HISTORY[1], HISTORY[3], HISTORY[4]])
    assert table(database) == expected


def test_a_clue_is_named_when_it_opens_and_renamed_when_it_is_sealed(database: Database) -> None:
    consume(database, assessed("unnamed"))
    project(database, HISTORY)
    consume(database, assessed("named", provider=OTHER_PROVIDER))
    assert {row.subject_value: row.subject_name for row in clues(database)} == {
        PROVIDER: None,
        OTHER_PROVIDER: "样品铺",
    }
    seal(database)
    referred = {each["subject"]["value"]: each["subject"]["name"] for each in published(database, "clue-referred.v1")}
    assert referred == {PROVIDER: "样例优选", OTHER_PROVIDER: "样品铺"}


def test_a_projection_publishes_nothing(database: Database) -> None:
    project(database, HISTORY)
    assert rows(database, "SELECT 1 FROM outbox") == []
