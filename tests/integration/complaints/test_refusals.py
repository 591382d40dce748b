"""Refused requests leave no trace, and callers see only their own resources: every route, every kind of caller."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from fastapi import FastAPI
from httpx2 import Response

from chassis import clock
from chassis.database import Database
from chassis.ids import new_id
from services.complaints.model import ChannelHold
from services.complaints.policy.receipts import receipt_of
from services.complaints.store.channels import save_holds
from services.complaints.store.tables import METADATA
from tests.integration.complaints.scenes import ALL_SCOPES, ANNA, BORIS, COMPLAINANT, NUMBER, Office, report
from tests.integration.http.times import EXTREMES, time_inputs
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

JSON = {"Content-Type": "application/json"}
LINES = "application/x-ndjson"
GOOD = json.dumps(report(), ensure_ascii=False).encode()


def wrong(**overrides: Any) -> Refused:
    return Refused(422, "validation", json.dumps(report(**overrides)).encode(), JSON)


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
    "an unknown field": wrong(surprise=1),
    "a number for a text": wrong(text=17),
}


def left(office: Office) -> Traces:
    return traces(office.database, METADATA)


@pytest.mark.parametrize("what", [*bad_json(GOOD, "短信"), *VALUES])
def test_an_invalid_complaint_is_refused_and_leaves_no_trace(office: Office, what: str) -> None:
    sent = (bad_json(GOOD, "云杉书店") | VALUES)[what]
    before = left(office)
    answer = office.client.post(
        "/complaints",
        content=sent.content,
        headers={**office.token("channel:app"), "Idempotency-Key": "k", **sent.headers},
    )
    assert problem_of(answer) == (sent.status, sent.slug)
    assert COMPLAINANT not in answer.text
    assert left(office) == before


WHY = json.dumps({"reason": "警方来函"}, ensure_ascii=False).encode()
REQUESTS = {
    "no reason": Refused(422, "validation", b"{}", JSON),
    "an empty reason": Refused(422, "validation", b'{"reason": ""}', JSON),
    "an endless reason": Refused(422, "validation", json.dumps({"reason": "字" * 1_001}).encode(), JSON),
    "a decider in the request": Refused(422, "validation", b'{"reason": "r", "decided_by": "me"}', JSON),
}
DECISION = json.dumps({"decision": "approve", "reason": "函件属实"}, ensure_ascii=False).encode()
DECISIONS = {
    "no decision": Refused(422, "validation", b'{"reason": "r"}', JSON),
    "neither yes nor no": Refused(422, "validation", b'{"decision": "perhaps", "reason": "r"}', JSON),
    "no reason": Refused(422, "validation", b'{"decision": "refuse"}', JSON),
    "an empty reason": Refused(422, "validation", b'{"decision": "refuse", "reason": ""}', JSON),
    "a period of validity": Refused(422, "validation", b'{"decision": "approve", "reason": "r", "valid": "1y"}', JSON),
}


@pytest.mark.parametrize("what", [*bad_json(WHY, "警方来函"), *REQUESTS])
def test_an_invalid_request_for_a_reveal_is_refused_and_leaves_no_trace(office: Office, what: str) -> None:
    sent = (bad_json(WHY, "警方来函") | REQUESTS)[what]
    path = f"/complaints/{office.file()['id']}/reveals"
    before = left(office)
    headers = {**office.token("channel:app"), "Idempotency-Key": "k", **sent.headers}
    assert problem_of(office.client.post(path, content=sent.content, headers=headers)) == (sent.status, sent.slug)
    assert left(office) == before


@pytest.mark.parametrize("what", [*bad_json(DECISION, "函件属实"), *DECISIONS])
def test_an_invalid_decision_on_a_reveal_is_refused_and_leaves_no_trace(office: Office, what: str) -> None:
    sent = (bad_json(DECISION, "函件属实") | DECISIONS)[what]
    path = f"/reveals/{office.request_reveal(office.file()['id'])['id']}/decision"
    before = left(office)
    headers = {**office.token(by=BORIS), "Idempotency-Key": "k", "If-Match": '"1"', **sent.headers}
    assert problem_of(office.client.post(path, content=sent.content, headers=headers)) == (sent.status, sent.slug)
    assert left(office) == before


@pytest.mark.parametrize("what", bad_files(GOOD, LINES))
def test_an_invalid_file_is_refused_and_leaves_no_trace(office: Office, what: str) -> None:
    sent = bad_files(GOOD + b"\n", LINES)[what]
    before = left(office)
    headers = {**office.token("channel:app"), "Idempotency-Key": "k", **sent.headers}
    answer = office.client.post("/complaint-imports", content=sent.content, headers=headers)
    assert problem_of(answer) == (sent.status, sent.slug)
    assert left(office) == before


# ---------------------------------------------------------------------------------------------------- who sees what


@pytest.fixture
def walk(office: Office) -> Walk:
    """Calls of every route, about a complaint of the channel `app` from Guangdong, an import of that channel, an
    approved reveal, and a hold of the channel."""
    filed = office.file("app-1")
    imported = office.import_lines(report("app-2", sender_number=NUMBER), org="channel:app")
    office.assess()
    reveal = office.request_reveal(filed["id"], by=ANNA)
    office.decide(reveal)
    hold = ChannelHold(id=new_id(), channel="app", reason="too many", rules=(), held_at=clock.now())
    with office.database.begin() as tx:
        save_holds(tx, [hold])
    return Walk(
        office.client,
        {
            "/complaints": {"id": filed["id"]},
            "/complaint-imports": {"id": imported["id"]},
            "/receipts": {"receipt": filed["id"]},
            "/register": {"number": NUMBER},
            "/reveals": {"id": reveal["id"]},
            "/channel-holds": {"id": str(hold.id)},
            "/": {},
        },
        {
            "POST /complaints": report("app-3"),
            "POST /complaints/{id}/corrections": {"note": "no spam", "category": "not-spam"},
            "POST /complaints/{id}/withdrawal": {"reason": "taken-back"},
            "POST /complaints/{id}/reveals": {"reason": "警方来函"},
            "POST /reveals/{id}/decision": {"decision": "approve", "reason": "函件属实"},
            "POST /reveals/{id}/disclosure": None,
            "POST /channel-holds/{id}/release": {"reason": "a wave of messages"},
            "POST /complaint-imports": json.dumps(report("app-4")).encode(),
            "POST /complaint-imports/{id}/resumption": {"reason": "fixed"},
        },
        LINES,
    )


def marks(office: Office) -> list[str]:
    """What would reveal a complaint: its id, its complainant's ids and number, receipts, imports, reveals."""
    found = office.rows(
        "SELECT id, complainant_id, surrogate, receipt FROM complaints UNION ALL "
        "SELECT id, complaint_id, NULL, NULL FROM reveals"
    )
    ids = [str(value) for row in found for value in row if value is not None]
    others = office.rows("SELECT id FROM imports UNION ALL SELECT id FROM channel_holds")
    return [*ids, *(str(row.id) for row in others), COMPLAINANT]


