"""Refused requests leave no trace, and every organisation sees and changes only its own: every route, every caller."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response

from chassis import clock
from chassis.database import Database
from services.credit.store.tables import METADATA
from tests.integration.credit.api import BEIJING, CMCC, GUANGDONG, MIIT, SAMR, SCOPES, Api
from tests.integration.credit.scenes import (
    HOLDER,
    SHOP,
    consume,
    declared,
    entries,
    fined,
    listed,
    named,
    project,
    propose,
    rows,
    three_orders,
)
from tests.integration.http.issuer import Issuer
from tests.integration.http.unreadable import assert_unreadable_rows_are_set_aside
from tests.integration.http.walking import (
    BAD_TOKENS,
    Operation,
    Refused,
    Traces,
    Walk,
    bad_json,
    operations,
    problem_of,
    shows,
    traces,
)

JSON = {"Content-Type": "application/json"}
CHINESE = "虚构优选商贸公司"
PROPOSAL: dict[str, Any] = {
    "code": SHOP,
    "name": CHINESE,
    "list": "adverse",
    "tier": "general",
    "facts": ["messages went on after two orders"],
    "article": "电信业务经营许可管理办法第四十二条",
    "causes": [f"clue:{named('a clue')}"],
}
GOOD = json.dumps(PROPOSAL, ensure_ascii=False).encode()
CHECKS = json.dumps({"codes": [SHOP, CHINESE]}, ensure_ascii=False).encode()


def wrong(**overrides: Any) -> Refused:
    return Refused(422, "validation", json.dumps(PROPOSAL | overrides).encode(), JSON)


VALUES = {
    "a code whose check digit is wrong": wrong(code=SHOP[:-1] + ("0" if SHOP[-1] != "0" else "1")),
    "an invalid code": wrong(code="无"),
    "an unknown list": wrong(list="grey"),
    "an unknown tier": wrong(tier="mild"),
    "no facts": wrong(facts=[]),
    "facts that are no text": wrong(facts=[1]),
    "an empty article": wrong(article=""),
    "a cause of another kind": wrong(causes=[f"complaint:{named('c')}"]),
    "a cause without an id": wrong(causes=["clue:"]),
    "an unknown field": wrong(colour="red"),
    "a name that is too long": wrong(name="长" * 201),
}


@dataclass(frozen=True)
class Office:
    """The API with its database."""

    client: TestClient
    database: Database
    issuer: Issuer

    def left(self) -> Traces:
        return traces(self.database, METADATA)

    def token(self, org: str, scopes: str = SCOPES, **claims: str) -> dict[str, str]:
        return self.issuer.bearer(scopes, org=org, **claims)

    def send(self, path: str, sent: Refused) -> tuple[int, str]:
        """Send a bad request as national staff; returns the problem."""
        headers = {**self.token(MIIT), "Idempotency-Key": "k", **sent.headers}
        return problem_of(self.client.post(path, content=sent.content, headers=headers))


@pytest.fixture
def office(api: Api, database: Database, issuer: Issuer) -> Office:
    return Office(api.client, database, issuer)


@pytest.mark.parametrize("what", [*bad_json(GOOD, CHINESE), *VALUES])
def test_a_refused_proposal_leaves_no_trace(office: Office, what: str) -> None:
    sent = (bad_json(GOOD, CHINESE) | VALUES)[what]
    before = office.left()
    assert office.send("/entries", sent) == (sent.status, sent.slug)
    assert office.left() == before


@pytest.mark.parametrize("what", bad_json(CHECKS, CHINESE))
def test_a_malformed_check_is_refused(office: Office, what: str) -> None:
    sent = bad_json(CHECKS, CHINESE)[what]
    assert office.send("/standings/checks", sent) == (sent.status, sent.slug)


# ----------------------------------------------------------------------------------------------------------- visibility


@pytest.fixture
def walk(office: Office) -> Walk:
    """Calls every route about an enterprise in Guangdong with a listing and proposals of staff and of the rules."""
    database = office.database
    project(database, declared("10690123566571", (SHOP, CHINESE, "示例信息公司", clock.now())))
    listed(database)
    proposal = propose(database)
    consume(database, *three_orders(), fined())
    return Walk(
        office.client,
        {"/entries": {"id": str(proposal.id)}, "/standings": {"code": SHOP}, "/": {}},
        {
            "POST /standings/checks": {"codes": [SHOP, HOLDER]},
            "POST /entries": PROPOSAL,
            "POST /entries/{id}/objection": {"statement": "no"},
            "POST /entries/{id}/decision": {"decision": "reject", "reason": "unfounded"},
            "POST /entries/{id}/repair": {"statement": "done"},
            "POST /entries/{id}/withdrawal": {"reason": "mistake", "note": "x"},
            "POST /entries/{id}/notices": None,
            "POST /entries/{id}/withdrawal-review": {"outcome": "confirmed", "reason": "x"},
            "POST /enterprise-files": {"code": SHOP, "reply_code": "x"},
            "POST /replies": {"code": SHOP, "reply_code": "x", "kind": "answer", "statement": "x"},
        },
        "text/csv",
    )


def secrets(office: Office) -> list[str]:
    """The data that is not public: entries that are not effective, persons, and causes."""
    hidden = rows(office.database, "SELECT id FROM entries WHERE state <> 'effective'")
    causes = [cause for row in entries(office.database) for cause in row.causes]
    return [*(str(row.id) for row in hidden), '"li"', '"wang"', *causes]


STRANGERS = [
    *("carrier:UNKNOWN", "channel:app", "citizen:me", "authority:UNKNOWN"),
    *("regulator:CA-11", "regulator:CA-99", "regulator:UNKNOWN", CMCC, SAMR),
]


@pytest.mark.parametrize("org", STRANGERS)
@pytest.mark.parametrize("query", ["", f"?code={SHOP}", "?list=adverse"])
def test_strangers_see_only_public_data_and_change_nothing(
    app: FastAPI, office: Office, walk: Walk, org: str, query: str
) -> None:
    secret, before = secrets(office), office.left()
    assert len(secret) >= 8
    for operation in operations(app):
        answer = walk.call(operation, office.token(org), query if operation.method == "GET" else "")
        assert answer.status_code < 500, operation
        assert shows(answer, secret) == [], operation
        assert office.left() == before, operation


def readers(app: FastAPI, office: Office, walk: Walk, org: str) -> set[str]:
    """The reads that show an organisation something that is not public."""
    secret = secrets(office)
    return {
        str(each)
        for each in operations(app)
        if each.method == "GET" and shows(walk.call(each, office.token(org)), secret)
    }


def test_staff_see_the_entries_of_their_province_and_national_staff_all(
    app: FastAPI, office: Office, walk: Walk
) -> None:
    assert readers(app, office, walk, MIIT) == {"GET /entries", "GET /entries/{id}"}
    assert readers(app, office, walk, GUANGDONG) == readers(app, office, walk, MIIT)
    assert readers(app, office, walk, BEIJING) == set()


@pytest.mark.parametrize("org", [CMCC, SAMR, MIIT, BEIJING])
def test_standings_are_visible_to_every_known_organisation(app: FastAPI, office: Office, walk: Walk, org: str) -> None:
    routes = [each for each in operations(app) if each.path.startswith("/standings")]
    assert len(routes) == 2
    for operation in routes:
        assert walk.call(operation, office.token(org)).status_code == 200


def test_only_the_public_list_and_the_routes_with_a_reply_code_need_no_token(
    app: FastAPI, office: Office, walk: Walk
) -> None:
    public = [each for each in operations(app) if each.public]
    assert public == [
        Operation("GET", "/listed", True),
        Operation("POST", "/enterprise-files", True),
        Operation("POST", "/replies", True),
    ]
    answer = walk.call(public[0], {})
    assert answer.status_code == 200
    assert shows(answer, secrets(office)) == []


@pytest.mark.parametrize("what", BAD_TOKENS)
def test_a_bad_token_is_refused_by_every_route(app: FastAPI, office: Office, walk: Walk, what: str) -> None:
    before = office.left()
    guarded = [operation for operation in operations(app) if not operation.public]
    assert len(guarded) == 16
    for operation in guarded:
        answer = walk.call(operation, BAD_TOKENS[what](office.issuer, SCOPES))
        assert problem_of(answer) == (401, "unauthenticated"), operation
        assert "www-authenticate" in answer.headers
    assert office.left() == before


def test_a_token_without_the_scope_is_refused_by_every_route(app: FastAPI, office: Office, walk: Walk) -> None:
    before = office.left()
    for operation in operations(app):
        if not operation.public:
            answer = walk.call(operation, office.token(MIIT, "something:else"))
            assert problem_of(answer) == (403, "forbidden"), operation
    assert office.left() == before


def test_every_act_succeeds_for_authorised_staff(office: Office, walk: Walk) -> None:
    """Otherwise the refusals above would prove nothing."""
    assert walk.call(Operation("POST", "/entries", False), office.token(MIIT)).status_code == 201
    assert walk.call(Operation("POST", "/entries/{id}/objection", False), office.token(MIIT)).status_code == 200
    other = office.token(MIIT, sub="wang")
    assert walk.call(Operation("POST", "/entries/{id}/decision", False), other).status_code == 200


def test_rows_that_cannot_be_read_are_set_aside_by_every_list_resource_and_act(
    app: FastAPI, office: Office, walk: Walk, owned: Database
) -> None:
    def call(operation: Operation) -> Response:
        return noticed.call(operation, office.token(MIIT))

    noticed = walk.with_reply_code("/entries/{id}/notices", office.token(MIIT))
    assert_unreadable_rows_are_set_aside(
        app,
        call,
        owned,
        METADATA,
        without_times={"GET /standings/{code}"},
        beginning={"POST /standings/checks", "POST /entries"},
    )
