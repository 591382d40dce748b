"""Citizens follow their complaints, and their identity stays protected."""

from __future__ import annotations

from chassis.database import MECHANISM
from services.complaints.store.tables import METADATA
from tests.integration.complaints.scenes import BORIS, COMPLAINANT, NUMBER, Office, report


def test_a_receipt_shows_the_state_and_the_assessment_of_its_complaint(office: Office) -> None:
    receipt = office.file()["receipt"]
    waiting = office.client.get(f"/receipts/{receipt}").json()
    assert (waiting["state"], waiting["category"]) == ("filed", None)
    office.assess()
    found = office.client.get(f"/receipts/{receipt}").json()
    assert (found["state"], found["category"], found["industry"]) == ("assessed", "commercial", "retail")
    assert (found["kind"], found["sender_number"]) == ("unregistered", NUMBER)


def test_an_unknown_receipt_is_not_found(office: Office) -> None:
    office.import_lines(report())
    for receipt in ("AAAAAAAAAAAAAAAAAAAAAA", "null", "%20", "x" * 300):
        answer = office.client.get(f"/receipts/{receipt}")
        assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found")


def test_no_response_and_no_event_contains_a_complainants_number(office: Office) -> None:
    """Not even where the message contains it, or staff wrote it into a note."""
    office.declare()
    text = f"【云杉书店】尊敬的{COMPLAINANT}用户，您的号码139 0000 1234可享八折"
    filed = office.post("/complaints", report(text=text))
    identifier = filed.json()["id"]
    office.assess()
    corrected = office.post(
        f"/complaints/{identifier}/corrections",
        {"note": f"called {COMPLAINANT}", "industry": "travel"},
        If_Match='"1"',
    )
    assert corrected.status_code == 201
    reveal = office.post(f"/complaints/{identifier}/reveals", {"reason": f"who is {COMPLAINANT}?"})
    decided = office.post(
        f"/reveals/{reveal.json()['id']}/decision",
        {"decision": "approve", "reason": f"{COMPLAINANT}, it seems"},
        by=BORIS,
        If_Match='"1"',
    )
    assert decided.status_code == 200
    responses = [
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
