"""Carriers and authorities act as behaviour.yaml configures: always the same for one id, in the configured shares."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from contracts.authorities import AUTHORITIES
from contracts.carriers import CARRIERS
from contracts.vocabulary import ConclusionCode, ReturnReason
from sandbox import behaviour
from sandbox.behaviour import ClueCourse, EnquiryCourse, OrderCourse, due

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
IDS = [f"0193-{index}" for index in range(20_000)]


def test_every_carrier_has_a_behaviour() -> None:
    assert set(behaviour.load().carriers) == set(CARRIERS)


def test_every_existing_authority_has_a_behaviour() -> None:
    existing = {code for code, each in AUTHORITIES.items() if each.exists(NOON.date()) and not each.own}
    assert set(behaviour.load().authorities) == existing


@pytest.mark.parametrize("carrier", list(behaviour.load().carriers))
def test_courses_are_drawn_in_the_configured_shares(carrier: str) -> None:
    habits = behaviour.load().carriers[carrier]
    orders = Counter(habits.order(each) for each in IDS)
    enquiries = Counter(habits.enquiry(each) for each in IDS)
    courses: list[tuple[OrderCourse | EnquiryCourse, int]] = [*orders.items(), *enquiries.items()]
    for course, times in courses:
        assert times / len(IDS) == pytest.approx(float(course.share.rstrip("%")) / 100, abs=0.01)
    assert set(orders) == set(habits.orders)
    assert set(enquiries) == set(habits.enquiries)


@pytest.mark.parametrize("authority", list(behaviour.load().authorities))
def test_most_clues_are_concluded_in_time_and_some_are_returned_late_or_ignored(authority: str) -> None:
    habits = behaviour.load().authorities[authority]
    drawn = Counter(habits.clue(authority, each, 1) for each in IDS)
    assert set(drawn) == set(habits.courses)
    for course, times in drawn.items():
        assert times / len(IDS) == pytest.approx(float(course.share.rstrip("%")) / 100, abs=0.01)

    def share(*courses: ClueCourse) -> float:
        return sum(drawn[each] for each in courses) / len(IDS)

    deadline = NOON + timedelta(seconds=12)
    done = {
        each: due(each.after, after=NOON + timedelta(seconds=1), begun=NOON, deadline=deadline)
        for each in habits.courses
        if each.after
    }
    late = [each for each, at in done.items() if at > deadline]
    assert share(*(each for each in done if each not in late and each.conclude)) > 0.8
    assert share(*(each for each in habits.courses if each.conclude is ConclusionCode.FINED)) == pytest.approx(
        0.25, abs=0.06
    )
    assert share(*(each for each in habits.courses if each.give_back)) == pytest.approx(0.05, abs=0.01)
    assert share(*late) == pytest.approx(0.06, abs=0.01)
    assert share(*(each for each in habits.courses if each.after is None)) == pytest.approx(0.04, abs=0.01)


def test_authorities_return_clues_independently_of_each_other() -> None:
    habits = behaviour.load().authorities
    returned = [each for each in IDS if habits["SAMR"].clue("SAMR", each, 1).give_back]
    again = [each for each in returned if habits["MOE"].clue("MOE", each, 1).give_back]
    assert len(again) / len(returned) == pytest.approx(0.05, abs=0.03)


def test_an_authority_always_fines_from_its_count_of_complainants() -> None:
    habits = behaviour.load().authorities["SAMR"]
    assert habits.fines_from is not None
    few = {habits.clue("SAMR", each, habits.fines_from - 1).conclude for each in IDS}
    many = {habits.clue("SAMR", each, habits.fines_from).conclude for each in IDS}
    assert len(few) > 1
    assert many == {ConclusionCode.FINED}


def test_fines_from_requires_a_course_with_a_fine(tmp_path: Path) -> None:
    shipped = Path(behaviour.__file__).with_name("behaviour.yaml").read_text()
    broken = tmp_path / "behaviour.yaml"
    broken.write_text(shipped.replace("conclude: fined, amounts: [10000, 20000, 30000, 50000]", "conclude: warned"))
    with pytest.raises(ValueError, match="requires a course with"):
        behaviour.load(broken)


def test_fines_and_decision_numbers_are_determined_by_the_clue_and_marked_as_invented() -> None:
    habits = behaviour.load().authorities["SAMR"]
    fine = next(each for each in habits.courses if each.conclude is ConclusionCode.FINED)
    amounts = Counter(fine.amount(each) for each in IDS)
    assert set(amounts) == set(fine.amounts)
    assert min(amounts.values()) / len(IDS) == pytest.approx(1 / len(fine.amounts), abs=0.02)
    assert habits.decision(IDS[0], 2026) == habits.decision(IDS[0], 2026) != habits.decision(IDS[1], 2026)
    assert re.fullmatch(r"虚市监罚〔2026〕\d{6}号", habits.decision(IDS[0], 2026))
    assert next(each for each in habits.courses if each.give_back).amount(IDS[0]) is None


def test_clues_are_returned_with_reasons_of_the_vocabulary() -> None:
    courses = [course for each in behaviour.load().authorities.values() for course in each.courses]
    assert {each.give_back for each in courses} - {None} <= set(ReturnReason)


def test_the_course_of_an_order_is_always_the_same() -> None:
    first, again = behaviour.load().carriers["CMCC"], behaviour.load().carriers["CMCC"]
    assert [first.order(each) for each in IDS[:500]] == [again.order(each) for each in IDS[:500]]


def test_some_orders_are_executed_late_some_refused_and_some_ignored() -> None:
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
def test_a_delay_in_seconds_counts_from_the_previous_act(delay: str, after: timedelta) -> None:
    acknowledged, deadline = NOON + timedelta(minutes=10), NOON + timedelta(hours=2)
    assert due(delay, after=acknowledged, begun=NOON, deadline=deadline) == NOON + after


def test_a_delay_in_percent_is_a_fraction_of_the_term() -> None:
    acknowledged, deadline = NOON + timedelta(minutes=10), NOON + timedelta(hours=2)
    late = due("150%", after=acknowledged, begun=NOON, deadline=deadline)
    assert late == NOON + timedelta(hours=3)


def _authority(course: str, receipt: str = "1s") -> str:
    habits = f"{{receipt: {receipt}, decides_as: 虚罚, courses: [{course}]}}"
    return f"poll: 1s\nunlisted: 80%\ncarriers: {{}}\nauthorities: {{X: {habits}}}"


@pytest.mark.parametrize(
    ("content", "trouble"),
    [
        ("poll: 1s\nunlisted: 80%\ncarriers: {X: {orders: [{share: 90%}], enquiries: [{share: 100%}]}}", "90.0%, not"),
        ("poll: 1s\nunlisted: most\ncarriers: {}", "unlisted"),
        ("poll: soon\nunlisted: 80%\ncarriers: {}", "poll"),
        ("poll: 10%\nunlisted: 80%\ncarriers: {}", "poll"),
        ("poll: 1s\nunlisted: 1%\ncarriers: {X: {orders: [{share: 100%, execute: 2h}], enquiries: []}}", "execute"),
        ("poll: 1s\nunlisted: 80%\ncarriers: {}\nmood: bad", "mood"),
        (_authority("{share: 90%}"), "90.0%, not"),
        (_authority("{share: 100%}", receipt="50%"), "receipt"),
        (_authority("{share: 100%, return: bored, after: 1s}"), "bored"),
        (_authority("{share: 100%, conclude: shot, after: 1s}"), "shot"),
        (_authority("{share: 100%, conclude: warned}"), "`after` is required"),
        (_authority("{share: 100%, after: 1s}"), "`after` is required"),
        (_authority("{share: 100%, return: not-competent, conclude: warned, after: 1s}"), "not both"),
        (_authority("{share: 100%, conclude: fined, after: 1s}"), "amounts"),
        (_authority("{share: 100%, conclude: fined, amounts: [0], after: 1s}"), "amounts"),
        (_authority("{share: 100%, conclude: warned, amounts: [100], after: 1s}"), "amounts"),
        (_authority("{share: 100%, conclude: merged, after: 1s}"), "cannot be configured"),
    ],
)
def test_a_malformed_behaviour_file_is_rejected_and_named_in_the_error(
    tmp_path: Path, content: str, trouble: str
) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(content)
    with pytest.raises(ValueError, match=rf"(?s)mine\.yaml.*{trouble}"):
        behaviour.load(file)


def test_at_most_one_of_all_carriers_owns_a_number() -> None:
    habits = behaviour.load()
    numbers = [f"10690{index:07}" for index in range(2_000)]
    owners = [{habits.owner(each, carrier, named=False) for carrier in habits.carriers} for each in numbers]
    assert all(len(each) == 1 for each in owners)
    times = Counter(owner for each in owners for owner in each)
    assert times[None] / len(numbers) == pytest.approx(0.2, abs=0.03)
    assert set(times) == {None, *habits.carriers}


def test_a_named_carrier_owns_most_of_the_numbers_in_its_enquiries() -> None:
    habits = behaviour.load()
    owners = Counter(habits.owner(f"10690{index:07}", "CBN", named=True) for index in range(2_000))
    assert owners["CBN"] / 2_000 == pytest.approx(0.8, abs=0.03)
    assert set(owners) == {"CBN", None}
