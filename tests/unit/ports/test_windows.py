"""A bar is reached by different people within one span of time, whenever their complaints arrive."""

from __future__ import annotations

from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from services.ports.policy.evidence import Evidence
from services.ports.policy.windows import Bar, first_to_reach, span_around
from tests.unit.ports.builders import NOON, complaint, days

THREE_IN_TEN_DAYS = Bar(3, days(10))


def reached(*arrivals: Evidence, before: tuple[Evidence, ...] = (), bar: Bar = THREE_IN_TEN_DAYS) -> int | None:
    hit = first_to_reach(before, arrivals, lambda _: bar)
    return None if hit is None else hit[0]


def test_the_complaint_that_completes_the_bar_is_the_one_that_reaches_it() -> None:
    assert reached(complaint("a"), complaint("b"), complaint("c"), complaint("d")) == 2


def test_one_person_counts_once_however_often_they_complain() -> None:
    assert reached(*(complaint(f"again-{n}", by="the same") for n in range(20)), complaint("b")) is None


def test_complaints_of_messages_sent_further_apart_than_the_window_do_not_add_up() -> None:
    assert reached(complaint("a"), complaint("b", sent=NOON + days(5)), complaint("c", sent=NOON + days(11))) is None


def test_messages_sent_exactly_a_window_apart_are_in_one_window() -> None:
    assert reached(complaint("a"), complaint("b", sent=NOON + days(5)), complaint("c", sent=NOON + days(10))) == 2


def test_a_late_complaint_completes_an_old_window() -> None:
    recent = [complaint(f"recent-{n}", sent=NOON + days(60)) for n in range(2)]
    old = [complaint("old-a"), complaint("old-b", sent=NOON + days(4))]
    late = complaint("late", sent=NOON + days(8))
    hit = first_to_reach([*recent, *old], [late], lambda _: THREE_IN_TEN_DAYS)
    assert hit is not None
    assert [each.complaint for each in hit[1]] == [each.complaint for each in (*old, late)]


def test_a_full_window_that_the_new_complaint_is_not_in_says_nothing_about_it() -> None:
    old = tuple(complaint(f"old-{n}") for n in range(5))
    assert reached(complaint("new", sent=NOON + days(30)), before=old) is None


def test_without_a_rule_in_force_nothing_is_reached() -> None:
    assert first_to_reach([], [complaint(f"{n}") for n in range(9)], lambda _: None) is None


def test_the_span_holds_the_complaint_in_its_middle_as_well_as_at_its_ends() -> None:
    rows = [complaint(f"{n}", sent=NOON + days(4 * n)) for n in range(3)]
    for trigger in rows:
        span = span_around(trigger, rows, THREE_IN_TEN_DAYS)
        assert span is not None
        assert len(span) == 3


def test_a_person_who_complains_on_both_sides_of_a_change_of_quarter_counts_once() -> None:
    before = complaint("before", by="spring", also="summer")
    after = complaint("after", by="summer", sent=NOON + days(2))
    assert reached(before, after, complaint("another"), bar=Bar(3, days(10))) is None
    assert reached(before, after, complaint("another"), complaint("a third"), bar=Bar(3, days(10))) == 3


def test_two_people_on_both_sides_of_a_change_of_quarter_count_twice() -> None:
    first = complaint("first", by="spring of one", also="summer of one")
    second = complaint("second", by="summer of another", also="spring of another", sent=NOON + days(2))
    assert reached(first, second, bar=Bar(2, days(10))) == 1


def test_what_does_not_count_itself_still_tells_that_two_are_one_person() -> None:
    link = complaint("link", by="spring", also="summer")
    rows = [complaint("a", by="spring"), complaint("b", by="summer")]
    bar = Bar(2, days(10))
    assert first_to_reach([link], rows, lambda _: bar, lambda each: each is not link) is None
    assert first_to_reach([], rows, lambda _: bar, lambda each: each is not link) == (1, rows)


def test_what_shows_two_to_be_one_person_later_takes_back_nothing() -> None:
    rows = [complaint("a", by="spring"), complaint("b", by="summer"), complaint("c", by="spring", also="summer")]
    assert reached(*rows, bar=Bar(2, days(10))) == 1


moments = st.lists(st.integers(0, 40), min_size=1, max_size=9)
people = st.lists(st.integers(0, 4), min_size=9, max_size=9)
twins = st.lists(st.none() | st.integers(0, 4), min_size=9, max_size=9)


@given(moments, people, st.integers(1, 4))
def test_it_is_the_same_as_looking_at_every_span_there_is(at: list[int], who: list[int], bar: int) -> None:
    rows = sorted(
        (complaint(f"{n}", by=str(who[n]), sent=NOON + days(day)) for n, day in enumerate(at)),
        key=lambda each: each.sent_at,
    )
    for trigger in rows:
        spans = [
            {each.complainant for each in rows if first.sent_at <= each.sent_at <= first.sent_at + days(10)}
            for first in rows
            if first.sent_at <= trigger.sent_at <= first.sent_at + days(10)
        ]
        assert (span_around(trigger, rows, Bar(bar, days(10))) is not None) == any(len(each) >= bar for each in spans)


@given(moments, people, twins, st.integers(0, 9))
def test_it_makes_no_difference_where_a_batch_is_cut(
    at: list[int], who: list[int], twin: list[int | None], cut: int
) -> None:
    arrivals = [
        complaint(f"{n}", by=str(who[n]), also=None if twin[n] is None else str(twin[n]), sent=NOON + days(day))
        for n, day in enumerate(at)
    ]
    whole = first_to_reach([], arrivals, lambda _: THREE_IN_TEN_DAYS)
    parts = first_to_reach([], arrivals[:cut], lambda _: THREE_IN_TEN_DAYS)
    if parts is None:
        rest = first_to_reach(arrivals[:cut], arrivals[cut:], lambda _: THREE_IN_TEN_DAYS)
        parts = None if rest is None else (cut + rest[0], rest[1])
    assert parts == whole


def test_in_whatever_order_complaints_arrive_a_full_window_is_found() -> None:
    rows = [complaint(f"{n}", sent=NOON + days(3 * n)) for n in range(4)]
    assert all(reached(*order, bar=Bar(4, days(10))) == 3 for order in permutations(rows))
