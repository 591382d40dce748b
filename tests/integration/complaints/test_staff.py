"""Staff read the complaints that are visible to them, correct assessments, and withdraw complaints."""

from __future__ import annotations

from typing import Any

import pytest
from httpx2 import Response

from contracts.complaints import ComplaintAssessed, ComplaintWithdrawn
from tests.integration.complaints.scenes import NUMBER, Office, report


def correct(office: Office, identifier: str, body: dict[str, Any], version: int = 1, **rest: str) -> Response:
    return office.post(
        f"/complaints/{identifier}/corrections", {"note": "核对过", **body}, If_Match=f'"{version}"', **rest
    )


def assessed(office: Office, external_id: str = "app-1", **overrides: Any) -> str:
    filed = office.file(external_id, **overrides)
    assert office.assess() == 1
    identifier: str = filed["id"]
    return identifier


def test_every_correction_adds_a_version_without_gaps(office: Office) -> None:
    identifier = assessed(office)
    first = correct(office, identifier, {"industry": "education"})
    assert first.status_code == 201, first.text
    assert first.headers["etag"] == '"2"'
    second = correct(office, identifier, {"category": "not-spam"}, 2)
    assert second.json()["assessment"]["industry"] == "education"
    versions = office.get(f"/complaints/{identifier}/assessments").json()["items"]
    assert [each["version"] for each in versions] == [1, 2, 3]
    assert [each["assessor"] for each in versions] == ["rules", "staff", "staff"]
    assert versions[1]["note"] == "核对过"
    events = office.events()
    assert [row.version for row in office.rows("SELECT version FROM outbox ORDER BY position")] == [1, 2, 3]
    assert isinstance(events[-1], ComplaintAssessed)
    assert (events[-1].category, events[-1].industry, events[-1].confidence) == ("not-spam", "education", 1.0)


def test_a_corrected_attribution_clears_the_parties_that_it_does_not_name(office: Office) -> None:
    office.declare()
    identifier = assessed(office)
    answer = correct(office, identifier, {"attribution": {"kind": "unregistered", "carrier": "CUCC"}})
    who = answer.json()["assessment"]["attribution"]
    assert (who["kind"], who["carrier"], who["holder"], who["provider"]) == ("unregistered", "CUCC", None, None)


def test_staff_who_name_the_provider_settle_an_unreadable_signature(office: Office) -> None:
    office.declare()
    identifier = office.file(text="（红枫超市）全场八折")["id"]
    office.assess()
    correct(office, identifier, {"category": "not-spam"})
    assert office.complaint(identifier)["assessment"]["attribution"]["signature_unreadable"] is True
    named = {"kind": "declared", "carrier": "CMCC", "provider": "91630000M0CKPC3D5Q"}
    assert correct(office, identifier, {"attribution": named}, version=2).status_code == 201
    who = office.complaint(identifier)["assessment"]["attribution"]
    assert (who["provider"], who["signature_unreadable"]) == ("91630000M0CKPC3D5Q", False)


def test_a_note_of_staff_is_not_published(office: Office) -> None:
    identifier = assessed(office)
    correct(office, identifier, {"industry": "education", "note": "机密附注"})
    assert all("机密附注".encode() not in payload for payload in office.payloads())
    [row] = office.rows("SELECT act, object, reason, subject FROM audit_log")
    assert (row.act, row.object, row.reason) == ("assessment-corrected", f"complaint:{identifier}", "机密附注")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"industry": "fishing"}, "/industry"),
        ({"category": "harmless"}, "/category"),
        ({"attribution": {"kind": "p2p"}}, "/attribution"),
        ({"attribution": {"kind": "declared", "carrier": "UNKNOWN"}}, "/attribution/carrier"),
        ({"attribution": {"kind": "declared", "holder": "123"}}, "/attribution/holder"),
        ({"note": "", "industry": "travel"}, "/note"),
        ({}, ""),
        ({"industry": "retail"}, ""),
    ],
)
def test_an_invalid_correction_changes_nothing(office: Office, body: dict[str, Any], pointer: str) -> None:
    identifier = assessed(office)
    answer = correct(office, identifier, body)
    assert answer.status_code == 422, answer.text
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert office.complaint(identifier)["version"] == 1


def test_a_correction_requires_the_version_that_was_read(office: Office) -> None:
    identifier = assessed(office)
    without = office.post(f"/complaints/{identifier}/corrections", {"note": "n", "industry": "travel"})
    assert without.status_code == 428
    assert correct(office, identifier, {"industry": "travel"}, 7).status_code == 412
    assert correct(office, identifier, {"industry": "travel"}).status_code == 201
    assert correct(office, identifier, {"industry": "health"}).status_code == 412


