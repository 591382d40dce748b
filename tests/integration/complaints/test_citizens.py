"""Citizens follow their complaints, and their identity stays protected."""

from __future__ import annotations

import hashlib

import pytest
import sqlalchemy as sa

from chassis.database import MECHANISM
from chassis.sweeper import Slice
from services.complaints.store.tables import METADATA
from services.complaints.sweeps import HASH_RECEIPTS
from tests.integration.complaints.scenes import BORIS, COMPLAINANT, NUMBER, Office, found_in_database, report


def test_a_receipt_shows_the_state_and_the_assessment_of_its_complaint(office: Office) -> None:
    receipt = office.file()["receipt"]
    waiting = office.client.get(f"/receipts/{receipt}").json()
    assert (waiting["state"], waiting["category"]) == ("filed", None)
    office.assess()
    found = office.client.get(f"/receipts/{receipt}").json()
    assert (found["state"], found["category"], found["industry"]) == ("assessed", "commercial", "retail")
    assert (found["kind"], found["sender_number"]) == ("unregistered", NUMBER)


def test_a_receipt_is_stored_nowhere_in_clear_and_a_repeated_complaint_gets_the_same_one(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    sent = {"Idempotency_Key": "k-1"}
    receipt = office.post("/complaints", report(), **sent).json()["receipt"]
    replayed, repeated = office.post("/complaints", report(), **sent), office.post("/complaints", report())
    assert replayed.headers["Idempotency-Replayed"] == "true"
    assert (repeated.status_code, replayed.json()["receipt"], repeated.json()["receipt"]) == (200, receipt, receipt)
    office.client.get(f"/receipts/{receipt}/x")
    assert len(receipt) == 22
    assert found_in_database(office, receipt) == []
    assert receipt not in caplog.text


def test_the_receipts_of_the_last_release_are_replaced_by_their_digests_and_still_work(office: Office) -> None:
    filed = office.file()
    clear = "DmPeiL3idznxL1nq0Gc3fQ"
    old = "UPDATE complaints SET receipt = :receipt, receipt_digest = NULL"
    with office.database.begin() as tx:
        tx.execute(sa.text(old), {"receipt": clear})
    for hashed in (1, 0):
        assert office.client.get(f"/receipts/{clear}").json()["state"] == "filed"
        with office.database.begin() as tx:
            assert HASH_RECEIPTS.run(tx, Slice(1_000)) == hashed
    assert found_in_database(office, clear) == []
    repeated = office.post("/complaints", report())
    assert (repeated.status_code, repeated.json()) == (200, {"id": filed["id"], "state": "filed", "receipt": None})


def test_the_response_to_a_request_is_stored_encrypted_and_its_request_under_a_key(office: Office) -> None:
    body = report()
    identifier = office.post("/complaints", body, Idempotency_Key="k-1").json()["id"]
    (row,) = office.rows("SELECT * FROM idempotency_keys")
    assert (row.sealed, row.about) == (True, f"/v1/complaints/{identifier}")
    assert identifier.encode() not in row.body
    another = office.post("/complaints", body | {"text": "x"}, Idempotency_Key="k-1")
    assert (another.status_code, another.json()["type"]) == (422, "/problems/idempotency-key-reused")


def test_a_request_that_the_last_release_has_answered_is_recognised(office: Office) -> None:
    first = office.post("/complaints", report(), Idempotency_Key="k-1")
    plain = hashlib.sha256(b"POST /v1/complaints?\n" + first.request.content).digest()
    old = "UPDATE idempotency_keys SET fingerprint = :plain, body = :body, sealed = false WHERE fingerprint <> :plain"
    with office.database.begin() as tx:
        assert tx.execute(sa.text(old), {"plain": plain, "body": first.content}).rowcount == 1
    again = office.post("/complaints", report(), Idempotency_Key="k-1")
    assert (again.json(), again.headers["Idempotency-Replayed"]) == (first.json(), "true")
    another = office.post("/complaints", report(text="x"), Idempotency_Key="k-1")
    assert (another.status_code, another.json()["type"]) == (422, "/problems/idempotency-key-reused")


def test_an_unknown_receipt_is_not_found(office: Office) -> None:
    office.import_lines(report())
    for receipt in ("AAAAAAAAAAAAAAAAAAAAAA", "null", "%20", "x" * 300):
        answer = office.client.get(f"/receipts/{receipt}")
        assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found")


def test_no_response_and_no_event_contains_a_complainants_number(office: Office) -> None:
    """Not even where the message contains it, or staff write it into a note, which is refused."""
    office.declare()
    text = f"【云杉书店】尊敬的{COMPLAINANT}用户，您的号码139 0000 1234可享八折"
    filed = office.post("/complaints", report(text=text))
    identifier = filed.json()["id"]
    office.assess()
    corrections, reveals = f"/complaints/{identifier}/corrections", f"/complaints/{identifier}/reveals"
    refused = [
        office.post(corrections, {"note": f"called {COMPLAINANT}", "industry": "travel"}, If_Match='"1"'),
        office.post(reveals, {"reason": "who is 139-0000-1234?"}),
    ]
    for answer in refused:
        assert (answer.status_code, "leave the number out" in answer.json()["errors"][0]["detail"]) == (422, True)
    corrected = office.post(corrections, {"note": "called the citizen", "industry": "travel"}, If_Match='"1"')
    assert corrected.status_code == 201
    reveal = office.post(reveals, {"reason": "a letter of the police"})
    decided = office.post(
        f"/reveals/{reveal.json()['id']}/decision",
        {"decision": "approve", "reason": "the letter is here"},
        by=BORIS,
        If_Match='"1"',
    )
    assert decided.status_code == 200
    responses = [
        *refused,
        reveal,
        decided,
        office.get("/reveals"),
        office.get(reveal.headers["location"]),
        office.disclose(reveal.json(), by=BORIS),
        filed,
        corrected,
        office.get("/complaints"),
        office.get(f"/complaints/{identifier}"),
        office.get(f"/complaints/{identifier}/assessments"),
        office.get(f"/receipts/{filed.json()['receipt']}"),
        office.get("/statistics"),
        office.post("/complaints", report(text="另一条")),
        office.post("/complaints", report(text="", complainant_number=COMPLAINANT)),
    ]
    for content in [*(response.content for response in responses), *office.payloads()]:
        assert COMPLAINANT.encode() not in content
        assert b"139 0000 1234" not in content


def test_a_complainants_number_is_stored_only_encrypted(office: Office) -> None:
    reveal = office.request_reveal(office.file(text="八折")["id"])
    office.decide(reveal)
    assert COMPLAINANT in office.disclose(reveal, Idempotency_Key="k").text
    for table in (*METADATA.tables, *MECHANISM.tables):
        for row in office.rows(f"SELECT t::text FROM {table} t"):
            assert COMPLAINANT not in row[0]
            assert COMPLAINANT.encode().hex() not in row[0]


def test_the_id_of_a_complaint_is_not_a_receipt(office: Office) -> None:
    filed = office.file()
    assert office.client.get(f"/receipts/{filed['id']}").status_code == 404
    assert office.client.get(f"/complaints/{filed['id']}").status_code == 401
