"""A complaint is read in one way by every intake: the same verdict, the same errors, one complaint."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.integration.complaints.scenes import Office, report

WRONG: list[tuple[str, Any]] = [
    ("sent_at", 1_780_000_000),
    ("sent_at", "1780000000"),
    ("sent_at", 1_780_000_000.5),
    ("sent_at", "2026-06-01"),
    ("sent_at", "2026-06-01T12:30:17"),
    ("sent_at", "2026-06-01 12:30"),
    ("sent_at", "01.06.2026 12:30"),
    ("received_at", None),
    ("received_at", True),
    ("unsubscribed", "yes"),
    ("unsubscribed", 1),
    ("unsubscribed", "true"),
    ("consented", "Yes"),
    ("text", 5),
    ("text", ["a"]),
    ("external_id", 17),
    ("sender_number", 10_690_123_566_571),
    ("complainant_province", 440_000),
    ("colour", "red"),
]
TIMES = [
    "2026-06-01T12:30:17+08:00",
    "2026-06-01t12:30:17+08:00",
    "2026-06-01 12:30:17+08:00",
    "2026-06-01T12:30:17.1234567+08:00",
    "2026-06-01T12:30:17.5+0800",
    "2026-06-01T04:30:17Z",
    "2026-06-01T04:30:17z",
    "2026-06-01T24:00:00Z",
    "2026-06-01T12:30:17,5+08:00",
    "20260601T123017+0800",
    " 2026-06-01T12:30:17+08:00",
]


@pytest.mark.parametrize(("field", "value"), WRONG)
def test_a_wrong_value_has_the_same_error_alone_and_in_a_file(office: Office, field: str, value: Any) -> None:
    wrong = report("a") | {field: value}
    answer = office.post("/complaints", wrong)
    assert answer.status_code == 422
    (alone,) = answer.json()["errors"]
    done = office.import_lines(wrong)
    (in_file,) = office.get(f"/complaint-imports/{done['id']}/errors").json()["items"]
    assert alone["pointer"] == f"/{in_file['column']}" == f"/{field}"
    assert in_file["detail"] == f"field `{field}`: {alone['detail']}"
    assert in_file["value"] == alone.get("value")
    assert office.rows("SELECT id FROM complaints") == []


@pytest.mark.parametrize("time", TIMES)
@pytest.mark.parametrize("external_id", ["app-1", None])
def test_a_time_gives_the_same_complaint_alone_and_in_a_file(
    office: Office, time: str, external_id: str | None
) -> None:
    sent = report(external_id, sent_at=time)
    done, answer = office.import_lines(sent), office.post("/complaints", sent)
    again = office.import_lines(json.dumps(sent, ensure_ascii=True).encode())
    counts = (done["accepted"], done["duplicates"], done["rejected"])
    assert (counts, answer.status_code) in [((1, 0, 0), 200), ((0, 0, 1), 422)]
    assert len(office.rows("SELECT id FROM complaints")) == done["accepted"]
    assert again["duplicates"] == done["accepted"]


def test_every_error_of_a_body_and_of_a_line_is_reported_at_once(office: Office) -> None:
    wrong = report("a", sent_at=5, unsubscribed="no", colour="red")
    del wrong["text"]
    errors = office.post("/complaints", wrong).json()["errors"]
    assert [each["pointer"] for each in errors] == ["/colour", "/text", "/sent_at", "/unsubscribed"]
    done = office.import_lines(wrong)
    (in_file,) = office.get(f"/complaint-imports/{done['id']}/errors").json()["items"]
    assert in_file["column"] == "colour"
    assert in_file["detail"] == "; ".join(f"field `{each['pointer'][1:]}`: {each['detail']}" for each in errors)


@pytest.mark.parametrize("body", [[], "a", 5, None])
def test_a_body_that_is_no_object_is_refused(office: Office, body: Any) -> None:
    assert office.post("/complaints", body).status_code == 422