def test_a_correction_that_is_sent_again_is_one_correction(office: Office) -> None:
    identifier = assessed(office)
    first = correct(office, identifier, {"industry": "travel"}, Idempotency_Key="c-1")
    again = correct(office, identifier, {"industry": "travel"}, Idempotency_Key="c-1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert office.complaint(identifier)["version"] == 2


def test_a_waiting_complaint_cannot_be_corrected(office: Office) -> None:
    filed = office.file()
    assert correct(office, filed["id"], {"industry": "travel"}, 0).status_code == 409


def test_a_withdrawal_is_published_and_final(office: Office) -> None:
    identifier = assessed(office)
    answer = office.post(f"/complaints/{identifier}/withdrawal", {"reason": "no-complaint"})
    assert (answer.status_code, answer.json()["state"]) == (200, "withdrawn")
    event = office.events()[-1]
    assert isinstance(event, ComplaintWithdrawn)
    assert (event.number, event.reason) == (NUMBER, "no-complaint")
    assert office.post(f"/complaints/{identifier}/withdrawal", {"reason": "no-complaint"}).status_code == 409
    assert correct(office, identifier, {"industry": "travel"}, 2).status_code == 409
    figures = office.get("/statistics").json()
    assert (figures["filed"], figures["assessed"], figures["withdrawn"]) == (1, 0, 1)


def test_a_complaint_withdrawn_before_its_assessment_is_never_assessed(office: Office) -> None:
    filed = office.file()
    office.post(f"/complaints/{filed['id']}/withdrawal", {"reason": "wrong-number"})
    assert office.assess() == 0
    assert [type(event) for event in office.events()] == [ComplaintWithdrawn]


def test_a_channel_withdraws_only_its_own_complaints_that_were_taken_back(office: Office) -> None:
    path = f"/complaints/{office.file()['id']}/withdrawal"
    assert office.post(path, {"reason": "taken-back"}, org="channel:sms").status_code == 404
    assert office.post(path, {"reason": "no-complaint"}, org="channel:app").status_code == 403
    assert office.post(path, {"reason": "taken-back"}, org="carrier:CMCC").status_code == 403
    assert office.post(path, {"reason": "taken-back"}, org="channel:app").status_code == 200


def test_provincial_staff_see_and_change_only_complaints_of_their_province(office: Office) -> None:
    guangdong = assessed(office, "a-1", complainant_province="440000")
    shanghai = assessed(office, "a-2", complainant_province="310000")
    nowhere = assessed(office, "a-3", complainant_province=None)
    own = office.get("/complaints", org="regulator:CA-44").json()["items"]
    assert [each["id"] for each in own] == [guangdong]
    assert len(office.get("/complaints").json()["items"]) == 3
    asked = office.get("/complaints?province=310000", org="regulator:CA-44").json()["items"]
    assert [each["id"] for each in asked] == [guangdong]
    assert office.get("/statistics", org="regulator:CA-44").json()["filed"] == 1
    for identifier in (shanghai, nowhere):
        for path in (f"/complaints/{identifier}", f"/complaints/{identifier}/assessments"):
            assert office.get(path, org="regulator:CA-44").status_code == 404
        body = {"note": "n", "industry": "travel"}
        path = f"/complaints/{identifier}/corrections"
        assert office.post(path, body, org="regulator:CA-44", If_Match='"1"').status_code == 404
        path = f"/complaints/{identifier}/withdrawal"
        assert office.post(path, {"reason": "taken-back"}, org="regulator:CA-44").status_code == 404
    assert office.get(f"/complaints/{guangdong}", org="regulator:CA-44").status_code == 200


@pytest.mark.parametrize("org", ["carrier:CMCC", "channel:app", "authority:SAMR", "regulator:CA-99", "regulator:XX"])
@pytest.mark.parametrize("path", ["/complaints", "/statistics", "/register/10690123", "/complaints/{id}"])
def test_callers_other_than_staff_read_nothing(office: Office, org: str, path: str) -> None:
    identifier = office.file()["id"]
    assert office.get(path.format(id=identifier), org=org).status_code == 403


def test_complaints_are_listed_the_newest_first_filtered_and_paged(office: Office) -> None:
    office.import_lines(*(report(f"a-{number}", sender_number=f"1069012345{number:04}") for number in range(25)))
    p2p = assessed_p2p(office)
    assert [each["id"] for each in office.get("/complaints?kind=p2p").json()["items"]] == [p2p]
    for spelling in ("10690123450007", "+8610690123450007", "%2B86%201069-0123450007"):
        (found,) = office.get(f"/complaints?sender_number={spelling}").json()["items"]
        assert (found["sender_number"], found["kind"]) == ("10690123450007", "unregistered")
    seen: list[str] = []
    path: str | None = "/complaints?page_size=10"
    while path:
        answer = office.get(path)
        seen += [each["id"] for each in answer.json()["items"]]
        path = answer.links.get("next", {}).get("url")
    assert len(seen) == 26
    assert seen == sorted(seen, reverse=True)


def assessed_p2p(office: Office) -> str:
    identifier: str = office.file("p2p", sender_number="13900009999")["id"]
    office.assess()
    return identifier


def test_statistics_add_up(office: Office) -> None:
    office.import_lines(
        report("a-1"),
        report("a-2", sender_number="13900009999"),
        report("a-3", sender_number="95588"),
        report("a-4", text="您的验证码是482913，5分钟内有效，请勿泄露给他人"),
    )
    office.assess()
    withdrawn = office.file("a-5")["id"]
    office.post(f"/complaints/{withdrawn}/withdrawal", {"reason": "taken-back"})
    office.file("a-6")
    figures = office.get("/statistics").json()
    assert figures["filed"] == figures["waiting"] + figures["assessed"] + figures["withdrawn"] == 6
    assert figures["attribution"] == {
        "declared": 0,
        "sublet-suspected": 0,
        "unregistered": 2,
        "declared-late": 0,
        "p2p": 1,
        "other": 1,
    }
    assert sum(figures["categories"].values()) == sum(figures["industries"].values()) == figures["assessed"] == 4
    assert figures["not_spam"] == figures["categories"]["not-spam"] == 1
