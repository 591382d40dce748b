"""Carriers behave as behaviour.yaml says: the same about the same thing, and in the shares that it gives."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from contracts.carriers import CARRIERS
from sandbox import behaviour
from sandbox.behaviour import EnquiryCourse, OrderCourse, due

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
MANY = [f"0193-{place}" for place in range(20_000)]


def test_every_carrier_known_has_habits() -> None:
    assert set(behaviour.load().carriers) == set(CARRIERS)


@pytest.mark.parametrize("carrier", list(behaviour.load().carriers))
def test_in_the_long_run_the_shares_come_out(carrier: str) -> None:
    habits = behaviour.load().carriers[carrier]
    orders = Counter(habits.order(each) for each in MANY)
    enquiries = Counter(habits.enquiry(each) for each in MANY)
    courses: list[tuple[OrderCourse | EnquiryCourse, int]] = [*orders.items(), *enquiries.items()]
    for course, times in courses:
        assert times / len(MANY) == pytest.approx(float(course.share.rstrip("%")) / 100, abs=0.01)
    assert set(orders) == set(habits.orders)
    assert set(enquiries) == set(habits.enquiries)


def test_a_thing_that_is_looked_at_again_has_the_same_course() -> None:
    first, again = behaviour.load().carriers["CMCC"], behaviour.load().carriers["CMCC"]
    assert [first.order(each) for each in MANY[:500]] == [again.order(each) for each in MANY[:500]]


def test_some_are_late_some_refuse_and_some_say_nothing() -> None:
    courses = [course for habits in behaviour.load().carriers.values() for course in habits.orders]
    deadline = NOON + timedelta(hours=2)

    executed = [due(each.execute, after=NOON, begun=NOON, deadline=deadline) for each in courses if each.execute]
    assert any(each > deadline for each in executed)
    assert any(NOON + timedelta(hours=1) < each < deadline for each in executed)
    assert any(each.refuse for each in courses)
    assert any(each.acknowledge is None and each.refuse is None for each in courses)


@pytest.mark.parametrize(
    ("delay", "after"),
    [("300ms", timedelta(minutes=10, milliseconds=300)), ("2s", timedelta(minutes=10, seconds=2))],
)
def test_a_delay_in_seconds_counts_from_what_came_before(delay: str, after: timedelta) -> None:
    acknowledged, deadline = NOON + timedelta(minutes=10), NOON + timedelta(hours=2)
    assert due(delay, after=acknowledged, begun=NOON, deadline=deadline) == NOON + after


def test_a_delay_in_percent_is_a_part_of_the_way_to_the_deadline() -> None:
    acknowledged, deadline = NOON + timedelta(minutes=10), NOON + timedelta(hours=2)
    late = due("150%", after=acknowledged, begun=NOON, deadline=deadline)
    assert late == NOON + timedelta(hours=3)


@pytest.mark.parametrize(
    ("content", "trouble"),
    [
        ("poll: 1s\nunlisted: 80%\ncarriers: {X: {orders: [{share: 90%}], enquiries: [{share: 100%}]}}", "90.0%, not"),
        ("poll: 1s\nunlisted: most\ncarriers: {}", "unlisted"),
        ("poll: soon\nunlisted: 80%\ncarriers: {}", "poll"),
        ("poll: 10%\nunlisted: 80%\ncarriers: {}", "poll"),
        ("poll: 1s\nunlisted: 1%\ncarriers: {X: {orders: [{share: 100%, execute: 2h}], enquiries: []}}", "execute"),
        ("poll: 1s\nunlisted: 80%\ncarriers: {}\nmood: bad", "mood"),
    ],
)
def test_a_file_that_is_no_behaviour_is_refused_with_its_name(tmp_path: Path, content: str, trouble: str) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(content)
    with pytest.raises(ValueError, match=rf"(?s)mine\.yaml.*{trouble}"):
        behaviour.load(file)


def test_where_every_carrier_is_asked_at_most_one_says_that_a_number_is_its_own() -> None:
    habits = behaviour.load()
    numbers = [f"10690{place:07}" for place in range(2_000)]
    owners = [{habits.owner(each, asked, named=False) for asked in habits.carriers} for each in numbers]
    assert all(len(each) == 1 for each in owners)
    times = Counter(owner for each in owners for owner in each)
    assert times[None] / len(numbers) == pytest.approx(0.2, abs=0.03)
    assert set(times) == {None, *habits.carriers}


def test_a_carrier_that_is_named_knows_most_of_the_numbers_that_it_is_asked_about() -> None:
    habits = behaviour.load()
    owners = Counter(habits.owner(f"10690{place:07}", "CBN", named=True) for place in range(2_000))
    assert owners["CBN"] / 2_000 == pytest.approx(0.8, abs=0.03)
    assert set(owners) == {"CBN", None}
