"""Complaints can be used as a weapon: a limited number by one person counts towards automatic acts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from chassis.buckets import ALL
from chassis.sweeper import Slice
from contracts.complaints import ComplaintAssessed
from services.complaints.sweeps import ASSESS
from tests.integration.complaints.scenes import Office, report

CAP = 20
BEGIN = datetime(2026, 4, 1, 3, tzinfo=UTC)
DAY = timedelta(days=1)


def complaint(number: int, at: datetime = BEGIN, **overrides: Any) -> dict[str, Any]:
    """One of the complaints of one person, each about another sender."""
    return report(
        f"a-{number:03}",
        **{
            "sender_number": f"106901234{number:05}",
            "sent_at": (at - timedelta(minutes=5)).isoformat(),
            "received_at": at.isoformat(),
            **overrides,
        },
    )


def capped(office: Office) -> list[str]:
    """The external ids of the complaints that are published as capped."""
    events = [each for each in office.events() if isinstance(each, ComplaintAssessed)]
    names = {row.id: row.external_id for row in office.rows("SELECT id, external_id FROM complaints")}
    return sorted({names[each.complaint] for each in events if each.capped})


def names(*numbers: int) -> list[str]:
    return [f"a-{number:03}" for number in numbers]


def test_the_first_twenty_complaints_of_one_person_count(office: Office) -> None:
    office.import_lines(*(complaint(number, BEGIN + timedelta(hours=number)) for number in range(25)))
    assert office.assess() == 25
    assert capped(office) == names(*range(20, 25))


def test_the_complaints_of_one_person_do_not_cap_those_of_another(office: Office) -> None:
    office.import_lines(
        *(complaint(number) for number in range(CAP)),
        complaint(50, complainant_number="13900001235"),
        complaint(51),
    )
    office.assess()
    assert capped(office) == names(51)


def test_complaints_in_a_persons_name_through_another_channel_do_not_cap_the_persons_own(office: Office) -> None:
    office.import_lines(*(complaint(number, channel="sms") for number in range(CAP + 1)))
    office.import_lines(complaint(90), complaint(91))
    office.assess()
    assert capped(office) == names(CAP)


def test_what_an_earlier_release_stored_counts_in_every_channel(office: Office) -> None:
    office.import_lines(*(complaint(number, channel="sms") for number in range(CAP)))
    with office.database.begin() as tx:
        tx.execute(sa.text("UPDATE vouched_complaints SET channel = NULL"))
    office.import_lines(complaint(90))
    office.assess()
    assert capped(office) == names(90)


def test_the_order_of_assessment_does_not_matter(office: Office) -> None:
    office.import_lines(*(complaint(number) for number in range(30)))
    for bucket in reversed(ALL):
        with office.database.begin() as tx:
            while ASSESS.run(tx, Slice(3, (bucket,))):
                pass
    assert len(office.rows("SELECT 1 FROM assessments")) == 30
    assert capped(office) == names(*range(20, 30))


def test_the_order_of_receipt_does_not_matter(office: Office) -> None:
    """Filing the newest complaints first, or the oldest ones later, does not evade the cap."""
    office.import_lines(*(complaint(number, BEGIN - number * timedelta(hours=1)) for number in range(25)))
    office.assess()
    assert capped(office) == names(*range(20, 25))


def test_complaints_more_than_thirty_days_apart_do_not_count_together(office: Office) -> None:
    office.import_lines(
        *(complaint(number) for number in range(CAP)),
        complaint(50, BEGIN + 30 * DAY),
        complaint(51, BEGIN + 30 * DAY + timedelta(seconds=1)),
        complaint(52, BEGIN - 30 * DAY),
        complaint(53, BEGIN - 30 * DAY - timedelta(seconds=1)),
    )
    office.assess()
    assert capped(office) == names(50, 52)


def test_complaints_of_a_channel_that_does_not_vouch_do_not_use_up_the_cap(office: Office) -> None:
    office.import_lines(*(complaint(number, channel="wechat") for number in range(CAP + 5)))
    office.import_lines(complaint(50))
    office.assess()
    assert capped(office) == []


def test_a_complaint_that_is_sent_again_is_not_counted_again(office: Office) -> None:
    for _ in range(3):
        office.import_lines(*(complaint(number) for number in range(10)))
        office.post("/complaints", complaint(0))
    office.import_lines(complaint(50))
    office.assess()
    assert capped(office) == []
    assert office.rows("SELECT count(*) FROM vouched_complaints")[0][0] == 11


def test_a_capped_complaint_is_published_with_the_reason_and_the_rule_and_staff_do_not_see_it(office: Office) -> None:
    office.import_lines(*(complaint(number) for number in range(CAP)))
    identifier = office.post("/complaints", complaint(50)).json()["id"]
    office.assess()
    *_, event = office.events()
    assert isinstance(event, ComplaintAssessed)
    assert event.capped
    assert event.reasons[-1] == "complainant:over-cap"
    assert event.rules[-1].rule == "assessment.cap"
    first = office.rows("SELECT id FROM complaints ORDER BY id LIMIT 1")[0].id
    capped, counting = (office.complaint(each)["assessment"] for each in (identifier, first))
    moments = {"assessed_at", "version"}
    assert {**capped, **dict.fromkeys(moments)} == {**counting, **dict.fromkeys(moments)}


def test_a_corrected_complaint_is_still_capped(office: Office) -> None:
    office.import_lines(*(complaint(number) for number in range(CAP)))
    identifier = office.post("/complaints", complaint(50)).json()["id"]
    office.assess()
    path = f"/complaints/{identifier}/corrections"
    corrected = office.post(path, {"note": "n", "industry": "travel"}, If_Match='"1"').json()["assessment"]
    assert corrected["reasons"] == ["corrected:industry"]
    assert "assessment.cap" not in [rule["rule"] for rule in corrected["rules"]]
    event = office.events()[-1]
    assert isinstance(event, ComplaintAssessed)
    assert event.capped
    assert event.reasons == ("corrected:industry", "complainant:over-cap")
    assert "assessment.cap" in [rule.rule for rule in event.rules]


def test_a_withdrawn_complaint_still_counts_towards_the_cap(office: Office) -> None:
    office.import_lines(*(complaint(number) for number in range(CAP)))
    for row in office.rows("SELECT id FROM complaints"):
        office.post(f"/complaints/{row.id}/withdrawal", {"reason": "taken-back"})
    office.import_lines(complaint(50))
    office.assess()
    assert capped(office) == names(50)


@pytest.mark.parametrize("people", [1, 100])
def test_the_cap_is_checked_by_one_statement_for_any_number_of_complaints(office: Office, people: int) -> None:
    def statements(first: int, count: int) -> int:
        office.import_lines(
            *(
                complaint(number, complainant_number=f"1390000{number % people:04}")
                for number in range(first, first + count)
            )
        )
        seen: list[str] = []

        def note(*arguments: Any) -> None:
            seen.append(arguments[2])

        with office.database.begin() as tx:
            sa.event.listen(tx.connection, "before_cursor_execute", note)
            assert ASSESS.run(tx, Slice(1_000)) == count
        assert len([each for each in seen if "vouched_complaints" in each]) == 1
        return len(seen)

    assert statements(0, 50) == statements(100, 700)
