"""What is refused leaves no trace, and nobody sees what is not for him: every route, as everybody."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI

from services.complaints.store.tables import METADATA
from tests.integration.complaints.scenes import ALL_SCOPES, COMPLAINANT, NUMBER, Office, report
from tests.integration.http.walking import (
    BAD_TOKENS,
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

JSON = {"Content-Type": "application/json"}
LINES = "application/x-ndjson"
GOOD = json.dumps(report(), ensure_ascii=False).encode()


def wrong(**said: Any) -> Refused:
    return Refused(422, "validation", json.dumps(report(**said)).encode(), JSON)


VALUES = {
    "a future date": wrong(received_at=(datetime.now(UTC) + timedelta(days=1)).isoformat()),
    "sent after it was complained of": wrong(sent_at="2026-06-02T00:00:00Z", received_at="2026-06-01T00:00:00Z"),
    "a time without an offset": wrong(sent_at="2026-06-01T12:00:00"),
    "no time at all": wrong(sent_at="昨天"),
    "an unknown word for consent": wrong(consented="perhaps"),
    "an unknown channel": wrong(channel="fax"),
    "an unknown province": wrong(complainant_province="990000"),
    "a complainant without a number": wrong(complainant_number="匿名"),
    "no sender": wrong(sender_number=""),
    "an endless sender": wrong(sender_number="1" * 10_000),
    "an endless text": wrong(text="字" * 2_001),
    "a blank text": wrong(text=" \u3000 "),
    "an id that is reserved": wrong(external_id="hmac:1"),
    "a field nobody knows": wrong(surprise=1),
    "a number for a text": wrong(text=17),
}


def left(office: Office) -> Traces:
    return traces(office.database, METADATA)


@pytest.mark.parametrize("what", [*bad_json(GOOD, "短信"), *VALUES])
def test_a_complaint_is_refused_without_a_trace_that_is(office: Office, what: str) -> None:
    sent = (bad_json(GOOD, "云杉书店") | VALUES)[what]
    before = left(office)
    answer = office.client.post(
        "/complaints", content=sent.content, headers={**office.token(), "Idempotency-Key": "k", **sent.headers}
    )
    assert problem_of(answer) == (sent.status, sent.slug)
    assert COMPLAINANT not in answer.text
    assert left(office) == before


@pytest.mark.parametrize("what", bad_files(GOOD, LINES))
def test_a_file_is_refused_without_a_trace_that_is(office: Office, what: str) -> None:
    sent = bad_files(GOOD + b"\n", LINES)[what]
    before = left(office)
    headers = {**office.token(), "Idempotency-Key": "k", **sent.headers}
    answer = office.client.post("/complaint-imports", content=sent.content, headers=headers)
    assert problem_of(answer) == (sent.status, sent.slug)
    assert left(office) == before


# ---------------------------------------------------------------------------------------------------- who sees what


@pytest.fixture
def walk(office: Office) -> Walk:
    """Every route, called about a complaint of the channel `app` from Guangdong and a file of that channel."""
    filed = office.file("app-1")
    imported = office.import_lines(report("app-2", sender_number=NUMBER), org="channel:app")
    office.assess()
    return Walk(
        office.client,
        {
            "/complaints": {"id": filed["id"]},
            "/complaint-imports": {"id": imported["id"]},
            "/receipts": {"receipt": filed["id"]},
            "/register": {"number": NUMBER},
            "/": {},
        },
        {
            "POST /complaints": report("app-3"),
            "POST /complaints/{id}/corrections": {"note": "no spam", "category": "not-spam"},
            "POST /complaints/{id}/withdrawal": {"reason": "taken-back"},
            "POST /complaint-imports": json.dumps(report("app-4")).encode(),
            "POST /complaint-imports/{id}/resumption": {"reason": "mended"},
        },
        LINES,
    )


def marks(office: Office) -> list[str]:
    """What gives a complaint away: its id, the channel's id, the complainant's surrogate, receipts, imports."""
    found = office.rows("SELECT id, complainant_id, receipt FROM complaints")
    told = [str(value) for row in found for value in row if value is not None]
    return [*told, *(str(row.id) for row in office.rows("SELECT id FROM imports")), COMPLAINANT]


STRANGERS = ["channel:sms", "carrier:CMCC", "authority:SAMR", "regulator:CA-11", "regulator:NOBODY", "citizen:me"]


@pytest.mark.parametrize("org", STRANGERS)
def test_strangers_see_nothing_of_a_complaint_and_change_nothing(
    app: FastAPI, office: Office, walk: Walk, org: str
) -> None:
    secret, before = marks(office), left(office)
    for operation in operations(app):
        if str(operation) in ("POST /complaints", "POST /complaint-imports"):
            continue  # what they file is theirs
        answer = walk.call(operation, office.token(org))
        assert answer.status_code < 500, operation
        assert shows(answer, secret) == [], operation
        assert left(office) == before, operation


@pytest.mark.parametrize("org", ["channel:sms", "carrier:CMCC", "authority:SAMR", "regulator:NOBODY", "citizen:me"])
def test_no_line_of_a_strangers_file_is_taken(office: Office, org: str) -> None:
    told = office.import_lines(report(), org=org)
    assert (told["lines_read"], told["rejected"]) == (1, 1)
    assert office.rows("SELECT 1 FROM complaints UNION ALL SELECT 1 FROM complainants") == []


def test_those_for_whom_it_is_see_it(app: FastAPI, office: Office, walk: Walk) -> None:
    secret = marks(office)
    seen: dict[str, set[str]] = {}
    for org in ("regulator:MIIT", "regulator:CA-44", "channel:app"):
        seen[org] = {
            str(operation)
            for operation in operations(app)
            if operation.method == "GET" and shows(walk.call(operation, office.token(org)), secret)
        }
    complaints = {"GET /complaints", "GET /complaints/{id}"}
    files = {"GET /complaint-imports", "GET /complaint-imports/{id}"}
    assert seen == {
        "regulator:MIIT": complaints | files,
        "regulator:CA-44": complaints,
        "channel:app": files,
    }


@pytest.mark.parametrize("what", BAD_TOKENS)
def test_a_token_opens_no_route_that_is(app: FastAPI, office: Office, walk: Walk, what: str) -> None:
    before = left(office)
    guarded = [operation for operation in operations(app) if not operation.public]
    assert len(guarded) >= 10
    for operation in guarded:
        answer = walk.call(operation, BAD_TOKENS[what](office.issuer, ALL_SCOPES))
        assert problem_of(answer) == (401, "unauthenticated"), operation
        assert "www-authenticate" in answer.headers
    assert left(office) == before


def test_a_token_without_the_scope_of_a_route_does_not_open_it(app: FastAPI, office: Office, walk: Walk) -> None:
    before = left(office)
    for operation in operations(app):
        if not operation.public:
            answer = walk.call(operation, office.token(scope="something:else"))
            assert problem_of(answer) == (403, "forbidden"), operation
    assert left(office) == before
