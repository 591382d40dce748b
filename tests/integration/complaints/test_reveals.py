"""A complainant's number is disclosed for a reason, after a second person approves, for a limited time; each disclosure
is audited."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from chassis import clock
from chassis.database import StaleAggregateError
from services.complaints.model import RevealDecision
from services.complaints.store.reveals import load_reveal, save_reveal
from tests.integration.complaints.scenes import ANNA, BORIS, COMPLAINANT, TEXT, Office
from tests.integration.http.walking import problem_of

CARLA = "carla"


def audited(office: Office) -> list[tuple[str, str, str, str]]:
    """Subject, act, object and reason of the audit log, in order."""
    rows = office.rows("SELECT subject, act, object, reason FROM audit_log ORDER BY id")
    return [tuple(row) for row in rows]


def approved(office: Office) -> dict[str, Any]:
    reveal = office.request_reveal(office.file()["id"])
    answer = office.decide(reveal)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def test_a_number_is_disclosed_to_its_requester_after_a_colleague_approves(office: Office) -> None:
    filed = office.file()
    answer = office.post(f"/complaints/{filed['id']}/reveals", {"reason": "警方来函"}, by=ANNA)
    assert (answer.status_code, answer.headers["etag"]) == (201, '"1"')
    reveal = answer.json()
    assert answer.headers["location"] == f"/v1/reveals/{reveal['id']}"
    assert (reveal["complaint"], reveal["state"], reveal["requested_by"]) == (filed["id"], "requested", ANNA)
    assert (reveal["decided_by"], reveal["decided_at"], reveal["expires_at"]) == (None, None, None)

    decided = office.decide(reveal)
    assert (decided.status_code, decided.headers["etag"]) == (200, '"2"')
    found = office.get(f"/reveals/{reveal['id']}").json()
    assert found == decided.json()
    assert (found["state"], found["decided_by"], found["decision_reason"]) == ("approved", BORIS, "函件属实")
    lasts = datetime.fromisoformat(found["expires_at"]) - datetime.fromisoformat(found["decided_at"])
    assert lasts == timedelta(hours=24)
    assert [rule["rule"] for rule in found["rules"]] == ["privacy.reveal"]

    disclosed = office.disclose(reveal)
    assert (disclosed.status_code, disclosed.json()) == (200, {"complainant_number": COMPLAINANT, "text": TEXT})
    assert disclosed.headers["cache-control"] == "no-store"


def test_every_step_and_every_disclosure_is_in_the_audit_log_with_its_reason(office: Office) -> None:
    reveal = approved(office)
    office.disclose(reveal)
    office.disclose(reveal)
    subject = f"reveal:{reveal['id']}"
    assert audited(office) == [
        (ANNA, "reveal-requested", subject, "警方来函"),
        (BORIS, "reveal-approved", subject, "函件属实"),
        (ANNA, "number-disclosed", subject, "警方来函"),
        (ANNA, "number-disclosed", subject, "警方来函"),
    ]


def test_a_disclosure_with_an_idempotency_key_is_audited_every_time_and_not_stored(office: Office) -> None:
    reveal = approved(office)
    for _ in range(2):
        assert office.disclose(reveal, Idempotency_Key="k-1").status_code == 200
    assert [act for _, act, _, _ in audited(office)].count("number-disclosed") == 2
    assert office.rows("SELECT 1 FROM idempotency_keys") == []


def test_a_refused_disclosure_shows_nothing_and_leaves_no_audit_entry(office: Office) -> None:
    reveal = approved(office)
    before = audited(office)
    for person in (BORIS, CARLA):
        answer = office.disclose(reveal, by=person)
        assert problem_of(answer) == (403, "forbidden")
        assert COMPLAINANT not in answer.text
    assert audited(office) == before


def test_a_person_cannot_decide_on_their_own_request(office: Office) -> None:
    reveal = office.request_reveal(office.file()["id"])
    for decision in RevealDecision:
        assert problem_of(office.decide(reveal, decision, by=ANNA)) == (403, "four-eyes")
    assert office.get(f"/reveals/{reveal['id']}").json() == reveal
    # Nor with a token of another organisation: the rule is about the person.
    path, body = f"/reveals/{reveal['id']}/decision", {"decision": "approve", "reason": "r"}
    answer = office.post(path, body, org="regulator:CA-44", by=ANNA, If_Match='"1"')
    assert problem_of(answer) == (403, "four-eyes")


def test_the_database_rejects_a_decision_by_the_requester(office: Office) -> None:
    reveal = office.request_reveal(office.file()["id"])
    with pytest.raises(sa.exc.IntegrityError, match="four_eyes"), office.database.begin() as tx:
        tx.execute(
            sa.text("UPDATE reveals SET state = 'refused', decided_by = requested_by WHERE id = :id"),
            {"id": reveal["id"]},
        )


def test_a_number_is_not_disclosed_without_an_approval(office: Office) -> None:
    reveal = office.request_reveal(office.file()["id"])
    assert problem_of(office.disclose(reveal)) == (409, "reveal-state")
    refused = office.decide(reveal, "refuse").json()
    assert (refused["state"], refused["expires_at"]) == ("refused", None)
    assert problem_of(office.disclose(reveal)) == (409, "reveal-state")
    assert [act for _, act, _, _ in audited(office)] == ["reveal-requested", "reveal-refused"]


def test_an_approval_expires(office: Office) -> None:
    reveal = approved(office)
    with clock.shifted(timedelta(hours=23, minutes=59)):
        assert office.disclose(reveal).status_code == 200
    with clock.shifted(timedelta(hours=24)):
        answer = office.disclose(reveal)
        assert problem_of(answer) == (409, "reveal-expired")
        assert COMPLAINANT not in answer.text
        again = office.request_reveal(reveal["complaint"])
    assert again["id"] != reveal["id"]


def test_a_decision_is_made_once_and_on_the_version_that_was_read(office: Office) -> None:
    reveal = office.request_reveal(office.file()["id"])
    path, body = f"/reveals/{reveal['id']}/decision", {"decision": "approve", "reason": "函件属实"}
    assert problem_of(office.post(path, body, by=BORIS)) == (428, "precondition-required")
    assert problem_of(office.decide({**reveal, "version": 7})) == (412, "precondition-failed")
    first = office.decide(reveal, Idempotency_Key="d-1")
    assert office.decide(reveal, Idempotency_Key="d-1").json() == first.json()
    assert problem_of(office.decide(reveal, "refuse", by=CARLA)) == (412, "precondition-failed")
    assert problem_of(office.decide(first.json(), "refuse", by=CARLA)) == (409, "reveal-state")


def test_only_one_of_many_concurrent_decisions_succeeds(office: Office) -> None:
    reveal = office.request_reveal(office.file()["id"])
    with ThreadPoolExecutor(8) as many:
        answers = list(many.map(lambda one: office.decide(reveal, by=f"colleague-{one}"), range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 7
    assert [act for _, act, _, _ in audited(office)] == ["reveal-requested", "reveal-approved"]


def test_a_stale_reveal_is_not_saved(office: Office) -> None:
    reveal = office.request_reveal(office.file()["id"])
    with office.database.begin() as tx:
        stale = load_reveal(tx, reveal["id"])
    assert stale is not None
    office.decide(reveal)
    stale.refuse("too late", CARLA, clock.now())
    with pytest.raises(StaleAggregateError), office.database.begin() as tx:
        save_reveal(tx, stale)
    assert office.get(f"/reveals/{reveal['id']}").json()["state"] == "approved"


def test_one_person_has_at_most_one_waiting_request_per_complaint(office: Office) -> None:
    identifier = office.file()["id"]

    def request(_: int) -> int:
        return office.post(f"/complaints/{identifier}/reveals", {"reason": "警方来函"}, by=ANNA).status_code

    with ThreadPoolExecutor(8) as many:
        assert sorted(many.map(request, range(8))) == [201] + [409] * 7
    again = office.post(f"/complaints/{identifier}/reveals", {"reason": "r"}, by=ANNA)
    assert problem_of(again) == (409, "reveal-state")
    assert office.request_reveal(identifier, by=CARLA)["requested_by"] == CARLA
    [waiting] = [each for each in office.get("/reveals").json()["items"] if each["requested_by"] == ANNA]
    office.decide(waiting, "refuse")
    assert office.request_reveal(identifier)["id"] != waiting["id"]


def test_a_repeated_request_gets_the_same_response(office: Office) -> None:
    path = f"/complaints/{office.file()['id']}/reveals"
    first, again = (office.post(path, {"reason": "r"}, by=ANNA, Idempotency_Key="r-1") for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert len(audited(office)) == 1


def test_reveals_are_listed_the_oldest_first_and_filtered(office: Office) -> None:
    complaints = [office.file(f"a-{number}")["id"] for number in range(3)]
    reveals = [office.request_reveal(each) for each in complaints]
    office.decide(reveals[1])
    office.decide(reveals[2], "refuse")

    def listed(query: str = "") -> list[str]:
        return [each["id"] for each in office.get(f"/reveals{query}").json()["items"]]

    own = [each["id"] for each in reveals]
    assert listed() == own
    assert listed("?state=requested") == own[:1]
    assert listed("?state=approved") == own[1:2]
    assert listed(f"?complaint={complaints[2]}") == own[2:]
    assert listed(f"?complaint={complaints[2]}&state=approved") == []
    first = office.get("/reveals?page_size=2")
    second = office.get(first.links["next"]["url"])
    assert [each["id"] for page in (first, second) for each in page.json()["items"]] == own


def test_provincial_staff_request_decide_and_disclose_within_their_province(office: Office) -> None:
    own = office.file("a-1", complainant_province="440000")["id"]
    others = office.file("a-2", complainant_province="310000")["id"]
    guangdong = {"org": "regulator:CA-44"}
    why = {"reason": "r"}
    assert office.post(f"/complaints/{others}/reveals", why, **guangdong).status_code == 404
    asked = office.post(f"/complaints/{own}/reveals", why, by=ANNA, **guangdong).json()
    elsewhere = office.request_reveal(others)
    assert [each["id"] for each in office.get("/reveals", **guangdong).json()["items"]] == [asked["id"]]
    assert office.get(f"/reveals/{elsewhere['id']}", **guangdong).status_code == 404
    yes = {"decision": "approve", "reason": "r"}
    path = f"/reveals/{elsewhere['id']}/decision"
    assert office.post(path, yes, by=BORIS, If_Match='"1"', **guangdong).status_code == 404
    office.decide(elsewhere)
    path = f"/reveals/{elsewhere['id']}/disclosure"
    assert office.post(path, None, by=ANNA, **guangdong).status_code == 404
    path = f"/reveals/{asked['id']}"
    assert office.post(f"{path}/decision", yes, by=BORIS, If_Match='"1"', **guangdong).status_code == 200
    assert office.post(f"{path}/disclosure", None, by=ANNA, **guangdong).json()["complainant_number"] == COMPLAINANT


@pytest.mark.parametrize("org", ["carrier:CMCC", "channel:app", "authority:SAMR", "regulator:CA-99"])
def test_callers_other_than_staff_see_no_reveals(office: Office, org: str) -> None:
    reveal = approved(office)
    assert office.get("/reveals", org=org).status_code == 403
    assert office.get(f"/reveals/{reveal['id']}", org=org).status_code == 403
    assert office.post(f"/complaints/{reveal['complaint']}/reveals", {"reason": "r"}, org=org).status_code == 403
    assert office.post(f"/reveals/{reveal['id']}/disclosure", None, org=org, by=ANNA).status_code == 403


def test_the_scope_to_read_complaints_does_not_permit_disclosures(office: Office) -> None:
    reveal = approved(office)
    reader = office.token(scope="complaints:read complaints:correct", by=ANNA)
    answer = office.client.post(f"/reveals/{reveal['id']}/disclosure", headers=reader)
    assert problem_of(answer) == (403, "forbidden")
    assert office.client.get("/reveals", headers=reader).status_code == 403


def test_a_reveal_publishes_no_events(office: Office) -> None:
    office.disclose(approved(office))
    assert office.payloads() == []
