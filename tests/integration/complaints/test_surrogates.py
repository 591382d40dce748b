"""A complainant has a new surrogate outside every quarter, and both around the change; inside it is one person."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from chassis import privacy
from chassis.calendar import begin_of
from chassis.privacy import KeyRing
from contracts.complaints import ComplaintAssessed
from services.complaints.commands.filing import file_complaints
from services.complaints.policy.identities import surrogate_of
from services.complaints.policy.intake import Report
from services.complaints.store.tables import COMPLAINANTS, SURROGATES
from tests.integration.complaints.scenes import COMPLAINANT, SENT, Office, report

CHANGE = begin_of("2026Q2")
FEBRUARY = datetime(2026, 2, 10, 3, tzinfo=UTC)
JUST_BEFORE, JUST_AFTER = CHANGE - timedelta(days=2), CHANGE + timedelta(days=3)
IN_MAY = datetime(2026, 5, 15, 3, tzinfo=UTC)
LATE_IN_MAY = datetime(2026, 5, 31, 15, tzinfo=UTC)
"""Thirty days before the end of the second quarter, and one hour."""


def received(at: datetime, external_id: str = "app-1", **overrides: Any) -> dict[str, Any]:
    return report(external_id, sent_at=(at - timedelta(minutes=5)).isoformat(), received_at=at.isoformat(), **overrides)


def published(office: Office, *reports: dict[str, Any]) -> list[ComplaintAssessed]:
    """File and assess these complaints; returns their events, in their order."""
    filed = [office.post("/complaints", each) for each in reports]
    office.assess()
    events = {str(each.complaint): each for each in office.events() if isinstance(each, ComplaintAssessed)}
    return [events[answer.json()["id"]] for answer in filed]


def test_one_person_has_one_surrogate_in_one_quarter_in_every_channel(office: Office) -> None:
    one, two, other = published(
        office,
        received(FEBRUARY, "a-1"),
        received(FEBRUARY + timedelta(days=9), "a-2", channel="sms", complainant_number="+86 139-0000-1234"),
        received(FEBRUARY, "a-3", complainant_number="13900001235"),
    )
    assert one.complainant == two.complainant != other.complainant
    assert (one.complainant_also, two.complainant_also, other.complainant_also) == (None, None, None)


def test_in_another_quarter_the_same_person_has_another_surrogate(office: Office) -> None:
    winter, spring = published(office, received(FEBRUARY, "a-1"), received(IN_MAY, "a-2"))
    assert not surrogates_of(winter) & surrogates_of(spring)
    assert len(office.rows("SELECT DISTINCT complainant_id FROM complaints")) == 1


def test_around_the_change_of_quarters_both_surrogates_are_published(office: Office) -> None:
    winter, before, after, spring = published(
        office,
        received(FEBRUARY, "a-1"),
        received(JUST_BEFORE, "a-2"),
        received(JUST_AFTER, "a-3"),
        received(IN_MAY, "a-4"),
    )
    assert (before.complainant, before.complainant_also) == (winter.complainant, spring.complainant)
    assert (after.complainant, after.complainant_also) == (spring.complainant, winter.complainant)


def test_farther_from_the_change_only_one_surrogate_is_published(office: Office) -> None:
    [far, near] = published(office, received(LATE_IN_MAY, "a-1"), received(LATE_IN_MAY + timedelta(hours=1), "a-2"))
    assert far.complainant == near.complainant
    assert far.complainant_also is None
    assert near.complainant_also is not None


def test_later_events_of_a_complaint_carry_the_same_surrogates(office: Office) -> None:
    [event] = published(office, received(JUST_BEFORE))
    path = f"/complaints/{event.complaint}/corrections"
    assert office.post(path, {"note": "n", "industry": "travel"}, If_Match='"1"').status_code == 201
    corrected = office.events()[-1]
    assert isinstance(corrected, ComplaintAssessed)
    assert surrogates_of(corrected) == surrogates_of(event)
    assert corrected.complainant == event.complainant


def test_a_complaint_filed_before_surrogates_existed_keeps_its_published_id(office: Office) -> None:
    office.file()
    with office.database.begin() as tx:
        tx.execute(sa.text("UPDATE complaints SET surrogate = NULL, surrogate_also = NULL"))
    office.assess()
    [inside] = office.rows("SELECT complainant_id FROM complaints")
    [event] = office.events()
    assert isinstance(event, ComplaintAssessed)
    assert (event.complainant, event.complainant_also) == (inside.complainant_id, None)


def test_a_file_across_a_change_of_quarters_has_two_surrogates_for_each_person(office: Office) -> None:
    people = [f"1390000{number:04}" for number in range(40)]
    moments = (FEBRUARY, JUST_BEFORE, JUST_AFTER, IN_MAY)
    office.import_lines(
        *(
            received(moment, f"{person[-4:]}-{place}", complainant_number=person)
            for place, moment in enumerate(moments)
            for person in people
        )
    )
    surrogates = office.rows("SELECT surrogate FROM complaints UNION SELECT surrogate_also FROM complaints")
    assert len({row.surrogate for row in surrogates} - {None}) == 80


def test_concurrent_complaints_of_one_person_share_their_surrogates(office: Office) -> None:
    def complain(number: int) -> int:
        moment = JUST_BEFORE if number % 2 else JUST_AFTER
        return office.post("/complaints", received(moment, f"a-{number}")).status_code

    with ThreadPoolExecutor(8) as many:
        assert set(many.map(complain, range(24))) == {201}
    pairs = office.rows("SELECT DISTINCT surrogate, surrogate_also FROM complaints")
    assert len(pairs) == 2
    assert {pairs[0].surrogate, pairs[0].surrogate_also} == {pairs[1].surrogate, pairs[1].surrogate_also}


@pytest.mark.parametrize("people", [1, 50])
def test_the_number_of_statements_does_not_depend_on_the_number_of_complaints(
    office: Office, people: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def statements(count: int) -> int:
        reports = [
            Report(
                channel="app",
                external_id=f"{count}-{number}",
                complainant_number=f"139{count:04}{number % people:04}",
                sender_number="10690123456789",
                text="八折",
                sent_at=JUST_BEFORE,
                received_at=JUST_BEFORE,
            )
            for number in range(count)
        ]
        seen: list[str] = []

        def note(*arguments: Any) -> None:
            seen.append(arguments[2])

        with office.database.begin() as tx:
            rows = tx.rows

            def noted(statement: str, parameters: dict[str, Any]) -> list[Any]:
                seen.append(statement)
                return rows(statement, parameters)

            monkeypatch.setattr(tx, "rows", noted)
            sa.event.listen(tx.connection, "before_cursor_execute", note)
            file_complaints(tx, reports, "app-system")
        return len(seen)

    statements(1)  # the process reads the data keys of the quarter once
    assert statements(100) == statements(1_000) > 0


def test_neither_the_person_nor_the_surrogate_of_another_quarter_can_be_derived_without_the_key(office: Office) -> None:
    winter, spring = published(office, received(FEBRUARY, "a-1"), received(IN_MAY, "a-2"))
    person = office.rows("SELECT DISTINCT complainant_id FROM complaints")[0].complainant_id
    assert len({winter.complainant, spring.complainant, person}) == 3
    other = KeyRing({"k": bytes(32)}, "k", b"another key of fingerprints.....")
    assert surrogate_of(person, "2026Q1", privacy.ring()) == winter.complainant
    assert surrogate_of(person, "2026Q1", other) != winter.complainant
    for payload in office.payloads():
        assert COMPLAINANT.encode() not in payload
        assert str(person).encode() not in payload


def know_earlier(office: Office, number: str, **surrogates: UUID) -> UUID:
    """Store a complainant as an earlier release did; returns the id of the person."""
    person = uuid4()
    fingerprint = privacy.ring().fingerprint(f"complainant:{number}")
    with office.database.begin() as tx:
        tx.execute(sa.insert(COMPLAINANTS).values(fingerprint=fingerprint, id=person, first_seen_at=SENT))
        for quarter, surrogate in surrogates.items():
            tx.execute(sa.insert(SURROGATES).values(complainant_id=person, quarter=quarter, id=surrogate))
    return person


def test_a_person_published_by_an_earlier_release_keeps_their_surrogates(office: Office) -> None:
    winter = uuid4()
    know_earlier(office, COMPLAINANT, **{"2026Q1": winter})
    before, spring = published(office, received(JUST_BEFORE, "a-1"), received(IN_MAY, "a-2"))
    assert before.complainant == winter
    assert before.complainant_also == spring.complainant
    path = f"/complaints/{before.complaint}/corrections"
    assert office.post(path, {"note": "n", "industry": "travel"}, If_Match='"1"').status_code == 201
    corrected = office.events()[-1]
    assert isinstance(corrected, ComplaintAssessed)
    assert (corrected.complainant, corrected.complainant_also) == (winter, spring.complainant)


def test_what_an_earlier_release_stored_of_a_person_counts_towards_the_cap(office: Office) -> None:
    person = know_earlier(office, COMPLAINANT)
    for number in range(20):
        office.file(f"old-{number}")
    with office.database.begin() as tx:
        tx.execute(sa.text("UPDATE vouched_complaints SET complainant_id = :person"), {"person": person})
    office.file("new-1")
    office.assess()
    assert [each.capped for each in office.events() if isinstance(each, ComplaintAssessed)].count(True) == 1


def surrogates_of(event: ComplaintAssessed) -> set[Any]:
    """The surrogates of the complainant in an event."""
    return {event.complainant, event.complainant_also} - {None}
