"""What is refused leaves no trace, and no carrier sees or touches what is another's: every route, as everybody."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from chassis.database import Database
from chassis.imports import import_sweep
from chassis.sweeper import Slice
from services.ports.imports import FILINGS
from services.ports.store.tables import METADATA
from tests.integration.http.issuer import Issuer
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
    enquiries,
    file,
    form,
    hear,
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


def wrong(**said: Any) -> Refused:
    return Refused(422, "validation", json.dumps(FILING | said).encode(), JSON)


VALUES = {
    "a mobile number": wrong(number="13900001234"),
    "no number": wrong(number="一零六九"),
    "a number off the plan": wrong(number="106"),
    "a number without end": wrong(number="1069" + "0" * 60),
    "a code whose check digit is wrong": wrong(holder_uscc=HOLDER[:-1] + ("0" if HOLDER[-1] != "0" else "1")),
    "a code that is none": wrong(provider_uscc="无"),
    "a carrier nobody knows": wrong(carrier="NOBODY"),
    "an unknown purpose": wrong(purpose="spam"),
    "an unknown province": wrong(province="990000"),
    "a day in the future": wrong(declared_from="2999-01-01"),
    "no day of the calendar": wrong(declared_from="2026-02-30"),
    "an empty signature": wrong(signature=""),
    "a field nobody knows": wrong(colour="red"),
    "a text for a truth": wrong(covers_extensions="perhaps"),
}


@dataclass(frozen=True)
class Office:
    """The API, and all that its database holds."""

    client: TestClient
    database: Database
    issuer: Issuer

    def left(self) -> Traces:
        return traces(self.database, METADATA)

    def token(self, org: str, scopes: str = SCOPES) -> dict[str, str]:
        return self.issuer.bearer(scopes, org=org)

    def send(self, path: str, sent: Refused) -> tuple[int, str]:
        """Send something bad as national staff; the problem that it is."""
        headers = {**self.token("regulator:MIIT"), "Idempotency-Key": "k", **sent.headers}
        return problem_of(self.client.post(path, content=sent.content, headers=headers))


@pytest.fixture
def office(api: Api, database: Database, issuer: Issuer) -> Office:
    return Office(api.client, database, issuer)


PROPOSAL = {"carrier": "CMCC", "number": f"{NUMBER}7", "reason": "无人要过"}
DECISION = {"decision": "reject", "reason": "无人要过"}


def unfit(body: dict[str, str], **said: Any) -> Refused:
    return Refused(422, "validation", json.dumps(body | said).encode(), JSON)


def bodies(body: dict[str, str]) -> dict[str, Refused]:
    """What is none of a proposal or a decision."""
    return bad_json(json.dumps(body, ensure_ascii=False).encode(), "无人要过") | {
        "without a reason": unfit(body, reason=""),
        "with a reason without end": unfit(body, reason="x" * 1_001),
        "with a field nobody knows": unfit(body, colour="red"),
    }


PROPOSALS = bodies(PROPOSAL) | {
    "of a mobile": unfit(PROPOSAL, number="13900001234"),
    "of a number off the plan": unfit(PROPOSAL, number="106"),
    "of a carrier nobody knows": unfit(PROPOSAL, carrier="NOBODY"),
}
DECISIONS = bodies(DECISION) | {"of another kind": unfit(DECISION, decision="perhaps")}


@pytest.mark.parametrize("what", PROPOSALS)
def test_a_proposal_is_refused_without_a_trace_that_is(office: Office, what: str) -> None:
    before = office.left()
    assert office.send("/shutdown-proposals", PROPOSALS[what]) == (PROPOSALS[what].status, PROPOSALS[what].slug)
    assert office.left() == before


@pytest.mark.parametrize("what", DECISIONS)
def test_a_decision_is_refused_without_a_trace_that_is(office: Office, what: str) -> None:
    path = f"/shutdown-proposals/{proposed(office)}/decision"
    before = office.left()
    sent = replace(DECISIONS[what], headers={**DECISIONS[what].headers, "If-Match": "*"})
    assert office.send(path, sent) == (sent.status, sent.slug)
    assert office.left() == before


@pytest.mark.parametrize("what", [*bad_json(GOOD, "样例服务"), *VALUES])
def test_a_filing_is_refused_without_a_trace_that_is(office: Office, what: str) -> None:
    sent = (bad_json(GOOD, "样例服务") | VALUES)[what]
    before = office.left()
    assert office.send("/filings", sent) == (sent.status, sent.slug)
    assert office.left() == before


FILES = bad_files(FILE, "text/csv") | {
    "without one of its columns": Refused(
        422, "wrong-header", FILE.replace(b"carrier,", b""), {"Content-Type": "text/csv"}
    ),
    "with a column nobody knows": Refused(422, "wrong-header", b"colour," + FILE, {"Content-Type": "text/csv"}),
    "with a column twice": Refused(422, "wrong-header", b"carrier," + FILE, {"Content-Type": "text/csv"}),
    "without a header": Refused(422, "wrong-header", FILE.partition(b"\n")[2], {"Content-Type": "text/csv"}),
}


@pytest.mark.parametrize("what", FILES)
def test_a_file_is_refused_without_a_trace_that_is(office: Office, what: str) -> None:
    before = office.left()
    assert office.send("/filing-imports", FILES[what]) == (FILES[what].status, FILES[what].slug)
    assert office.left() == before


# ---------------------------------------------------------------------------------------------------- who sees what


def work_off(database: Database) -> None:
    """Let every file that was sent come to its end."""
    done = 1
    while done:
        with database.begin() as tx:
            done = import_sweep(FILINGS).run(tx, Slice(1))


def proposed(office: Office) -> str:
    """The id of a proposal to shut a port of CMCC's, by somebody else than the one who walks."""
    headers = office.issuer.bearer(SCOPES, org="regulator:MIIT", sub="somebody else")
    return str(office.client.post("/shutdown-proposals", json=PROPOSAL, headers=headers).json()["id"])


