"""The initial load of a carrier, and what a filing that is recorded late changes: nothing about earlier messages."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Any

import msgspec
import pytest

from chassis import clock
from chassis.database import Database
from chassis.imports import import_sweep
from chassis.sweeper import Slice
from services.ports.commands.filings import FilingOutcome
from services.ports.commands.initial_loads import close_load
from services.ports.imports import FILING_IMPORTS
from tests.integration.http.api import problem
from tests.integration.ports.api import Api
from tests.integration.ports.scenes import (
    HOLDER,
    NOON,
    NUMBER,
    OTHER_HOLDER,
    Staff,
    consume,
    enquiries,
    file,
    five,
    form,
    open_initial_load,
    orders,
    rows,
    target,
    unregistered,
)
from tests.integration.ports.test_imports import HEADER, line
from tests.integration.races import again, all_at_once

MIIT, GUANGDONG, CMCC = "regulator:MIIT", "regulator:CA-44", "carrier:CMCC"
LI, WANG = "li", "wang"
LONG_AGO = "2020-01-01"
RECORDED = "SELECT payload FROM outbox WHERE type = 'filing-recorded.v1' ORDER BY position"


class Colleague(Staff):
    """Another person of the ministry."""

    subject = WANG


@pytest.fixture(autouse=True)
def _packs(_process: None, packs: None) -> None:
    """The rules in force, with their grace."""


def close(database: Database) -> None:
    """Another person closes the only load."""
    ((load,),) = rows(database, "SELECT id FROM initial_loads")
    with database.begin() as tx:
        close_load(tx, target(load, actor=Colleague()), None)


def filings(api: Api, number: str = NUMBER) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api.get(MIIT, f"/ports/CMCC/{number}").json()["filings"]
    return found


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


# ------------------------------------------------------------------------------------------------------------ the door


def test_one_person_opens_a_load_and_another_one_closes_it_once_per_carrier(api: Api, database: Database) -> None:
    opened = api.post(MIIT, "/initial-loads", {"carrier": "CMCC", "reason": "接入"}, by=LI)
    assert opened.status_code == 201, opened.text
    path = opened.headers["location"]
    assert (opened.json()["opened_by"], opened.json()["closed_at"]) == (LI, None)
    assert problem(api.post(MIIT, "/initial-loads", {"carrier": "CMCC"}, by=WANG)) == (409, "carrier-is-loaded")
    assert problem(api.post(MIIT, f"{path}/closing", {}, by=LI, seen=1)) == (403, "four-eyes")
    assert problem(api.post(MIIT, f"{path}/closing", {}, by=WANG, seen=2)) == (412, "precondition-failed")
    closed = api.post(MIIT, f"{path}/closing", {"reason": "齐全"}, by=WANG, seen=1)
    assert (closed.status_code, closed.json()["closed_by"], closed.json()["version"]) == (200, WANG, 2)
    assert problem(api.post(MIIT, f"{path}/closing", {}, by=WANG, seen=2)) == (409, "load-is-closed")
    assert problem(api.post(MIIT, "/initial-loads", {"carrier": "CMCC"}, by=WANG)) == (409, "carrier-is-loaded")
    assert api.get(MIIT, "/initial-loads", carrier="CMCC").json()["items"] == [closed.json()]
    acts = rows(database, "SELECT subject, act FROM audit_log ORDER BY id")
    assert [tuple(each) for each in acts] == [(LI, "initial-load-opened"), (WANG, "initial-load-closed")]


@pytest.mark.parametrize("org", [GUANGDONG, CMCC])
def test_only_national_staff_open_close_and_read_loads(api: Api, database: Database, org: str) -> None:
    load = open_initial_load(database)
    assert problem(api.post(org, "/initial-loads", {"carrier": "CUCC"})) == (403, "forbidden")
    assert problem(api.post(org, f"/initial-loads/{load.id}/closing", {}, seen=1)) == (403, "forbidden")
    assert problem(api.get(org, "/initial-loads")) == (403, "forbidden")
    assert problem(api.get(org, f"/initial-loads/{load.id}")) == (403, "forbidden")


def test_two_persons_who_open_a_load_at_once_open_one(database: Database) -> None:
    def attempt() -> str:
        try:
            open_initial_load(database)
        except Exception as refused:
            return type(refused).__name__
        return "opened"

    assert sorted(all_at_once(attempt, attempt)) == ["ConflictError", "opened"]


def test_what_is_filed_while_the_load_is_open_is_on_record_from_its_own_begin(api: Api, database: Database) -> None:
    open_initial_load(database)
    file(database, form(declared_from=LONG_AGO))
    file(database, form(carrier="CUCC", declared_from=LONG_AGO))
    (loaded,) = filings(api)
    assert (loaded["initial"], loaded["on_record_from"]) == (True, loaded["valid_from"])
    ((other,),) = rows(database, "SELECT initial FROM filings WHERE carrier = 'CUCC'")
    assert other is False
    facts = [msgspec.json.decode(bytes(payload))["data"] for (payload,) in rows(database, RECORDED)]
    assert [each["initial"] for each in facts] == [True, False]
    assert facts[0]["on_record_from"] == facts[0]["valid_from"]


def test_without_an_open_load_a_filing_counts_a_grace_before_it_is_recorded(api: Api, database: Database) -> None:
    open_initial_load(database)
    close(database)
    now = clock.now()
    recent = (now - timedelta(days=10)).date().isoformat()
    with clock.frozen(now):
        file(database, form(declared_from=LONG_AGO), form(f"{NUMBER}1"))
        content = "\n".join((HEADER, line(f"{NUMBER}2", day=LONG_AGO), line(f"{NUMBER}3", day=recent)))
        api.upload(CMCC, "/filing-imports", content.encode())
        with database.begin() as tx:
            import_sweep(FILING_IMPORTS).run(tx, Slice(1))
    ages = {number: now - moment(filings(api, number)[0]["on_record_from"]) for number in (NUMBER, f"{NUMBER}2")}
    assert ages == {NUMBER: timedelta(days=2), f"{NUMBER}2": timedelta(days=30)}
    (found,) = filings(api, f"{NUMBER}3")
    assert (found["initial"], found["on_record_from"]) == (False, found["valid_from"])


def test_the_register_that_is_sent_again_after_the_closing_changes_nothing(database: Database) -> None:
    open_initial_load(database)
    history = [form(declared_from=LONG_AGO), form(declared_from="2021-01-01", holder=OTHER_HOLDER)]
    file(database, *history)
    close(database)
    before = rows(database, "SELECT * FROM filings ORDER BY id")
    assert {each.outcome for each in file(database, *history)} == {FilingOutcome.KNOWN}
    assert rows(database, "SELECT * FROM filings ORDER BY id") == before


def test_a_filing_is_decided_before_the_closing_and_initial_or_after_it_and_not(database: Database) -> None:
    open_initial_load(database)

    def file_some(thread: int) -> None:
        for each in range(8):
            again(lambda number=f"{NUMBER[:10]}{thread}{each}": file(database, form(number)))  # type: ignore[misc]

    all_at_once(*(partial(file_some, thread) for thread in range(3)), partial(close, database))
    ((closed_at,),) = rows(database, "SELECT closed_at FROM initial_loads")
    found = rows(database, "SELECT recorded_at, initial FROM filings")
    assert len(found) == 24
    assert all(initial == (recorded_at < closed_at) for recorded_at, initial in found)


# --------------------------------------------------------------------------------------------------------- back-dating

Filed = dict[str, Any]
PREFIX = NUMBER[:12]

LOADED_AND_LATE: dict[str, tuple[Filed, Filed]] = {
    "another holder": (
        {"declared_from": LONG_AGO},
        {"declared_from": "2026-01-01"},
    ),
    "a correction": (
        {"declared_from": LONG_AGO},
        {"declared_from": LONG_AGO},
    ),
    "the exact number": (
        {"number": PREFIX, "declared_from": LONG_AGO, "covers_extensions": True},
        {"declared_from": "2026-01-01"},
    ),
    "a longer prefix": (
        {"number": PREFIX, "declared_from": LONG_AGO, "covers_extensions": True},
        {"number": NUMBER[:13], "declared_from": "2026-01-01", "covers_extensions": True},
    ),
    "a prefix that covers no extensions any more": (
        {"number": PREFIX, "declared_from": LONG_AGO, "covers_extensions": True},
        {"number": PREFIX, "declared_from": "2026-01-01"},
    ),
}
"""What is filed in the initial load, and what is filed after it for another holder."""


@pytest.mark.parametrize("case", LOADED_AND_LATE)
def test_a_filing_that_is_back_dated_after_the_closing_names_no_other_enterprise(database: Database, case: str) -> None:
    loaded, late = LOADED_AND_LATE[case]
    open_initial_load(database)
    file(database, form(**loaded))
    close(database)
    assert file(database, form(**late, holder=OTHER_HOLDER))[0].outcome is FilingOutcome.ACCEPTED
    consume(database, *five())
    (order,) = orders(database)
    assert (order.number, order.holder, order.attribution) == (NUMBER, HOLDER, "declared")


def test_a_back_dated_filing_changes_nothing_about_who_held_an_access_code(database: Database) -> None:
    open_initial_load(database)
    file(database, form(f"{NUMBER}1", declared_from=LONG_AGO), form(f"{NUMBER}2", declared_from=LONG_AGO))
    close(database)
    for each in ("1", "2", "3"):
        file(database, form(f"{NUMBER}{each}", declared_from="2026-01-01", holder=OTHER_HOLDER))
    file(database, form(f"{NUMBER}4", carrier="CUCC", declared_from="2026-01-01", holder=OTHER_HOLDER))
    consume(database, unregistered("u1"), unregistered("u2"))
    (enquiry,) = enquiries(database)
    assert (enquiry.carrier, enquiry.holder, enquiry.addressed_because) == ("CMCC", HOLDER, "access-code")


def test_a_back_dated_filing_of_a_number_without_one_leads_to_no_automatic_act(database: Database) -> None:
    file(database, form(declared_from="2026-01-01", holder=OTHER_HOLDER))
    consume(database, *five(), unregistered("u1"), unregistered("u2"))
    assert (orders(database), enquiries(database)) == ([], [])
    assert {row.standing for row in rows(database, "SELECT standing FROM evidence")} == {"declared-late"}


def test_a_filing_counts_for_messages_that_were_sent_within_its_grace(database: Database) -> None:
    with clock.frozen(NOON + timedelta(days=1)):
        file(database, form(declared_from="2026-01-01", holder=OTHER_HOLDER))
    consume(database, *five(holder=OTHER_HOLDER))
    (order,) = orders(database)
    assert order.holder == OTHER_HOLDER
