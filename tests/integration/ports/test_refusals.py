"""A refused request leaves no trace, and no carrier sees or changes data of another one: every route, every caller."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response

from chassis.database import Database
from chassis.imports import import_sweep
from chassis.sweeper import Slice
from services.ports.imports import FILING_IMPORTS
from services.ports.store.tables import METADATA
from tests.integration.http.issuer import Issuer
from tests.integration.http.unreadable import assert_unreadable_rows_are_set_aside, fill_quarantine
from tests.integration.http.walking import (
    BAD_TOKENS,
    Operation,
    Refused,
    Traces,
    Walk,
    bad_files,
    bad_json,
    operations,
    problem_of,
    shows,
    traces,
)
from tests.integration.ports.api import SCOPES, Api
from tests.integration.ports.scenes import (
    HOLDER,
    NUMBER,
    PROVIDER,
    consume,
    enquiries,
    file,
    form,
    listed,
    named,
    ordered,
    rows,
    unregistered,
)

CMCC = "carrier:CMCC"
OF_CARRIERS_OWN = "1065712345"
JSON = {"Content-Type": "application/json"}
FILING: dict[str, Any] = {
    "number": f"{NUMBER}9",
    "carrier": "CMCC",
    "holder_uscc": HOLDER,
    "holder_name": "示例短信信息技术有限公司",
    "provider_uscc": PROVIDER,
    "provider_name": "样例服务中心有限公司",
    "signature": "样例服务",
    "purpose": "notice",
}
GOOD = json.dumps(FILING, ensure_ascii=False).encode()
FILE = (",".join(FILING) + "\n" + ",".join(FILING.values()) + "\n").encode()


def wrong(**overrides: Any) -> Refused:
    return Refused(422, "validation", json.dumps(FILING | overrides).encode(), JSON)


VALUES = {
    "a mobile number": wrong(number="13900001234"),
    "no number": wrong(number="一零六九"),
    "a number off the plan": wrong(number="106"),
    "a number that is too long": wrong(number="1069" + "0" * 60),
    "a code whose check digit is wrong": wrong(holder_uscc=HOLDER[:-1] + ("0" if HOLDER[-1] != "0" else "1")),
    "no credit code": wrong(provider_uscc="无"),
    "an unknown carrier": wrong(carrier="UNKNOWN"),
    "an unknown purpose": wrong(purpose="spam"),
    "an unknown province": wrong(province="990000"),
    "a day in the future": wrong(declared_from="2999-01-01"),
    "a day that does not exist": wrong(declared_from="2026-02-30"),
    "an empty signature": wrong(signature=""),
    "an unknown field": wrong(colour="red"),
    "a text for a boolean": wrong(covers_extensions="perhaps"),
}


@dataclass(frozen=True)
class Office:
    """The API and its database."""

    client: TestClient
    database: Database
    issuer: Issuer

    def left(self) -> Traces:
        return traces(self.database, METADATA)

    def token(self, org: str, scopes: str = SCOPES) -> dict[str, str]:
        return self.issuer.bearer(scopes, org=org)

    def send(self, path: str, sent: Refused) -> tuple[int, str]:
        """Send a bad request as national staff; returns status and slug of the problem."""
        headers = {**self.token("regulator:MIIT"), "Idempotency-Key": "k", **sent.headers}
        return problem_of(self.client.post(path, content=sent.content, headers=headers))


@pytest.fixture
def office(api: Api, database: Database, issuer: Issuer) -> Office:
    return Office(api.client, database, issuer)


PROPOSAL = {"carrier": "CMCC", "number": f"{NUMBER}7", "reason": "无人要过"}
LOAD = {"carrier": "CMCC"}
DECISION = {"decision": "reject", "reason": "无人要过"}


def unfit(body: dict[str, str], **overrides: Any) -> Refused:
    return Refused(422, "validation", json.dumps(body | overrides).encode(), JSON)


def bodies(body: dict[str, str]) -> dict[str, Refused]:
    """Bad variants of a proposal or a decision."""
    return bad_json(json.dumps(body, ensure_ascii=False).encode(), "无人要过") | {
        "without a reason": unfit(body, reason=""),
        "with a reason that is too long": unfit(body, reason="x" * 1_001),
        "with an unknown field": unfit(body, colour="red"),
    }


PROPOSALS = bodies(PROPOSAL) | {
    "of a mobile": unfit(PROPOSAL, number="13900001234"),
    "of a number off the plan": unfit(PROPOSAL, number="106"),
    "of an unknown carrier": unfit(PROPOSAL, carrier="UNKNOWN"),
}
DECISIONS = bodies(DECISION) | {"of another kind": unfit(DECISION, decision="perhaps")}


@pytest.mark.parametrize("what", PROPOSALS)
def test_a_bad_proposal_leaves_no_trace(office: Office, what: str) -> None:
    before = office.left()
    assert office.send("/shutdown-proposals", PROPOSALS[what]) == (PROPOSALS[what].status, PROPOSALS[what].slug)
    assert office.left() == before


@pytest.mark.parametrize("what", DECISIONS)
def test_a_bad_decision_leaves_no_trace(office: Office, what: str) -> None:
    path = f"/shutdown-proposals/{begun(office, '/shutdown-proposals', PROPOSAL)}/decision"
    before = office.left()
    sent = replace(DECISIONS[what], headers={**DECISIONS[what].headers, "If-Match": "*"})
    assert office.send(path, sent) == (sent.status, sent.slug)
    assert office.left() == before


@pytest.mark.parametrize("what", [*bad_json(GOOD, "样例服务"), *VALUES])
def test_a_bad_filing_leaves_no_trace(office: Office, what: str) -> None:
    sent = (bad_json(GOOD, "样例服务") | VALUES)[what]
    before = office.left()
    assert office.send("/filings", sent) == (sent.status, sent.slug)
    assert office.left() == before


FILES = bad_files(FILE, "text/csv") | {
    "without one of its columns": Refused(
        422, "wrong-header", FILE.replace(b"carrier,", b""), {"Content-Type": "text/csv"}
    ),
    "with an unknown column": Refused(422, "wrong-header", b"colour," + FILE, {"Content-Type": "text/csv"}),
    "with a column twice": Refused(422, "wrong-header", b"carrier," + FILE, {"Content-Type": "text/csv"}),
    "without a header": Refused(422, "wrong-header", FILE.partition(b"\n")[2], {"Content-Type": "text/csv"}),
}


@pytest.mark.parametrize("what", FILES)
def test_a_bad_file_leaves_no_trace(office: Office, what: str) -> None:
    before = office.left()
    assert office.send("/filing-imports", FILES[what]) == (FILES[what].status, FILES[what].slug)
    assert office.left() == before


# ---------------------------------------------------------------------------------------------------- who sees what


def apply_all(database: Database) -> None:
    """Apply every file that was sent."""
    done = 1
    while done:
        with database.begin() as tx:
            done = import_sweep(FILING_IMPORTS).run(tx, Slice(1))


def begun(office: Office, path: str, body: Mapping[str, Any]) -> str:
    """The id of what another person than the caller of the walk has begun about CMCC: a proposal, an initial load."""
    headers = office.issuer.bearer(SCOPES, org="regulator:MIIT", sub="another person")
    return str(office.client.post(path, json=body, headers=headers).json()["id"])


@pytest.fixture
def walk(office: Office) -> Walk:
    """Every route, called about data of CMCC: a port with an order, an enquiry, a filing, a file, a listing that shuts
    one port and refuses another, proposals."""
    order = ordered(office.database).rpartition("/")[2]
    consume(office.database, unregistered("u1", OF_CARRIERS_OWN), unregistered("u2", OF_CARRIERS_OWN))
    filed = file(office.database, form(f"{NUMBER}1"))[0].filing
    sent = office.client.post(
        "/filing-imports", content=FILE, headers=office.token(CMCC) | {"Content-Type": "text/csv"}
    )
    apply_all(office.database)
    proposal, load = begun(office, "/shutdown-proposals", PROPOSAL), begun(office, "/initial-loads", LOAD)
    listed(office.database, f"{NUMBER}2", existing="shut")
    file(office.database, form(f"{NUMBER}3"))
    return Walk(
        office.client,
        {
            "/orders": {"id": order},
            "/enquiries": {"id": str(enquiries(office.database)[0].id)},
            "/filings": {"id": str(filed)},
            "/filing-imports": {"id": sent.json()["id"]},
            "/shutdown-proposals": {"id": proposal},
            "/initial-loads": {"id": load},
            "/listings": {"entry": str(named("an entry"))},
            "/ports": {"carrier": "CMCC", "number": NUMBER},
            "/": {},
        },
        {
            "POST /filings": FILING,
            "POST /filing-imports": FILE,
            "POST /filing-imports/{id}/resumption": {"reason": "fixed"},
            "POST /orders/{id}/acknowledgement": None,
            "POST /orders/{id}/execution": {"evidence": "switch log 17"},
            "POST /orders/{id}/refusal": {"code": "technical"},
            "POST /orders/{id}/lifting": {"reason": "a mistake"},
            "POST /orders/{id}/notices": {"code": HOLDER},
            "POST /enterprise-files": {"code": HOLDER, "reply_code": "x"},
            "POST /replies": {"code": HOLDER, "reply_code": "x", "kind": "answer", "statement": "x"},
            "POST /orders/{id}/lift-review": {"outcome": "confirmed", "reason": "x"},
            "POST /shutdown-proposals": PROPOSAL | {"number": f"{NUMBER}8"},
            "POST /shutdown-proposals/{id}/decision": DECISION,
            "POST /initial-loads": {"carrier": "CUCC"},
            "POST /initial-loads/{id}/closing": {},
            "POST /enquiries/{id}/answer": {"answer": "not-mine"},
        },
        "text/csv",
    )


def secrets(office: Office) -> list[str]:
    """What identifies data of CMCC: every id, every number."""
    marks = [NUMBER, OF_CARRIERS_OWN]
    keys = {"evidence": "complaint_id", "listings": "entry"}
    for table in (
        *("orders", "enquiries", "filings", "ports", "imports", "evidence"),
        *("shutdown_proposals", "listings", "initial_loads"),
    ):
        key = keys.get(table, "id")
        marks += [str(row[0]) for row in rows(office.database, f"SELECT {key} FROM {table}")]
    return marks


OF_CARRIERS = {
    *(f"POST /orders/{{id}}/{act}" for act in ("acknowledgement", "execution", "refusal")),
    "POST /enquiries/{id}/answer",
}
OTHERS = [
    *("carrier:CUCC", "carrier:UNKNOWN", "channel:app", "authority:SAMR", "citizen:me"),
    *("regulator:CA-11", "regulator:UNKNOWN"),
]


@pytest.mark.parametrize("org", OTHERS)
@pytest.mark.parametrize("query", ["", f"?number={NUMBER}", "?carrier=CMCC"])
def test_other_organisations_see_nothing_of_a_carrier_and_change_nothing(
    app: FastAPI, office: Office, walk: Walk, org: str, query: str
) -> None:
    secret, before = secrets(office), office.left()
    for operation in operations(app):
        if str(operation) == "POST /filing-imports":
            continue  # the file belongs to its sender, and every line of it is rejected
        answer = walk.call(operation, office.token(org), query if operation.method == "GET" else "")
        assert answer.status_code < 500, operation
        assert shows(answer, secret) == [], operation
        assert office.left() == before, operation


@pytest.mark.parametrize("org", ["carrier:CUCC", "carrier:UNKNOWN", "channel:app", "regulator:CA-11"])
def test_lines_for_another_carrier_are_rejected(office: Office, org: str) -> None:
    sent = office.client.post("/filing-imports", content=FILE, headers=office.token(org) | {"Content-Type": "text/csv"})
    apply_all(office.database)
    result = office.client.get(sent.headers["location"], headers=office.token(org)).json()
    assert (result["state"], result["lines_read"], result["rejected"]) == ("finished", 1, 1)
    assert (
        rows(office.database, "SELECT 1 FROM ports UNION ALL SELECT 1 FROM filings UNION ALL SELECT 1 FROM outbox")
        == []
    )


def readers(app: FastAPI, office: Office, walk: Walk, org: str) -> set[Operation]:
    """The reads that show data of CMCC to an organisation."""
    secret = secrets(office)
    return {
        each for each in operations(app) if each.method == "GET" and shows(walk.call(each, office.token(org)), secret)
    }


def test_the_carrier_and_national_staff_can_read_its_data(app: FastAPI, office: Office, walk: Walk) -> None:
    carrier = {str(each) for each in readers(app, office, walk, CMCC)}
    assert carrier == {
        *("GET /orders", "GET /orders/{id}", "GET /enquiries", "GET /enquiries/{id}", "GET /ports"),
        *("GET /ports/{carrier}/{number}", "GET /filings", "GET /filings/{id}"),
        *("GET /filing-imports", "GET /filing-imports/{id}"),
    }
    staff = {str(each) for each in readers(app, office, walk, "regulator:MIIT")} - carrier
    assert staff >= {
        *("GET /shutdown-proposals", "GET /shutdown-proposals/{id}", "GET /listings", "GET /listings/{entry}"),
        *("GET /initial-loads", "GET /initial-loads/{id}"),
    }
    assert readers(app, office, walk, "regulator:MIIT") >= readers(app, office, walk, CMCC)


def test_a_carrier_sees_no_complaint_and_no_complainant(app: FastAPI, office: Office, walk: Walk) -> None:
    people = [
        str(value) for row in rows(office.database, "SELECT complaint_id, complainant FROM evidence") for value in row
    ]
    assert len(people) >= 10
    for operation in operations(app):
        if operation.method == "GET":
            assert shows(walk.call(operation, office.token(CMCC)), people) == [], operation


@pytest.mark.parametrize("what", BAD_TOKENS)
def test_no_route_accepts_a_bad_token(app: FastAPI, office: Office, walk: Walk, what: str) -> None:
    before = office.left()
    guarded = [operation for operation in operations(app) if not operation.public]
    assert len(guarded) >= 22
    for operation in guarded:
        answer = walk.call(operation, BAD_TOKENS[what](office.issuer, SCOPES))
        assert problem_of(answer) == (401, "unauthenticated"), operation
        assert "www-authenticate" in answer.headers
    assert office.left() == before


def test_no_route_accepts_a_token_without_its_scope(app: FastAPI, office: Office, walk: Walk) -> None:
    before = office.left()
    for operation in operations(app):
        if not operation.public:
            answer = walk.call(operation, office.token(CMCC, "something:else"))
            assert problem_of(answer) == (403, "forbidden"), operation
    assert office.left() == before


def test_rows_that_cannot_be_read_are_set_aside_by_every_list_resource_and_act(
    app: FastAPI, office: Office, walk: Walk, owned: Database
) -> None:
    def call(operation: Operation) -> Response:
        own = str(operation) in OF_CARRIERS
        return noticed.call(operation, office.token(CMCC if own else "regulator:MIIT"))

    noticed = walk.with_reply_code("/orders/{id}/notices", office.token("regulator:MIIT"))
    noticed = replace(noticed, bodies={**noticed.bodies, "POST /initial-loads": LOAD})
    assert_unreadable_rows_are_set_aside(
        app,
        call,
        owned,
        METADATA,
        without_times={"GET /filing-imports/{id}/errors", "GET /unclaimed-numbers"},
        beginning={"POST /filing-imports", "POST /shutdown-proposals"},
    )


@pytest.mark.parametrize("what", ["events", "items", "rows"])
def test_only_staff_of_the_ministry_see_the_quarantine(office: Office, what: str) -> None:
    fill_quarantine(office.database)
    for org in (CMCC, "regulator:CA-44", "authority:SAMR", "channel:app"):
        answer = office.client.get(f"/quarantined-{what}", headers=office.token(org))
        assert problem_of(answer) == (403, "forbidden")
    found = office.client.get(f"/quarantined-{what}", headers=office.token("regulator:MIIT")).json()["items"]
    assert len(found) == 1
    assert not {"payload", "content"} & found[0].keys()


def test_the_quarantine_is_paged(office: Office) -> None:
    for offset in range(3):
        fill_quarantine(office.database, offset)
    for what in ("events", "items", "rows"):
        path, seen = f"/quarantined-{what}?page_size=2", 0
        while path:
            answer = office.client.get(path, headers=office.token("regulator:MIIT"))
            seen += len(answer.json()["items"])
            token = answer.json()["next_page_token"]
            path = f"/quarantined-{what}?page_size=2&page_token={token}" if token else ""
        assert seen == 3
