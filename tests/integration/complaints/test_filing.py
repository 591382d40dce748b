"""Filing a complaint over the API: once, however often it is sent, and only if it is valid."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.integration.complaints.scenes import COMPLAINANT, SENT, Office, report


def test_a_complaint_is_filed_with_a_receipt_and_found_again(office: Office) -> None:
    answer = office.post("/complaints", report())
    assert answer.status_code == 201
    filed = answer.json()
    assert answer.headers["location"] == f"/v1/complaints/{filed['id']}"
    assert filed["state"] == "filed"
    assert len(filed["receipt"]) >= 22
    found = office.complaint(filed["id"])
    assert (found["version"], found["state"], found["assessment"]) == (0, "filed", None)
    assert found["sender"]["base"] == "10690123"
    assert found["vouched"] is True


def test_a_complaint_behind_a_byte_order_mark_is_the_same_complaint(office: Office) -> None:
    first = office.file()
    content = b"\xef\xbb\xbf" + json.dumps(report()).encode()
    again = office.client.post(
        "/complaints", content=content, headers={**office.token("channel:app"), "Content-Type": "application/json"}
    )
    assert (again.status_code, again.json()) == (200, first)


def test_receipts_are_unique(office: Office) -> None:
    receipts = {office.file(f"app-{number}")["receipt"] for number in range(20)}
    assert len(receipts) == 20


def test_a_complaint_that_is_filed_again_is_the_first_one(office: Office) -> None:
    first = office.file()
    again = office.post("/complaints", report())
    assert (again.status_code, again.json()) == (200, first)
    assert again.headers["location"] == f"/v1/complaints/{first['id']}"
    assert office.get("/statistics").json()["filed"] == 1


def test_a_complaint_without_an_external_id_is_recognised_by_its_content(office: Office) -> None:
    first = office.file(None)
    later = (SENT + timedelta(hours=2)).isoformat()
    again = office.post("/complaints", report(None, complainant_number="+86 139 0000 1234", received_at=later))
    assert (again.status_code, again.json()["id"]) == (200, first["id"])
    another = office.file(None, sent_at=(SENT + timedelta(seconds=1)).isoformat())
    assert another["id"] != first["id"]


def test_another_complaint_under_the_same_external_id_is_refused(office: Office) -> None:
    office.file()
    answer = office.post("/complaints", report(text="另一条短信"))
    assert answer.status_code == 409
    assert answer.json()["type"] == "/problems/complaint-differs"
    assert office.get("/statistics").json()["filed"] == 1


def test_the_same_external_id_of_another_channel_is_another_complaint(office: Office) -> None:
    first = office.file()
    second = office.file(channel="sms")
    assert first["id"] != second["id"]


def test_concurrent_filings_of_one_complaint_make_one_complaint(office: Office) -> None:
    with ThreadPoolExecutor(8) as many:
        answers = list(many.map(lambda _: office.post("/complaints", report()), range(16)))
    assert sorted(answer.status_code for answer in answers) == [200] * 15 + [201]
    assert len({(answer.json()["id"], answer.json()["receipt"]) for answer in answers}) == 1
    assert office.get("/statistics").json()["filed"] == 1


def test_a_repeated_request_gets_the_same_response(office: Office) -> None:
    first = office.post("/complaints", report(None), Idempotency_Key="k-1")
    again = office.post("/complaints", report(None), Idempotency_Key="k-1")
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    other = office.post("/complaints", report(None, text="另一条短信"), Idempotency_Key="k-1")
    assert (other.status_code, other.json()["type"]) == (422, "/problems/idempotency-key-reused")
    assert office.get("/statistics").json()["filed"] == 1


@pytest.mark.parametrize(
    ("overrides", "pointer"),
    [
        ({"channel": "fax"}, "/channel"),
        ({"complainant_number": "12345"}, "/complainant_number"),
        ({"complainant_province": "99"}, "/complainant_province"),
        ({"sender_number": ""}, "/sender_number"),
        ({"text": ""}, "/text"),
        ({"text": "字" * 2001}, "/text"),
        ({"consented": "perhaps"}, "/consented"),
        ({"sent_at": "yesterday"}, "/sent_at"),
        ({"sent_at": "2026-06-01T00:00:00"}, "/sent_at"),
        ({"received_at": (datetime.now(UTC) + timedelta(days=1)).isoformat()}, "/received_at"),
        ({"sent_at": "0001-01-01T00:00:00+08:00"}, "/sent_at"),
        ({"sent_at": "9999-12-31T23:59:59-08:00"}, "/sent_at"),
        ({"surprise": 1}, "/surprise"),
        ({"text": "坏\ufffd字"}, "/text"),
        ({"sender_number": "AB\ufffdC"}, "/sender_number"),
        ({"external_id": "AB\ufffdC"}, "/external_id"),
        ({"unsubscribed": None, "text": None}, "/text"),
    ],
)
def test_an_invalid_field_is_refused_by_name_and_leaves_no_trace(
    office: Office, overrides: dict[str, Any], pointer: str
) -> None:
    answer = office.post("/complaints", report(**overrides))
    assert answer.status_code == 422, answer.text
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]
    assert COMPLAINANT not in answer.text
    assert office.rows("SELECT 1 FROM complaints") == []


@pytest.mark.parametrize(
    "content",
    [b"{", b"\xff{}", b'{"text": "a\\u0000b"}', b'{"text": "\\ud800"}', b'{"text": "a", "text": "b"}', b"[]" * 200_000],
)
def test_a_malformed_or_too_large_body_is_refused(office: Office, content: bytes) -> None:
    headers = {**office.token("channel:app"), "Content-Type": "application/json"}
    answer = office.client.post("/complaints", content=content, headers=headers)
    assert answer.status_code in (400, 413)
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_channel_files_only_its_own_complaints(office: Office) -> None:
    assert office.post("/complaints", report("a-1"), org="channel:app").status_code == 201
    assert office.post("/complaints", report("a-2"), org="channel:sms").status_code == 403


def test_a_channel_that_mistypes_its_own_code_learns_which_is_meant(office: Office) -> None:
    answer = office.post("/complaints", report("a-1", channel="APP"), org="channel:app")
    assert answer.status_code == 422
    assert answer.json()["errors"] == [
        {
            "in": "body",
            "pointer": "/channel",
            "detail": "`APP`: no channel has that code; did you mean app?",
            "value": "APP",
        }
    ]
    assert office.post("/complaints", report("a-3"), org="carrier:CMCC").status_code == 403
    assert office.post("/complaints", report("a-4"), org="regulator:CA-44").status_code == 403
    assert office.post("/complaints", report("a-4", channel="staff"), org="regulator:CA-44").status_code == 201


def test_filing_requires_a_token_with_the_scope(office: Office) -> None:
    assert office.client.post("/complaints", json=report()).status_code == 401
    reader = office.issuer.bearer("complaints:read", org="channel:app")
    assert office.client.post("/complaints", json=report(), headers=reader).status_code == 403
    assert office.rows("SELECT 1 FROM complaints") == []


def test_the_number_of_a_person_in_the_extension_of_a_sender_leaves_the_service_nowhere(office: Office) -> None:
    base = "10690123"
    filed = office.file(sender_number=f"{base}{COMPLAINANT}", text=f"【{COMPLAINANT}】新书上架，全场八折，回T退订")
    other = office.file("app-2", sender_number=f"{base}13711112222")
    office.assess()
    senders = [row.sender_number for row in office.rows("SELECT sender_number FROM complaints ORDER BY id")]
    assert senders == [base, base]
    published = office.rows("SELECT payload FROM outbox")
    shown = [office.get(f"/complaints/{each['id']}").text for each in (filed, other)]
    for text in (*(bytes(row.payload).decode() for row in published), *shown, office.get("/complaints").text):
        assert COMPLAINANT not in text
        assert "13711112222" not in text
    # It is still the same complaint when it is sent again.
    again = office.post(
        "/complaints",
        report(sender_number=f"{base}{COMPLAINANT}", text=f"【{COMPLAINANT}】新书上架，全场八折，回T退订"),
    )
    assert (again.status_code, again.json()["id"]) == (200, filed["id"])
