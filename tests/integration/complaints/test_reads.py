"""Each read of a complaint or a reveal by staff is in the audit log; no read waits or fails because of that."""

from __future__ import annotations

import re

import pytest
import structlog
from fastapi import FastAPI
from sqlalchemy import event

from chassis.database import Database
from chassis.ids import new_id
from tests.integration.complaints.scenes import NUMBER, Office


def reads(office: Office) -> list[tuple[str, ...]]:
    """Subject, organisation, act, object and reason of the reads in the audit log, in order."""
    statement = "SELECT subject, org, act, object, reason FROM audit_log WHERE act ~ '-(read|listed)$' ORDER BY id"
    return [tuple(row) for row in office.rows(statement)]


def test_each_read_is_recorded_with_its_caller(office: Office) -> None:
    filed = office.file()
    reveal = office.request_reveal(filed["id"])
    assert reads(office) == []
    for path in (
        f"/complaints/{filed['id']}",
        f"/complaints/{filed['id']}/assessments",
        f"/reveals/{reveal['id']}",
        "/reveals?state=requested",
        f"/complaints?sender_number={NUMBER}&state=filed",
        "/complaints",
    ):
        assert office.get(path, org="regulator:CA-44").status_code == 200
    caller = ("system-1", "regulator:CA-44")
    assert reads(office) == [
        (*caller, "complaint-read", f"complaint:{filed['id']}", ""),
        (*caller, "assessments-read", f"complaint:{filed['id']}", ""),
        (*caller, "reveal-read", f"reveal:{reveal['id']}", ""),
        (*caller, "reveals-listed", "reveals", "state"),
        (*caller, "complaints-listed", "complaints", "state, sender_number"),
        (*caller, "complaints-listed", "complaints", ""),
    ]


def test_what_is_not_found_and_what_citizens_follow_is_not_a_read(office: Office) -> None:
    filed = office.file()
    assert office.get(f"/complaints/{new_id()}").status_code == 404
    assert office.get(f"/complaints/{filed['id']}", org="channel:app").status_code == 403
    assert office.client.get(f"/receipts/{filed['receipt']}").status_code == 200
    assert reads(office) == []


@pytest.mark.parametrize(
    ("hinder", "release"),
    [
        ("LOCK TABLE audit_log IN ACCESS EXCLUSIVE MODE", "SELECT 1"),
        ("REVOKE INSERT ON audit_log FROM {role}; COMMIT", "GRANT INSERT ON audit_log TO {role}; COMMIT"),
    ],
)
def test_a_read_that_cannot_be_recorded_succeeds_and_is_logged(
    office: Office, owned: Database, hinder: str, release: str
) -> None:
    filed = office.file()
    role = office.database.url.username
    with owned.engine.connect() as connection:
        connection.exec_driver_sql(hinder.format(role=role))
        with structlog.testing.capture_logs() as lines:
            found = office.get(f"/complaints/{filed['id']}")
        connection.exec_driver_sql(release.format(role=role))
    assert found.json()["id"] == filed["id"]
    (line,) = (each for each in lines if each["event"] == "a read is not in the audit log")
    assert (line["subject"], line["act"], line["object"]) == ("system-1", "complaint-read", f"complaint:{filed['id']}")
    assert reads(office) == []


def test_numbers_in_a_reason_are_not_in_the_audit_log(office: Office) -> None:
    office.request_reveal(office.file()["id"], reason="证人0571-88886666，警方来函")
    ((reason,),) = office.rows("SELECT reason FROM audit_log")
    assert "8888" not in reason
    assert "警方来函" in reason


FILTERS = {
    "state": "filed",
    "category": "commercial",
    "kind": "declared",
    "industry": "retail",
    "carrier": "CMCC",
    "channel": "app",
    "province": "440000",
    "sender_number": NUMBER,
}
"""The filters of the list of complaints."""
IN_CLEAR = re.compile(r"\b(text\w*|sender_raw|number_cipher)\b")
"""Columns with what a message and its complainant are."""


def test_no_filter_of_staff_reads_the_text_of_a_message(app: FastAPI, office: Office) -> None:
    parameters = app.openapi()["paths"]["/v1/complaints"]["get"]["parameters"]
    assert {each["name"] for each in parameters} - {"page_size", "page_token"} == FILTERS.keys()
    office.file()
    statements: list[str] = []

    @event.listens_for(office.database.engine, "before_cursor_execute")
    def note(_: object, __: object, statement: str, *___: object) -> None:
        statements.append(statement)

    for name, value in FILTERS.items():
        assert office.get(f"/complaints?{name}={value}").status_code == 200
    selects = [each for each in statements if "FROM complaints" in each]
    assert len(selects) == len(FILTERS)
    assert [each for each in selects if IN_CLEAR.search(each)] == []