@pytest.fixture
def walk(office: Office) -> Walk:
    """Every route, called about what is CMCC's: a port with an order, an enquiry, a filing, a file, a listing that
    is after a port and kept another out, proposals."""
    order = ordered(office.database).rpartition("/")[2]
    hear(office.database, unregistered("u1", OF_CARRIERS_OWN), unregistered("u2", OF_CARRIERS_OWN))
    filed = file(office.database, form(f"{NUMBER}1"))[0].filing
    sent = office.client.post(
        "/filing-imports", content=FILE, headers=office.token(CMCC) | {"Content-Type": "text/csv"}
    )
    work_off(office.database)
    proposal = proposed(office)
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
            "/listings": {"entry": str(named("an entry"))},
            "/ports": {"carrier": "CMCC", "number": NUMBER},
            "/": {},
        },
        {
            "POST /filings": FILING,
            "POST /filing-imports": FILE,
            "POST /filing-imports/{id}/resumption": {"reason": "mended"},
            "POST /orders/{id}/acknowledgement": None,
            "POST /orders/{id}/execution": {"evidence": "switch log 17"},
            "POST /orders/{id}/refusal": {"code": "technical"},
            "POST /orders/{id}/lifting": {"reason": "a mistake"},
            "POST /shutdown-proposals": PROPOSAL | {"number": f"{NUMBER}8"},
            "POST /shutdown-proposals/{id}/decision": DECISION,
            "POST /enquiries/{id}/answer": {"answer": "not-mine"},
        },
        "text/csv",
    )


def secrets(office: Office) -> list[str]:
    """What gives CMCC's affairs away: every id, every number."""
    marks = [NUMBER, OF_CARRIERS_OWN]
    keys = {"evidence": "complaint_id", "listings": "entry"}
    for table in ("orders", "enquiries", "filings", "ports", "imports", "evidence", "shutdown_proposals", "listings"):
        key = keys.get(table, "id")
        marks += [str(row[0]) for row in rows(office.database, f"SELECT {key} FROM {table}")]
    return marks


STRANGERS = [
    *("carrier:CUCC", "carrier:NOBODY", "channel:app", "authority:SAMR", "citizen:me"),
    *("regulator:CA-11", "regulator:NOBODY"),
]


