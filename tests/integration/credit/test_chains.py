"""A person in the chain of the ground does not decide on a listing, whatever the path to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chassis import clock
from chassis.database import Database
from chassis.events.envelope import Message
from chassis.ids import new_id
from tests.integration.credit.api import CONFIRM, MIIT, REJECT, Api, proposed
from tests.integration.credit.scenes import consume, days, entries, executed, fined, named, rows, three_orders
from tests.integration.http.api import problem
from tests.parts.chains import chains, led_by

INVOLVED = "official"


def by_fine() -> list[Message[Any]]:
    return [led_by(fined(), INVOLVED)]


def by_orders() -> list[Message[Any]]:
    """The person is behind one of the orders only, and not behind the one that completes the window."""
    first, *others = three_orders()
    return [led_by(first, INVOLVED), *others]


def path_of(database: Database) -> str:
    (row,) = entries(database)
    return f"/entries/{row.id}"


@pytest.mark.parametrize("ground", [by_fine, by_orders])
@pytest.mark.parametrize("decision", [CONFIRM, REJECT])
def test_a_person_behind_the_ground_does_not_decide(
    api: Api, database: Database, ground: Callable[[], list[Message[Any]]], decision: dict[str, str]
) -> None:
    consume(database, *ground())
    path = path_of(database)
    with clock.shifted(days(8)):
        refused = api.post(MIIT, f"{path}/decision", decision, by=INVOLVED, seen=1)
        assert problem(refused) == (403, "four-eyes")
        assert api.post(MIIT, f"{path}/decision", decision, by="wang", seen=1).status_code == 200


@pytest.mark.parametrize("kind", ["clue", "order"])
def test_a_person_behind_what_a_colleague_names_as_the_ground_does_not_decide(
    api: Api, database: Database, kind: str
) -> None:
    message = fined(enterprise=None, subject=("number", "10690000000001")) if kind == "clue" else executed("order")
    consume(database, led_by(message, INVOLVED))
    path = proposed(api, causes=[f"{kind}:{named(kind)}"])
    with clock.shifted(days(8)):
        assert problem(api.post(MIIT, f"{path}/decision", CONFIRM, by=INVOLVED, seen=1)) == (403, "four-eyes")
        assert problem(api.post(MIIT, f"{path}/decision", CONFIRM, by="li", seen=1)) == (403, "four-eyes")
        assert api.post(MIIT, f"{path}/decision", CONFIRM, by="wang", seen=1).status_code == 200


def test_who_records_the_objection_does_not_decide(api: Api, database: Database) -> None:
    consume(database, fined())
    path = path_of(database)
    objection = {"statement": "no", "waives_term": True}
    assert api.post(MIIT, f"{path}/objection", objection, by="wang", seen=1).status_code == 200
    assert problem(api.post(MIIT, f"{path}/decision", CONFIRM, by="wang", seen=2)) == (403, "four-eyes")
    assert api.post(MIIT, f"{path}/decision", CONFIRM, by="li", seen=2).status_code == 200


def test_the_facts_about_a_listing_have_the_whole_chain(api: Api, database: Database) -> None:
    consume(database, led_by(fined(), INVOLVED))
    path = path_of(database)
    with clock.shifted(days(8)):
        api.post(MIIT, f"{path}/decision", CONFIRM, by="wang", seen=1)
    assert chains(database, "listing-proposed.v1") == [INVOLVED]
    assert chains(database, "listing-effective.v1") == chains(database, "standing-changed.v1") == [f"{INVOLVED} wang"]


def test_what_an_earlier_release_stored_has_an_unknown_person_in_its_chain(api: Api, database: Database) -> None:
    with database.begin() as tx:
        tx.rows("INSERT INTO clues (id, version, annulled) VALUES (%(id)s, 3, false) RETURNING id", {"id": new_id()})
    assert [row.actors for row in rows(database, "SELECT actors FROM clues")] == [["unknown"]]
