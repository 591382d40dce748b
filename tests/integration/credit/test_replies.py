"""An enterprise reads its file and replies with the code of a notice, without an account."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from httpx2 import Response

from chassis import clock
from chassis.database import Database
from tests.integration.credit.api import BEIJING, CONFIRM, MIIT, Api, confirmed, proposed
from tests.integration.credit.scenes import HOLDER, SHOP, days, rows
from tests.integration.http.api import problem
from tests.parts.chains import chains


def notified(api: Api, path: str, *, seen: int = 1, by: str = "li") -> str:
    """The reply code of a new notice about the entry."""
    answer = api.post(MIIT, f"{path}/notices", seen=seen, by=by)
    assert answer.status_code == 201, answer.text
    assert answer.headers["cache-control"] == "no-store"
    return str(answer.json()["reply_code"])


def send(api: Api, path: str, reply_code: str, code: str = SHOP, **rest: Any) -> Response:
    """A request of the enterprise, without a token."""
    return api.client.post(f"/v1{path}", json={"code": code, "reply_code": reply_code, **rest})


def replied(api: Api, reply_code: str, kind: str, **rest: Any) -> Response:
    return send(api, "/replies", reply_code, kind=kind, statement="we had their consent", **rest)


def test_the_enterprise_reads_its_entry_and_no_person(api: Api) -> None:
    path = confirmed(api)
    answer = send(api, "/enterprise-files", notified(api, path, seen=2))
    entry = answer.json()["entry"]
    assert (answer.status_code, entry["id"], entry["state"]) == (200, path.rpartition("/")[2], "effective")
    assert {"li", "wang"}.isdisjoint(answer.text.replace('"', " ").split())
    assert answer.headers["cache-control"] == "no-store"


def test_moments_are_cut_to_the_hour_and_deadlines_are_exact(api: Api) -> None:
    path = confirmed(api)
    entry = send(api, "/enterprise-files", notified(api, path, seen=2)).json()["entry"]
    exact = api.get(MIIT, path).json()
    for name in ("proposed_at", "effective_at"):
        moment = datetime.fromisoformat(exact[name]).replace(minute=0, second=0, microsecond=0)
        assert datetime.fromisoformat(entry[name]) == moment
    assert {name: entry[name] for name in ("contest_until", "until", "repairable_from")} == {
        name: exact[name] for name in ("contest_until", "until", "repairable_from")
    }


def test_a_code_is_read_as_people_type_it(api: Api) -> None:
    code = notified(api, proposed(api))
    for typed in (
        code.lower(),
        code.replace("-", " "),
        code.replace("-", ""),
        code.replace("O", "0").replace("I", "1"),
    ):
        assert send(api, "/enterprise-files", typed).status_code == 200, typed


def test_only_the_hash_of_a_code_is_stored(api: Api, database: Database) -> None:
    code = notified(api, proposed(api))
    stored = [str(row) for table in ("notices", "audit_log", "idempotency_keys") for row in tables(database, table)]
    assert stored
    assert [row for row in stored if code in row or code.replace("-", "") in row] == []


def tables(database: Database, table: str) -> Any:
    return rows(database, f"SELECT each::text FROM {table} AS each")


def test_an_objection_of_the_enterprise_contests_the_proposal_and_its_term_goes_on(
    api: Api, database: Database
) -> None:
    path = proposed(api)
    answer = replied(api, notified(api, path), "objection")
    assert answer.json()["entry"]["state"] == "contested"
    assert [each["statement"] for each in answer.json()["replies"]] == ["we had their consent"]
    # The enterprise joins no chain, and the term is not shortened.
    assert chains(database, "listing-contested.v1") == ["li"]
    assert problem(api.post(MIIT, f"{path}/decision", CONFIRM, by="wang", seen=2)) == (409, "contest-period-runs")
    assert problem(replied(api, notified(api, path, seen=2), "objection")) == (409, "entry-state")


def test_the_enterprise_may_waive_the_rest_of_the_term(api: Api) -> None:
    path = proposed(api)
    replied(api, notified(api, path), "objection", waives_term=True)
    assert api.post(MIIT, f"{path}/decision", CONFIRM, by="wang", seen=2).status_code == 200


def test_who_issued_the_notice_does_not_decide_after_an_objection_with_its_reply_code(api: Api) -> None:
    path = proposed(api)
    replied(api, notified(api, path, by="wang"), "objection", waives_term=True)
    assert problem(api.post(MIIT, f"{path}/decision", CONFIRM, by="wang", seen=2)) == (403, "four-eyes")
    assert api.post(MIIT, f"{path}/decision", CONFIRM, by="zhao", seen=2).status_code == 200


def test_an_objection_after_the_contest_period_is_refused(api: Api, database: Database) -> None:
    code = notified(api, proposed(api))
    with clock.shifted(days(8)):
        assert problem(replied(api, code, "objection")) == (409, "contest-period-over")
    assert tables(database, "replies") == []


def test_staff_read_appeals_and_answers(api: Api) -> None:
    path = confirmed(api)
    code = notified(api, path, seen=2)
    with clock.shifted(days(9)):
        for kind in ("appeal", "answer"):
            assert replied(api, code, kind).status_code == 200
    found = api.get(MIIT, f"{path}/replies").json()
    assert [(each["kind"], each["statement"]) for each in found] == [
        ("appeal", "we had their consent"), ("answer", "we had their consent"),
    ]  # fmt: skip
    assert problem(api.get(BEIJING, f"{path}/replies")) == (404, "not-found")


def test_only_a_listing_in_force_can_be_appealed_against(api: Api) -> None:
    assert problem(replied(api, notified(api, proposed(api)), "appeal")) == (409, "entry-state")


@pytest.mark.parametrize("wrong", ["AAAA-AAAA-AAAA-AAAA-AAAA-AAAA-AA", "", "x", "é", "A" * 64])
@pytest.mark.parametrize("path", ["/enterprise-files", "/replies"])
def test_a_wrong_code_finds_nothing(api: Api, path: str, wrong: str) -> None:
    notified(api, proposed(api))
    rest = {"kind": "answer", "statement": "x"} if path == "/replies" else {}
    assert problem(send(api, path, wrong, **rest)) == (404, "not-found")


def test_a_code_is_valid_for_its_enterprise_only(api: Api) -> None:
    code = notified(api, proposed(api))
    assert problem(send(api, "/enterprise-files", code, HOLDER)) == (404, "not-found")


def test_codes_of_earlier_notices_stay_valid(api: Api) -> None:
    path = proposed(api)
    first, second = notified(api, path), notified(api, path)
    assert first != second
    assert [send(api, "/enterprise-files", each).status_code for each in (first, second)] == [200, 200]
