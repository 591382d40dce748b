"""A withdrawn complaint is erased wherever this service stores it, and recognised when it is sent again."""

from __future__ import annotations

from chassis.http.idempotency import IDEMPOTENCY_KEYS
from chassis.sweeper import Slice
from services.complaints.sweeps import SEAL_COMPLAINTS
from tests.integration.complaints.scenes import COMPLAINANT, TEXT, TYPED, Office, found_in_database, report

EXCERPT = "新书上架，全场八折"
SIGNATURE = "云杉书店"


def withdraw(office: Office, identifier: str) -> None:
    answer = office.post(f"/complaints/{identifier}/withdrawal", {"reason": "taken-back"}, org="channel:app")
    assert answer.status_code == 200, answer.text


def test_nothing_that_a_withdrawn_complaint_contains_is_left(office: Office) -> None:
    office.import_lines(report(sender_number=TYPED, complainant_number="1390000123"), report(sender_number=TYPED))
    (row,) = office.rows("SELECT id FROM complaints")
    office.assess()
    about = {"note": f"a call about {EXCERPT}", "industry": "travel"}
    corrected = office.post(f"/complaints/{row.id}/corrections", about, If_Match='"1"', Idempotency_Key="k-1")
    assert corrected.status_code == 201
    office.request_reveal(str(row.id), reason="who is it?")
    assert set(found_in_database(office, EXCERPT)) >= {"assessments", "audit_log"}
    assert any(EXCERPT.encode() in each for each in office.payloads())
    withdraw(office, str(row.id))
    for secret in (COMPLAINANT, TEXT, TYPED, SIGNATURE):
        assert found_in_database(office, secret) == [], secret
    assert found_in_database(office, EXCERPT) == ["audit_log"]  # the note of staff, which the seals cover
    assert [each for each in office.payloads() if EXCERPT.encode() in each or SIGNATURE.encode() in each] == []
    assert len(office.events()) == 3
    shown = office.complaint(row.id)
    assert (shown["state"], shown["text"], shown["assessment"]["note"]) == ("withdrawn", None, None)
    (stored,) = office.rows(f"SELECT body FROM {IDEMPOTENCY_KEYS.name} WHERE key = 'k-1'")
    assert stored.body is None
    again = office.post(f"/complaints/{row.id}/corrections", about, If_Match='"1"', Idempotency_Key="k-1")
    assert (again.status_code, again.json()["type"]) == (410, "/problems/erased")


def test_a_withdrawn_complaint_that_is_sent_again_is_answered_as_withdrawn(office: Office) -> None:
    filed = office.file()
    by_content = office.file(None, text="八折")
    for each in (filed, by_content):
        withdraw(office, each["id"])
    for external_id, text, first in (("app-1", TEXT, filed), (None, "八折", by_content)):
        again = office.post("/complaints", report(external_id, text=text), org="channel:app")
        assert (again.status_code, again.json()) == (200, {**first, "state": "withdrawn"})
    assert office.import_lines(report())["duplicates"] == 1
    assert office.client.get(f"/receipts/{filed['receipt']}").json()["state"] == "withdrawn"
    assert office.assess() == 0


def test_the_number_of_a_withdrawn_complaint_cannot_be_disclosed(office: Office) -> None:
    filed = office.file()
    reveal = office.request_reveal(filed["id"])
    office.decide(reveal)
    withdraw(office, filed["id"])
    refused = office.disclose(reveal)
    assert (refused.status_code, refused.json()["type"]) == (410, "/problems/erased")


def test_what_the_last_release_left_of_withdrawn_complaints_is_erased(office: Office) -> None:
    filed = office.file()
    withdraw(office, filed["id"])
    office.leave_in_clear(filed["id"])
    with office.database.begin() as tx:
        assert SEAL_COMPLAINTS.run(tx, Slice(1_000)) == 1
    assert found_in_database(office, TEXT) == []
    (row,) = office.rows("SELECT text_cipher, number_cipher FROM complaints")
    assert tuple(row) == (None, None)