OTHERS = ["channel:sms", "carrier:CMCC", "authority:SAMR", "regulator:CA-11", "regulator:UNKNOWN", "citizen:me"]


@pytest.mark.parametrize("org", OTHERS)
def test_other_organisations_neither_see_nor_change_a_complaint(
    app: FastAPI, office: Office, walk: Walk, org: str
) -> None:
    secret = marks(office)
    for operation in operations(app):
        if str(operation) in ("POST /complaints", "POST /complaint-imports"):
            continue  # they see what they file themselves
        before = left(office)
        answer = walk.call(operation, office.token(org))
        assert answer.status_code < 500, operation
        assert shows(answer, secret) == [], operation
        # Staff of another province read a list without these complaints: that is in the audit log.
        read = {"audit_log", "audit_unsealed"} if answer.status_code == 200 and operation.method == "GET" else set()
        assert {table for table, each in left(office).items() if each != before[table]} <= read, operation


@pytest.mark.parametrize("org", ["channel:sms", "carrier:CMCC", "authority:SAMR", "regulator:UNKNOWN", "citizen:me"])
def test_no_line_of_another_organisations_file_is_filed(office: Office, org: str) -> None:
    found = office.import_lines(report(), org=org)
    assert (found["lines_read"], found["rejected"]) == (1, 1)
    assert office.rows("SELECT 1 FROM complaints") == []


def test_staff_and_the_channel_see_exactly_their_resources(app: FastAPI, office: Office, walk: Walk) -> None:
    secret = marks(office)
    seen: dict[str, set[str]] = {}
    for org in ("regulator:MIIT", "regulator:CA-44", "channel:app"):
        seen[org] = {
            str(operation)
            for operation in operations(app)
            if operation.method == "GET" and shows(walk.call(operation, office.token(org)), secret)
        }
    complaints = {"GET /complaints", "GET /complaints/{id}", "GET /reveals", "GET /reveals/{id}"}
    files = {"GET /complaint-imports", "GET /complaint-imports/{id}"}
    assert seen == {
        "regulator:MIIT": complaints | files | {"GET /channel-holds", "GET /channel-holds/{id}"},
        "regulator:CA-44": complaints,
        "channel:app": files,
    }


