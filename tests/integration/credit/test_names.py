"""Enterprise names: a projection whose rows do not depend on the order in which facts are received."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

from chassis import clock
from chassis.database import Database
from chassis.events import projections
from chassis.events.envelope import Message
from contracts.ports import PortDeclaredV1
from services.credit.reactions import PROJECTIONS
from tests.integration.credit.scenes import HOLDER, OF_BEIJING, SHOP, declared, project, rows

NOW = clock.now()


def since(days: int) -> datetime:
    return NOW + timedelta(days=days)


def names(database: Database) -> dict[str, str]:
    return {row.code: row.name for row in rows(database, "SELECT code, name FROM enterprise_names")}


def everything(database: Database) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in rows(database, "SELECT * FROM enterprise_names ORDER BY code")]


HISTORY: list[Message[PortDeclaredV1]] = [
    declared("10690123566571", (SHOP, "虚构优选", "示例信息公司", since(0)), version=1),
    declared(
        "10690123566571",
        (SHOP, "虚构优选", "示例信息公司", since(0)),
        (OF_BEIJING, "样例北方", "示例信息公司", since(5)),
        version=2,
    ),
    declared(
        "10690123566571",
        (SHOP, "虚构优选", "示例信息公司", since(0)),
        (OF_BEIJING, "样例北方科技", "示例信息公司", since(5)),
        version=3,
    ),
    declared("10690123566572", (SHOP, "虚构优选商贸", "示例信息技术公司", since(9)), version=1),
    declared("10690123566572", (SHOP, "虚构优选商贸", "示例信息技术公司", since(9)), version=1, carrier="CUCC"),
    declared("10690123566573", (SHOP, "虚构优选旧名", "示例信息公司", since(-900)), version=7),
]


def test_the_newest_filing_names_an_enterprise_as_holder_or_provider(database: Database) -> None:
    project(database, *HISTORY)
    assert names(database) == {SHOP: "虚构优选商贸", OF_BEIJING: "样例北方科技", HOLDER: "示例信息技术公司"}


def test_the_rows_do_not_depend_on_the_order_or_the_repetition_of_facts(database: Database) -> None:
    project(database, *HISTORY)
    expected = everything(database)
    dice = random.Random(5)
    for _ in range(30):
        with database.begin() as tx:
            tx.execute(PROJECTIONS[0].tables[0].delete())
        shuffled = dice.sample(HISTORY, len(HISTORY)) + dice.sample(HISTORY, 2)
        cut = dice.randrange(len(shuffled))
        project(database, *shuffled[:cut])
        project(database, *shuffled[cut:])
        assert everything(database) == expected


def test_the_projection_is_rebuilt_from_empty_tables(database: Database) -> None:
    project(database, *HISTORY)
    expected = everything(database)
    with database.begin() as tx:
        assert projections.rebuild(tx, PROJECTIONS[0]) == 2
    assert names(database) == {}
    project(database, *HISTORY)
    assert everything(database) == expected


def test_a_port_without_filings_gives_no_name(database: Database) -> None:
    project(database, declared("10690123566571"))
    assert names(database) == {}


def test_a_corrected_filing_gives_no_name(database: Database) -> None:
    mistyped, right = (SHOP, "饰品", "示例信息公司", since(0)), (SHOP, "虚构优选", "示例信息公司", since(0))
    project(database, declared("10690123566571", mistyped, right, version=2, corrected=["饰品"]))
    assert names(database)[SHOP] == "虚构优选"
    project(database, declared("10690123566571", mistyped, version=1))
    assert names(database)[SHOP] == "虚构优选"
