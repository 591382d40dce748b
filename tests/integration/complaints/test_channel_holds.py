"""A channel that files too much is held: what it files has effects only through a person, until it is released."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from chassis import clock
from chassis.calendar import day_of
from chassis.sweeper import Slice
from contracts.complaints import ComplaintAssessed
from services.complaints.sweeps import WATCH_CHANNELS
from tests.integration.complaints.scenes import Office, report
from tests.integration.http.api import problem

LIMIT = 50_000
"""Complaints within an hour, by the rule."""
USUALLY = 100
"""Complaints of a channel on a day before, of which five are about one number."""


def complaint(number: int, **overrides: Any) -> dict[str, Any]:
    return report(f"a-{number:03}", **{"sender_number": f"106901234{number:05}", **overrides})


def watch(office: Office, after: timedelta = timedelta(minutes=2)) -> None:
    """Count what was filed until a minute before."""
    with clock.shifted(after), office.database.begin() as tx:
        WATCH_CHANNELS.run(tx, Slice(1))


def begin_watching(office: Office) -> None:
    watch(office, timedelta(seconds=-60))


def filed_before(office: Office, complaints: int, largest: int, at: datetime, channel: str = "app") -> None:
    with office.database.begin() as tx:
        tx.execute(
            sa.text("INSERT INTO channel_hours VALUES (:channel, :hour, :day, :complaints, :largest)"),
            {
                "channel": channel,
                "hour": at.replace(minute=0, second=0, microsecond=0),
                "day": day_of(at),
                "complaints": complaints,
                "largest": largest,
            },
        )


def holds(office: Office, org: str = "regulator:MIIT") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = office.get("/channel-holds", org=org).json()["items"]
    return found


def release(office: Office, hold: dict[str, Any], org: str = "regulator:MIIT") -> Any:
    return office.post(
        f"/channel-holds/{hold['id']}/release",
        {"reason": "a wave of messages"},
        org=org,
        If_Match=f'"{hold["version"]}"',
    )


def held(office: Office) -> list[bool]:
    return [each.held for each in office.events() if isinstance(each, ComplaintAssessed)]


@pytest.fixture
def flooded(office: Office) -> Office:
    """The channel app has filed more within an hour than the rule allows."""
    begin_watching(office)
    filed_before(office, LIMIT, 1, clock.now() + timedelta(minutes=1))
    office.import_lines(complaint(1), org="channel:app")
    office.assess()
    watch(office)
    return office


def test_a_channel_that_files_too_much_is_held(flooded: Office) -> None:
    (hold,) = holds(flooded)
    assert (hold["channel"], hold["released_at"]) == ("app", None)
    assert hold["reason"] == "50,001 complaints within an hour; the limit is 50,000"
    flooded.import_lines(complaint(2), org="channel:app")
    flooded.import_lines(complaint(3, channel="sms"), org="channel:sms")
    flooded.assess()
    assert held(flooded) == [False, True, False]
    reasons = [each.reasons for each in flooded.events() if isinstance(each, ComplaintAssessed) and each.held]
    assert [each[-1] for each in reasons] == ["channel:held"]


def test_a_person_releases_the_channel_once_and_it_is_not_held_again_on_that_day(flooded: Office) -> None:
    (hold,) = holds(flooded)
    assert release(flooded, hold).json()["released_by"] == "system-1"
    assert problem(release(flooded, hold | {"version": 2})) == (409, "hold-state")
    flooded.import_lines(complaint(2), org="channel:app")
    flooded.assess()
    watch(flooded, timedelta(minutes=3))
    assert held(flooded) == [False, False]
    assert len(holds(flooded)) == 1
    acts = [row.act for row in flooded.rows("SELECT act FROM audit_log")]
    assert acts == ["channel-released"]


def test_a_release_needs_the_version_that_was_read(flooded: Office) -> None:
    (hold,) = holds(flooded)
    assert problem(release(flooded, hold | {"version": 9})) == (412, "precondition-failed")


def test_a_channel_belongs_to_no_province(flooded: Office) -> None:
    (hold,) = holds(flooded)
    assert holds(flooded, "regulator:CA-44") == []
    assert problem(release(flooded, hold, "regulator:CA-44")) == (404, "not-found")
    assert problem(flooded.get(f"/channel-holds/{hold['id']}", org="regulator:CA-44")) == (404, "not-found")
    assert problem(flooded.get("/channel-holds", org="channel:app")) == (403, "forbidden")


def test_a_channel_that_files_chiefly_about_one_number_is_held(office: Office) -> None:
    begin_watching(office)
    for days in range(1, 9):
        filed_before(office, USUALLY, 5, clock.now() - timedelta(days=days))
    office.import_lines(
        *(complaint(number, sender_number="1069012340001") for number in range(50)),
        *(complaint(number) for number in range(100, 150)),
        org="channel:app",
    )
    watch(office)
    (hold,) = holds(office)
    assert hold["reason"].startswith("50 of 100 complaints of a day are about 1069012340001 (50%); ")


def test_what_staff_file_does_not_count(office: Office) -> None:
    begin_watching(office)
    office.import_lines(complaint(1, channel="staff"), org="regulator:MIIT")
    watch(office)
    assert office.rows("SELECT 1 FROM channel_hours") == []


def test_each_complaint_is_counted_once(office: Office) -> None:
    begin_watching(office)
    office.import_lines(complaint(1), complaint(2), org="channel:app")
    for minutes in (2, 2, 3, 4):
        watch(office, timedelta(minutes=minutes))
    assert sum(row.complaints for row in office.rows("SELECT complaints FROM channel_hours")) == 2