@pytest.mark.parametrize("org", ["regulator:MIIT", "regulator:CA-44", "channel:app"])
@pytest.mark.parametrize("by", [ANNA, BORIS, "another person"])
def test_only_the_disclosure_to_the_approved_requester_contains_the_number(
    app: FastAPI, office: Office, walk: Walk, org: str, by: str
) -> None:
    # A withdrawal erases the number.
    ordered = sorted(operations(app), key=lambda each: each.path.endswith("/withdrawal"))
    disclosing = {
        str(operation) for operation in ordered if COMPLAINANT in walk.call(operation, office.token(org, by=by)).text
    }
    staff = org.startswith("regulator:")
    assert disclosing == ({"POST /reveals/{id}/disclosure"} if staff and by == ANNA else set())


@pytest.mark.parametrize("org", ["regulator:MIIT", "regulator:CA-44", "channel:app"])
def test_the_internal_id_of_a_complainant_is_in_no_response_and_no_event(
    app: FastAPI, office: Office, walk: Walk, org: str
) -> None:
    inside = [str(row.complainant_id) for row in office.rows("SELECT complainant_id FROM complaints")]
    assert inside
    for operation in operations(app):
        assert shows(walk.call(operation, office.token(org, by=ANNA)), inside) == [], operation
    assert office.payloads()
    assert not [each for each in inside for payload in office.payloads() if each.encode() in payload]


@pytest.mark.parametrize("what", BAD_TOKENS)
def test_no_route_accepts_an_invalid_token(app: FastAPI, office: Office, walk: Walk, what: str) -> None:
    before = left(office)
    guarded = [operation for operation in operations(app) if not operation.public]
    assert len(guarded) >= 15
    for operation in guarded:
        answer = walk.call(operation, BAD_TOKENS[what](office.issuer, ALL_SCOPES))
        assert problem_of(answer) == (401, "unauthenticated"), operation
        assert "www-authenticate" in answer.headers
    assert left(office) == before


def test_no_route_accepts_a_token_without_its_scope(app: FastAPI, office: Office, walk: Walk) -> None:
    before = left(office)
    for operation in operations(app):
        if not operation.public:
            answer = walk.call(operation, office.token(scope="something:else"))
            assert problem_of(answer) == (403, "forbidden"), operation
    assert left(office) == before


def test_rows_that_cannot_be_read_are_set_aside_by_every_list_resource_and_act(
    app: FastAPI, office: Office, walk: Walk, owned: Database
) -> None:
    (filed,) = office.rows("SELECT id FROM complaints WHERE receipt_digest IS NOT NULL")
    citizen = replace(walk, parameters={**walk.parameters, "/receipts": {"receipt": receipt_of(filed.id)}})

    def call(operation: Operation) -> Response:
        # The channel files, and reads the errors of the lines of its file.
        of_channel = beginning | {"GET /complaint-imports/{id}/errors"}
        org = "channel:app" if str(operation) in of_channel else "regulator:MIIT"
        return (citizen if operation.public else walk).call(operation, office.token(org))

    beginning = {"POST /complaints", "POST /complaint-imports"}
    # The number is in no filing.
    without_times = {"GET /complaint-imports/{id}/errors", "GET /register/{number}"}
    assert_unreadable_rows_are_set_aside(app, call, owned, METADATA, without_times=without_times, beginning=beginning)


def test_every_time_out_of_bounds_is_refused_with_its_field(app: FastAPI, office: Office, walk: Walk) -> None:
    inputs = list(time_inputs(app))
    assert [str(each) for each in inputs] == [
        "POST /complaints body/sent_at",
        "POST /complaints body/received_at",
        "GET /register/{number} query/at",
    ]
    for each in inputs:
        for extreme in EXTREMES:
            if each.place == "query":
                response = walk.call(each.operation, office.token(), f"?at={quote(extreme)}")
            else:
                changed = walk.bodies[str(each.operation)] | {each.name: extreme}
                response = office.client.post(
                    "/complaints", json=changed, headers={**office.token("channel:app"), "Idempotency-Key": "k"}
                )
            assert problem_of(response) == (422, "validation"), (each, extreme, response.text)
            assert any(each.name in error["pointer"] for error in response.json()["errors"]), response.text


def test_a_line_with_a_time_out_of_bounds_is_an_error_of_this_line(office: Office) -> None:
    lines = [report(f"good-{name}") for name in ("before", "after")]
    for name in ("sent_at", "received_at"):
        lines[1:1] = [report(f"{name}-{extreme}", **{name: extreme}) for extreme in EXTREMES]
    imported = office.import_lines(*lines)
    counts = {name: imported[name] for name in ("lines_read", "accepted", "rejected")}
    assert counts == {"lines_read": len(lines), "accepted": 2, "rejected": len(lines) - 2}
