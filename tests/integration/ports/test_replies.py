"""An enterprise of a port reads an order and replies with the code of a notice, without an account."""

from __future__ import annotations

from typing import Any

import pytest
from httpx2 import Response

from chassis.database import Database
from tests.integration.http.api import problem
from tests.integration.ports.api import Api
from tests.integration.ports.scenes import HOLDER, PROVIDER, lift, order_at, ordered
from tests.integration.ports.test_proposals import CMCC, MIIT


def notified(api: Api, path: str, party: str = HOLDER) -> str:
    """The reply code of a new notice about the order."""
    answer = api.post(MIIT, f"{path}/notices", {"code": party}, seen=1)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["reply_code"])


def send(api: Api, path: str, reply_code: str, code: str = HOLDER, **rest: Any) -> Response:
    """A request of the enterprise, without a token."""
    return api.client.post(f"/v1{path}", json={"code": code, "reply_code": reply_code, **rest})


def test_holder_and_provider_read_the_order_without_complaints_and_persons(api: Api, database: Database) -> None:
    path = ordered(database)
    for party in (HOLDER, PROVIDER):
        answer = send(api, "/enterprise-files", notified(api, path, party), party)
        order = answer.json()["order"]
        assert (answer.status_code, order["id"], order["state"]) == (200, path.rpartition("/")[2], "ordered")
        assert order["ordered_at"].endswith(":00:00Z")
        assert "complaint:" not in answer.text


def test_staff_read_what_each_enterprise_replies_and_no_enterprise_reads_that_of_the_other(
    api: Api, database: Database
) -> None:
    path = ordered(database)
    codes = {party: notified(api, path, party) for party in (HOLDER, PROVIDER)}
    for party, kind in ((HOLDER, "appeal"), (PROVIDER, "answer")):
        answer = send(api, "/replies", codes[party], party, kind=kind, statement=f"we are {party}")
        assert [each["statement"] for each in answer.json()["replies"]] == [f"we are {party}"]
    assert [each["kind"] for each in api.get(MIIT, f"{path}/replies").json()] == ["appeal", "answer"]
    assert problem(api.get(CMCC, f"{path}/replies"))[0] == 403


def test_a_lifted_order_cannot_be_appealed_against(api: Api, database: Database) -> None:
    code = notified(api, ordered(database))
    lift(database, order_at(database))
    assert problem(send(api, "/replies", code, kind="appeal", statement="x")) == (409, "order-state")
    assert send(api, "/replies", code, kind="answer", statement="thank you").status_code == 200


@pytest.mark.parametrize("party", ["91000000FAKE00000X", "", "x"])
def test_a_notice_goes_to_an_enterprise_of_the_order_only(api: Api, database: Database, party: str) -> None:
    answer = api.post(MIIT, f"{ordered(database)}/notices", {"code": party}, seen=1)
    assert problem(answer) == (409, "not-a-party")


def test_the_code_of_one_enterprise_is_none_of_the_other(api: Api, database: Database) -> None:
    code = notified(api, ordered(database))
    assert problem(send(api, "/enterprise-files", code, PROVIDER)) == (404, "not-found")