@pytest.mark.parametrize("org", STRANGERS)
@pytest.mark.parametrize("query", ["", f"?number={NUMBER}", "?carrier=CMCC"])
def test_strangers_see_nothing_of_a_carriers_affairs_and_change_nothing(
    app: FastAPI, office: Office, walk: Walk, org: str, query: str
) -> None:
    secret, before = secrets(office), office.left()
    for operation in operations(app):
        if str(operation) == "POST /filing-imports":
            continue  # what they send is theirs, and every line of it is refused
        answer = walk.call(operation, office.token(org), query if operation.method == "GET" else "")
        assert answer.status_code < 500, operation
        assert shows(answer, secret) == [], operation
        assert office.left() == before, operation


@pytest.mark.parametrize("org", ["carrier:CUCC", "carrier:NOBODY", "channel:app", "regulator:CA-11"])
def test_no_line_of_a_file_that_is_not_its_carriers_is_taken(office: Office, org: str) -> None:
    sent = office.client.post("/filing-imports", content=FILE, headers=office.token(org) | {"Content-Type": "text/csv"})
    work_off(office.database)
    told = office.client.get(sent.headers["location"], headers=office.token(org)).json()
    assert (told["state"], told["lines_read"], told["rejected"]) == ("finished", 1, 1)
    assert (
        rows(office.database, "SELECT 1 FROM ports UNION ALL SELECT 1 FROM filings UNION ALL SELECT 1 FROM outbox")
        == []
    )


def readers(app: FastAPI, office: Office, walk: Walk, org: str) -> set[Operation]:
    """The reads that show an organisation something of CMCC's affairs."""
    secret = secrets(office)
    return {
        each for each in operations(app) if each.method == "GET" and shows(walk.call(each, office.token(org)), secret)
    }


def test_those_whose_affairs_they_are_see_them(app: FastAPI, office: Office, walk: Walk) -> None:
    told = {str(each) for each in readers(app, office, walk, CMCC)}
    assert told == {
        *("GET /orders", "GET /orders/{id}", "GET /enquiries", "GET /enquiries/{id}", "GET /ports"),
        *("GET /ports/{carrier}/{number}", "GET /filings", "GET /filings/{id}"),
        *("GET /filing-imports", "GET /filing-imports/{id}"),
    }
    staff = {str(each) for each in readers(app, office, walk, "regulator:MIIT")} - told
    assert staff >= {
        *("GET /shutdown-proposals", "GET /shutdown-proposals/{id}", "GET /listings", "GET /listings/{entry}"),
    }
    assert readers(app, office, walk, "regulator:MIIT") >= readers(app, office, walk, CMCC)


def test_a_carrier_is_told_of_no_complaint_and_no_complainant(app: FastAPI, office: Office, walk: Walk) -> None:
    people = [
        str(value) for row in rows(office.database, "SELECT complaint_id, complainant FROM evidence") for value in row
    ]
    assert len(people) >= 10
    for operation in operations(app):
        if operation.method == "GET":
            assert shows(walk.call(operation, office.token(CMCC)), people) == [], operation


@pytest.mark.parametrize("what", BAD_TOKENS)
def test_a_token_opens_no_route_that_is(app: FastAPI, office: Office, walk: Walk, what: str) -> None:
    before = office.left()
    guarded = [operation for operation in operations(app) if not operation.public]
    assert len(guarded) >= 22
    for operation in guarded:
        answer = walk.call(operation, BAD_TOKENS[what](office.issuer, SCOPES))
        assert problem_of(answer) == (401, "unauthenticated"), operation
        assert "www-authenticate" in answer.headers
    assert office.left() == before


def test_a_token_without_the_scope_of_a_route_does_not_open_it(app: FastAPI, office: Office, walk: Walk) -> None:
    before = office.left()
    for operation in operations(app):
        if not operation.public:
            answer = walk.call(operation, office.token(CMCC, "something:else"))
            assert problem_of(answer) == (403, "forbidden"), operation
    assert office.left() == before
