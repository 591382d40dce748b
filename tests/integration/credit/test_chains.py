"""A person in the chain of the ground does not decide on a listing, nor review its withdrawal, whatever the path to
it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from httpx2 import Response

from chassis import clock
from chassis.database import Database
from chassis.events.envelope import Message
from chassis.ids import new_id
from tests.integration.credit.api import CONFIRM, MIIT, REJECT, Api, confirmed, proposed
from tests.integration.credit.scenes import (
    SHOP,
    annulled,
    consume,
    days,
    entries,
    executed,
    fined,
    named,
    rows,
    three_orders,
)
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


def withdrawn(api: Api, path: str, *, by: str = "wang") -> None:
    """The listing is withdrawn by one person of the staff."""
    body = {"reason": "mistake", "note": "their letter"}
    assert api.post(MIIT, f"{path}/withdrawal", body, by=by, seen=2).status_code == 200


def review(api: Api, path: str, outcome: str, *, by: str = "chen") -> Response:
    version = api.get(MIIT, path).json()["version"]
    return api.post(MIIT, f"{path}/withdrawal-review", {"outcome": outcome, "reason": "seen"}, by=by, seen=version)


def listed_again(database: Database) -> list[str]:
    return [str(row.id) for row in rows(database, "SELECT id FROM entries WHERE state = 'effective'")]


@pytest.mark.parametrize("person", ["li", "wang", "zhao"])
def test_who_has_a_part_in_a_listing_or_its_withdrawal_does_not_review_that(api: Api, person: str) -> None:
    path = confirmed(api)
    withdrawn(api, path, by="zhao")
    assert problem(review(api, path, "reversed", by=person)) == (403, "four-eyes")


def test_the_withdrawal_of_a_listing_is_reviewed_once_and_within_a_term(api: Api, database: Database) -> None:
    path = confirmed(api)
    withdrawn(api, path)
    waiting = api.get(MIIT, "/entries", withdrawal_to_review=True).json()["items"]
    assert [each["id"] for each in waiting] == [path.rpartition("/")[2]]
    found = review(api, path, "confirmed").json()
    assert (found["state"], found["withdrawal_review"], found["replaced_by"]) == ("withdrawn", "confirmed", None)
    assert found["withdrawn_at"] <= found["withdrawal_reviewed_at"] < found["review_withdrawal_by"]
    assert problem(review(api, path, "reversed")) == (409, "entry-state")
    assert (listed_again(database), chains(database, "withdrawal-reviewed.v1")) == ([], ["chen li wang"])


def test_a_reversed_withdrawal_lists_the_enterprise_again_until_the_same_day(api: Api, database: Database) -> None:
    path = confirmed(api)
    withdrawn(api, path)
    again = review(api, path, "reversed").json()["replaced_by"]
    old, new = (api.get(MIIT, each).json() for each in (path, f"/entries/{again}"))
    assert listed_again(database) == [again]
    assert (new["state"], new["until"], new["decided_by"]) == ("effective", old["until"], "chen")
    assert new["causes"] == [f"withdrawal:{old['id']}", *old["causes"]]
    same = ("code", "name", "list", "tier", "ground", "facts", "article", "rules", "existing", "new_resources")
    assert {name: new[name] for name in same} == {name: old[name] for name in same}
    assert chains(database, "standing-changed.v1")[-1] == "chen li wang"
    (restriction,) = api.get(MIIT, f"/standings/{SHOP}").json()["restrictions"]
    assert (restriction["entry"], restriction["until"]) == (again, old["until"])


def test_the_withdrawal_of_a_listing_because_of_an_annulled_decision_cannot_be_reversed(
    api: Api, database: Database
) -> None:
    consume(database, fined())
    path = path_of(database)
    with clock.shifted(days(8)):
        assert api.post(MIIT, f"{path}/decision", CONFIRM, by="li", seen=1).status_code == 200
    withdrawn(api, path)
    consume(database, annulled())
    assert problem(review(api, path, "reversed")) == (409, "cause-is-no-ground")
    assert review(api, path, "confirmed").status_code == 200


def test_the_withdrawal_of_a_proposal_or_by_rule_needs_no_review(api: Api, database: Database) -> None:
    path = proposed(api)
    assert api.post(MIIT, f"{path}/withdrawal", {"reason": "mistake", "note": "x"}, by="li", seen=1).status_code == 200
    assert problem(review(api, path, "reversed")) == (409, "entry-state")
    consume(database, fined())
    consume(database, annulled())
    by_rule = f"/entries/{entries(database)[-1].id}"
    assert problem(review(api, by_rule, "reversed")) == (409, "entry-state")
