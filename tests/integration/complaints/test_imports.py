"""Imports of complaints: good lines are filed, bad ones are reported, and the same file again adds nothing."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from chassis.ids import new_id
from contracts.vocabulary import Consent
from services.complaints.store.complaints import NewComplaint, insert_complaints
from tests.integration.complaints.scenes import COMPLAINANT, NUMBER, SENT, Office, report


def errors(office: Office, found: dict[str, Any]) -> dict[int, str]:
    page = office.get(f"/complaint-imports/{found['id']}/errors").json()
    assert page["next_page_token"] is None
    return {error["line"]: error["code"] for error in page["items"]}


def counts(found: dict[str, Any]) -> tuple[int, int, int]:
    assert found["lines_read"] == found["accepted"] + found["duplicates"] + found["rejected"]
    return found["accepted"], found["duplicates"], found["rejected"]


def test_a_file_is_filed_and_the_same_file_again_adds_nothing(office: Office) -> None:
    lines = [report(f"app-{number}") for number in range(50)]
    assert counts(office.import_lines(*lines)) == (50, 0, 0)
    assert counts(office.import_lines(*lines, packed=True)) == (0, 50, 0)
    assert office.get("/statistics").json()["filed"] == 50


def test_every_bad_line_is_reported_by_number_and_the_good_ones_are_filed(office: Office) -> None:
    found = office.import_lines(
        report("a-1"),
        b"{",
        b'{"text": "\xef\xbf\xbd"}',
        report("a-4", surprise=1),
        report("a-5", complainant_number="110"),
        report("a-6", received_at="2999-01-01T00:00:00Z"),
        report("a-7", consented="perhaps"),
        report("a-8", text=""),
        report("a-9", channel="fax"),
        report("a-10"),
    )
    assert counts(found) == (2, 0, 8)
    assert errors(office, found) == {
        2: "malformed",
        3: "replacement-character",
        4: "invalid",
        5: "number",
        6: "future",
        7: "invalid",
        8: "length",
        9: "unknown-channel",
    }
    assert office.get("/statistics").json()["filed"] == 2


def test_errors_name_the_field_and_not_the_complainant(office: Office) -> None:
    found = office.import_lines(report("a-1", surprise=1), report(f"x{COMPLAINANT}"))
    answer = office.get(f"/complaint-imports/{found['id']}/errors")
    assert [error["code"] for error in answer.json()["items"]] == ["invalid", "personal"]
    assert "surprise" in answer.text
    assert "external_id" in answer.text
    assert COMPLAINANT not in answer.text


def test_errors_name_the_field_its_value_and_what_was_probably_meant(office: Office) -> None:
    found = office.import_lines(
        report("a-1", channel="App"),
        report("a-2", sent_at="gestern"),
        report("a-3", consented="Yes"),
        b'{"channel": x}',
    )
    items = office.get(f"/complaint-imports/{found['id']}/errors").json()["items"]
    assert [(each["column"], each["value"]) for each in items] == [
        ("channel", "App"), ("sent_at", "gestern"), ("consented", "Yes"), (None, None),
    ]  # fmt: skip
    assert items[0]["detail"].endswith("; did you mean app?")
    assert items[2]["detail"].endswith("; did you mean yes?")
    assert items[3]["detail"] == (
        "the line is not one JSON object: character 13, in the value of `channel`, is not expected there"
    )


def test_a_file_in_another_encoding_is_refused_as_a_whole(office: Office) -> None:
    content = (json.dumps(report("a-1"), ensure_ascii=False) + "\n").encode() * 3
    for bad in (content.decode().encode("gb18030"), content + "乱".encode("gb18030")):
        sent = {**office.token("regulator:MIIT"), "Content-Type": "application/x-ndjson"}
        answer = office.client.post("/complaint-imports", content=bad, headers=sent)
        assert (answer.status_code, answer.json()["type"]) == (422, "/problems/unreadable-file")
    assert office.get("/statistics").json()["filed"] == 0


def test_a_repeated_line_is_a_duplicate_and_another_text_under_its_id_an_error(office: Office) -> None:
    found = office.import_lines(report("a-1"), report("a-1"), report("a-1", text="另一条"), report(None), report(None))
    assert counts(found) == (2, 2, 1)
    assert errors(office, found) == {3: "complaint-differs"}


def test_another_text_under_an_id_that_was_filed_before_is_an_error_of_its_line(office: Office) -> None:
    office.file("a-1")
    found = office.import_lines(report("a-1", text="另一条"), report("a-1"), report("a-2"))
    # Of several lines with one id the first one counts, and it differs; the second equals what was filed.
    assert counts(found) == (1, 1, 1)
    assert errors(office, found) == {1: "complaint-differs"}


def test_a_channel_imports_only_its_own_complaints(office: Office) -> None:
    found = office.import_lines(report("a-1"), report("a-2", channel="sms"), org="channel:app")
    assert counts(found) == (1, 0, 1)
    page = office.get(f"/complaint-imports/{found['id']}/errors").json()
    assert [error["code"] for error in page["items"]] == ["foreign-channel"]


def test_a_channel_that_mistypes_its_own_code_learns_which_is_meant(office: Office) -> None:
    found = office.import_lines(report("a-1", channel="APP"), org="channel:app")
    (error,) = office.get(f"/complaint-imports/{found['id']}/errors").json()["items"]
    assert (error["code"], error["value"]) == ("unknown-channel", "APP")
    assert error["detail"].endswith("; did you mean app?")


def test_a_time_out_of_bounds_is_shown_as_it_was_sent(office: Office) -> None:
    found = office.import_lines(report("a-1", sent_at="1999-12-31T15:59:59Z"), report("a-2", complainant_province="44"))
    early, province = office.get(f"/complaint-imports/{found['id']}/errors").json()["items"]
    assert (early["column"], early["value"]) == ("sent_at", "1999-12-31T15:59:59Z")
    assert "before 2000-01-01 (Beijing time)" in early["detail"]
    assert (province["value"], province["detail"].endswith("; did you mean 440000?")) == ("44", True)


def test_a_complaint_filed_by_import_and_over_the_api_is_one_complaint(office: Office) -> None:
    office.import_lines(report("a-1"))
    answer = office.post("/complaints", report("a-1"))
    assert answer.status_code == 200
    assert answer.json()["receipt"] is None
    filed = office.file("a-2")
    assert counts(office.import_lines(report("a-2"))) == (0, 1, 0)
    assert office.complaint(filed["id"])["external_id"] == "a-2"


def test_a_file_of_several_chunks_is_filed_completely(office: Office) -> None:
    lines = [report(f"a-{number}", complainant_number=f"139{number % 700:08}") for number in range(7_000)]
    assert counts(office.import_lines(*lines, packed=True)) == (7_000, 0, 0)
    assert office.rows("SELECT count(DISTINCT complainant_id) FROM complaints")[0][0] == 700


def test_files_with_the_same_complaints_in_opposite_order_do_not_deadlock(office: Office) -> None:
    def row(number: int) -> NewComplaint:
        return NewComplaint(
            id=new_id(),
            channel="app",
            external_id=f"a-{number:05}",
            digest=b"",
            sender_number=NUMBER,
            text_cipher=b"",
            number_cipher=b"",
            province=None,
            sent_at=SENT,
            received_at=SENT,
            filed_at=SENT,
            consented=Consent.NO,
            unsubscribed=False,
            vouched=True,
            receipt_digest=None,
            actors="[]",
            complainant_id=new_id(),
            surrogate=new_id(),
            surrogate_also=None,
        )

    orders = [range(5_000), range(4_999, -1, -1), range(2_500, 5_000), range(4_998, -1, -2)]
    ready = threading.Barrier(len(orders))

    def insert(order: range) -> int:
        rows = [row(number) for number in order]
        with office.database.begin() as tx:
            ready.wait()
            return len(insert_complaints(tx, rows))

    with ThreadPoolExecutor(len(orders)) as many:
        assert sum(many.map(insert, orders)) == 5_000
    assert office.rows("SELECT count(*) FROM complaints")[0][0] == 5_000


@pytest.mark.parametrize(
    "value", [4711, "4711x", ["4711x"], "4711\0x", "4711\ufffdx", "\ud800 4711", {"4711x\ufffd": 1}, "x" * 99 + "4711"]
)
def test_no_answer_no_stored_error_and_no_log_line_shows_a_complainants_number(
    office: Office, caplog: pytest.LogCaptureFixture, value: object
) -> None:
    body = json.dumps(report(complainant_number=value))
    sent = {**office.token("channel:app"), "Content-Type": "application/json"}
    alone = office.client.post("/complaints", content=body, headers=sent)
    assert alone.status_code in (400, 422)
    found = office.import_lines(body.encode())
    assert found["rejected"] == 1
    stored = office.rows("SELECT e::text AS text FROM import_errors e")
    answers = [alone.text, office.get(f"/complaint-imports/{found['id']}/errors").text]
    assert len(stored) == 1
    assert [each for each in (*answers, stored[0].text, caplog.text) if "4711" in each] == []
