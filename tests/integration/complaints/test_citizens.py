"""What citizens get: to know what became of their complaint, and that nobody learns who they are."""

from __future__ import annotations

from chassis.database import MECHANISM
from services.complaints.store.tables import METADATA
from tests.integration.complaints.scenes import BORIS, COMPLAINANT, NUMBER, Office, report


def test_a_receipt_tells_what_became_of_a_complaint(office: Office) -> None:
    receipt = office.file()["receipt"]
    waiting = office.client.get(f"/receipts/{receipt}").json()
    assert (waiting["state"], waiting["category"]) == ("filed", None)
    office.assess()
    found = office.client.get(f"/receipts/{receipt}").json()
    assert (found["state"], found["category"], found["industry"]) == ("assessed", "commercial", "retail")
    assert (found["kind"], found["sender_number"]) == ("unregistered", NUMBER)


def test_a_receipt_that_was_not_given_tells_nothing(office: Office) -> None:
    office.import_lines(report())
    for receipt in ("AAAAAAAAAAAAAAAAAAAAAA", "null", "%20", "x" * 300):
        answer = office.client.get(f"/receipts/{receipt}")
        assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found")


def test_no_answer_and_no_event_holds_a_complainants_number(office: Office) -> None:
    """Not even where the message itself has it, or staff wrote it down."""
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
    answers = [
        reveal,
        decided,
        office.get("/reveals"),
        office.get(reveal.headers["location"]),
        office.look(reveal.json(), by=BORIS),
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
    for said in [*(answer.content for answer in answers), *office.payloads()]:
        assert COMPLAINANT.encode() not in said
        assert b"139 0000 1234" not in said


def test_a_number_is_kept_under_the_key_ring_only(office: Office) -> None:
    reveal = office.ask_to_see(office.file(text="八折")["id"])
    office.decide(reveal)
    assert COMPLAINANT in office.look(reveal, Idempotency_Key="k").text
    for table in (*METADATA.tables, *MECHANISM.tables):
        for row in office.rows(f"SELECT t::text FROM {table} t"):
            assert COMPLAINANT not in row[0]
            assert COMPLAINANT.encode().hex() not in row[0]


def test_an_address_of_a_complaint_is_no_receipt(office: Office) -> None:
    filed = office.file()
    assert office.client.get(f"/receipts/{filed['id']}").status_code == 404
    assert office.client.get(f"/complaints/{filed['id']}").status_code == 401
