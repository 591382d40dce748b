"""Refused requests leave no trace, and no authority reads or changes the clues of another: all routes, all callers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response

from chassis.database import Database
from chassis.imports import import_sweep
from chassis.sweeper import Slice
from services.referrals.imports import CONCLUSION_IMPORTS
from services.referrals.store.tables import METADATA
from tests.integration.http.issuer import Issuer
from tests.integration.http.unreadable import assert_unreadable_rows_are_set_aside
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
from tests.integration.referrals.api import SCOPES, Api
from tests.integration.referrals.scenes import (
    MIIT,
    PROVIDER,
    SAMR,
    SIGNATURE,
    assessed,
    batches,
    clues,
    consume,
    crime,
    rows,
    seal,
)

JSON = {"Content-Type": "application/json", "If-Match": "*"}
NDJSON = "application/x-ndjson"
FINE: dict[str, Any] = {
    "code": "fined",
    "amount": 20_000,
    "enterprise": PROVIDER,
    "decision": "市监处罚〔2026〕0186号",
    "note": "已责令改正",
}
GOOD = json.dumps(FINE, ensure_ascii=False).encode()
OTHER_CLUE = "01890000-0000-7000-8000-000000000001"
FILE = json.dumps({"clue": OTHER_CLUE, **FINE}, ensure_ascii=False).encode() + b"\n"


def wrong(**overrides: Any) -> Refused:
    return Refused(422, "validation", json.dumps(FINE | overrides).encode(), JSON)


VALUES = {
    "an unknown code": wrong(code="forgiven"),
    "an amount that is a word": wrong(amount="much"),
    "a negative fine": wrong(amount=-1),
    "a fine above the limit": wrong(amount=10**13),
    "half a yuan": wrong(amount=0.5),
    "a code whose check digit is wrong": wrong(enterprise=PROVIDER[:-1] + ("0" if PROVIDER[-1] != "0" else "1")),
    "merged into something that is not an id": wrong(code="merged", amount=None, merged_into="that one"),
    "a note that is too long": wrong(note="很" * 1_001),
    "an empty decision": wrong(decision=""),
    "an unknown field": wrong(colour="red"),
}


@dataclass(frozen=True)
class Office:
    """The API, its database, and a clue and a batch of SAMR."""

    client: TestClient
    database: Database
    issuer: Issuer
    clue: str
    batch: Any

    def state(self) -> Traces:
        return traces(self.database, METADATA)

    def token(self, org: str, scopes: str = SCOPES) -> dict[str, str]:
        return self.issuer.bearer(scopes, org=org)

    def send(self, path: str, sent: Refused, org: str = SAMR) -> tuple[int, str]:
        """Send a bad request; the status and slug of the problem."""
        headers = {**self.token(org), "Idempotency-Key": "k", "If-Match": "*", **sent.headers}
        return problem_of(self.client.post(path, content=sent.content, headers=headers))


@pytest.fixture
def office(api: Api, database: Database, issuer: Issuer) -> Office:
    consume(database, *(assessed(name) for name in "abc"))
    seal(database)
    (clue,) = clues(database)
    return Office(api.client, database, issuer, f"/clues/{clue.id}", batches(database)[0])


@pytest.mark.parametrize("what", [*bad_json(GOOD, "已责令改正"), *VALUES])
def test_a_refused_conclusion_leaves_no_trace(office: Office, what: str) -> None:
    sent = (bad_json(GOOD, "已责令改正") | VALUES)[what]
    before = office.state()
    assert office.send(f"{office.clue}/conclusion", sent) == (sent.status, sent.slug)
    assert office.state() == before


FILES = bad_files(FILE, NDJSON)


@pytest.mark.parametrize("what", FILES)
def test_a_refused_file_leaves_no_trace(office: Office, what: str) -> None:
    before = office.state()
    assert office.send("/conclusion-imports", FILES[what]) == (FILES[what].status, FILES[what].slug)
    assert office.state() == before


SEALINGS = {
    "of an invalid quarter": {"through": "2026Q5", "reason": "x"},
    "of the first quarter of all": {"through": "0001Q1", "reason": "x"},
    "of the last quarter of all": {"through": "9999Q4", "reason": "x"},
    "for an unknown authority": {"authority": "UNKNOWN", "reason": "x"},
    "without a reason": {},
    "with an empty reason": {"reason": ""},
}


@pytest.mark.parametrize("what", SEALINGS)
def test_a_refused_sealing_leaves_no_trace(office: Office, what: str) -> None:
    before = office.state()
    sent = Refused(422, "validation", json.dumps(SEALINGS[what]).encode(), JSON)
    assert office.send("/sealings", sent, MIIT) == (422, "validation")
    assert office.state() == before


# ----------------------------------------------------------------------------------------------------------- visibility


def apply_imports(database: Database) -> None:
    """Apply every file that was sent."""
    done = 1
    while done:
        with database.begin() as tx:
            done = import_sweep(CONCLUSION_IMPORTS).run(tx, Slice(1))


@pytest.fixture
def walk(office: Office) -> Walk:
    """Calls of every route on rows of SAMR: a batch, a clue in it and a file; and on a sealing ordered by staff."""
    consume(office.database, assessed("not sealed yet", province="440000"), crime("of the police"))
    sent = office.client.post(
        "/conclusion-imports", content=FILE, headers=office.token(SAMR) | {"Content-Type": NDJSON}
    )
    apply_imports(office.database)
    ordered = rows(office.database, "SELECT id FROM sealings WHERE because = 'command'")[0].id
    return Walk(
        office.client,
        {
            "/clues": {"id": office.clue.rpartition("/")[2]},
            "/batches": {"id": str(office.batch.id)},
            "/sealings": {"id": str(ordered)},
            "/conclusion-imports": {"id": sent.json()["id"]},
            "/": {},
        },
        {
            "POST /clues/{id}/return": {"reason": "not-competent"},
            "POST /clues/{id}/extension": {"reason": "it is long"},
            "POST /clues/{id}/conclusion": FINE,
            "POST /clues/{id}/annulment": {"reason": "a mistake"},
            "POST /clues/{id}/routing": {"authority": "MOE", "reason": "a school"},
            "POST /batches/{id}/receipt": {"digest": office.batch.digest},
            "POST /sealings": {"reason": "a rest"},
            "POST /conclusion-imports": FILE,
            "POST /conclusion-imports/{id}/resumption": {"reason": "repaired"},
        },
        NDJSON,
    )


def secrets(office: Office) -> list[str]:
    """Values that only SAMR and staff may see: ids, subjects, digests."""
    marks = [PROVIDER, SIGNATURE, office.batch.digest]
    for table in ("clues", "batches", "sealings", "imports"):
        marks += [str(row.id) for row in rows(office.database, f"SELECT id FROM {table}")]
    return marks + people(office)


def people(office: Office) -> list[str]:
    """Values that lead to complainants: complaints and surrogates."""
    found = rows(office.database, "SELECT complaint_id, complainant FROM evidence")
    assert len(found) >= 5
    return [str(value) for row in found for value in row]


OTHERS = [
    *("authority:MOE", "authority:CBIRC", "authority:UNKNOWN", "carrier:CMCC", "channel:app", "citizen:me"),
    *("regulator:CA-11", "regulator:UNKNOWN"),
]


@pytest.mark.parametrize("org", OTHERS)
@pytest.mark.parametrize("query", ["", f"?subject=enterprise:{PROVIDER}", "?authority=SAMR"])
def test_other_organisations_see_and_change_nothing_of_an_authority(
    app: FastAPI, office: Office, walk: Walk, org: str, query: str
) -> None:
    secret, before = secrets(office), office.state()
    for operation in operations(app):
        if str(operation) == "POST /conclusion-imports":
            continue  # they may send a file, and every line of it is refused
        answer = walk.call(operation, office.token(org), query if operation.method == "GET" else "")
        assert answer.status_code < 500, operation
        assert shows(answer, secret) == [], operation
        assert office.state() == before, operation


@pytest.mark.parametrize("org", [*OTHERS, "regulator:CA-44"])
def test_every_line_about_the_clue_of_another_authority_is_refused(office: Office, org: str) -> None:
    before = rows(office.database, "SELECT * FROM clues"), rows(office.database, "SELECT * FROM outbox")
    file = json.dumps({"clue": office.clue.rpartition("/")[2], **FINE}).encode()
    sent = office.client.post("/conclusion-imports", content=file, headers=office.token(org) | {"Content-Type": NDJSON})
    apply_imports(office.database)
    path = sent.headers["location"]
    body = office.client.get(path, headers=office.token(org)).json()
    assert (body["state"], body["lines_read"], body["rejected"]) == ("finished", 1, 1)
    (error,) = office.client.get(f"{path}/errors", headers=office.token(org)).json()["items"]
    assert error["code"] == "not-seen"
    assert (rows(office.database, "SELECT * FROM clues"), rows(office.database, "SELECT * FROM outbox")) == before


def readers(app: FastAPI, office: Office, walk: Walk, org: str) -> set[Operation]:
    """The reads that show an organisation something of SAMR."""
    secret = secrets(office)
    return {
        each for each in operations(app) if each.method == "GET" and shows(walk.call(each, office.token(org)), secret)
    }


def test_an_authority_and_national_staff_see_its_rows(app: FastAPI, office: Office, walk: Walk) -> None:
    own = {
        *("GET /clues", "GET /clues/{id}", "GET /batches", "GET /batches/{id}", "GET /batches/{id}/content"),
        *("GET /conclusion-imports", "GET /conclusion-imports/{id}"),
    }
    assert {str(each) for each in readers(app, office, walk, SAMR)} == own
    staff = {"GET /clues/{id}/complaints", "GET /sealings", "GET /sealings/{id}"}
    assert {str(each) for each in readers(app, office, walk, MIIT)} == own | staff


def test_no_response_to_an_authority_contains_a_complaint_or_a_complainant(
    app: FastAPI, office: Office, walk: Walk
) -> None:
    personal = people(office)
    for operation in operations(app):
        answer = walk.call(operation, office.token(SAMR))
        assert shows(answer, [*personal, "440000"]) == [], operation


def test_a_clue_that_is_not_sealed_yet_is_not_found_for_its_authority(office: Office, walk: Walk) -> None:
    (waiting,) = [row for row in clues(office.database) if row.state == "open" and row.authority == "SAMR"]
    for act, body in (("return", {"reason": "other-region"}), ("conclusion", FINE), ("extension", {"reason": "x"})):
        answer = walk.client.post(
            f"/clues/{waiting.id}/{act}", json=body, headers=office.token(SAMR) | {"If-Match": "*"}
        )
        assert problem_of(answer) == (404, "not-found"), act


@pytest.mark.parametrize("what", BAD_TOKENS)
def test_no_route_accepts_a_token_that_is(app: FastAPI, office: Office, walk: Walk, what: str) -> None:
    before = office.state()
    guarded = [operation for operation in operations(app) if not operation.public]
    assert len(guarded) >= 20
    for operation in guarded:
        answer = walk.call(operation, BAD_TOKENS[what](office.issuer, SCOPES))
        assert problem_of(answer) == (401, "unauthenticated"), operation
        assert "www-authenticate" in answer.headers
    assert office.state() == before


def test_no_route_accepts_a_token_without_its_scope(app: FastAPI, office: Office, walk: Walk) -> None:
    before = office.state()
    for org in (SAMR, MIIT):
        for operation in operations(app):
            if not operation.public:
                answer = walk.call(operation, office.token(org, "something:else"))
                assert problem_of(answer) == (403, "forbidden"), operation
    assert office.state() == before


@pytest.mark.parametrize(("scope", "others"), [("clues:read", {"GET"}), ("clues:act", {"POST"})])
def test_a_scope_is_accepted_by_its_own_routes_only(
    app: FastAPI, office: Office, walk: Walk, scope: str, others: set[str]
) -> None:
    for operation in operations(app):
        if operation.public or "imports" in operation.path:
            continue
        answer = walk.call(operation, office.token(MIIT, scope))
        if answer.status_code != 403:
            assert operation.method in others, operation


def test_rows_that_cannot_be_read_are_set_aside_by_every_list_resource_and_act(
    app: FastAPI, office: Office, walk: Walk, owned: Database
) -> None:
    def call(operation: Operation) -> Response:
        return walk.call(operation, office.token(SAMR if operation in of_authorities else MIIT))

    of_authorities = {Operation("POST", path, False) for path in ("/clues/{id}/return", "/clues/{id}/extension")}
    of_authorities.add(Operation("POST", "/batches/{id}/receipt", False))
    assert_unreadable_rows_are_set_aside(
        app,
        call,
        owned,
        METADATA,
        without_times={"GET /conclusion-imports/{id}/errors", "GET /clues/{id}/complaints"},
        beginning={"POST /sealings", "POST /conclusion-imports"},
    )
