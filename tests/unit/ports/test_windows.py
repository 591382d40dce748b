"""Different people within one span of time reach a threshold, whenever their complaints arrive."""

from __future__ import annotations

from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from services.ports.policy.evidence import Evidence
from services.ports.policy.windows import ComplainantThreshold, first_to_reach, span_around
from tests.unit.ports.builders import NOON, complaint, days

THREE_IN_TEN_DAYS = ComplainantThreshold(3, days(10))


def reached(
    *arrivals: Evidence, before: tuple[Evidence, ...] = (), threshold: ComplainantThreshold = THREE_IN_TEN_DAYS
) -> int | None:
    hit = first_to_reach(before, arrivals, lambda _: threshold)
    return None if hit is None else hit[0]


def test_the_complaint_that_completes_the_threshold_is_the_trigger() -> None:
    assert reached(complaint("a"), complaint("b"), complaint("c"), complaint("d")) == 2


def test_one_person_counts_once_however_often_they_complain() -> None:
    assert reached(*(complaint(f"again-{n}", by="the same") for n in range(20)), complaint("b")) is None


def test_messages_sent_further_apart_than_the_window_do_not_add_up() -> None:
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


def test_a_full_window_without_the_new_complaint_does_not_count() -> None:
    old = tuple(complaint(f"old-{n}") for n in range(5))
    assert reached(complaint("new", sent=NOON + days(30)), before=old) is None


def test_without_a_rule_in_force_nothing_is_reached() -> None:
    assert first_to_reach([], [complaint(f"{n}") for n in range(9)], lambda _: None) is None


def test_a_span_can_have_its_trigger_in_the_middle_or_at_either_end() -> None:
    rows = [complaint(f"{n}", sent=NOON + days(4 * n)) for n in range(3)]
    for trigger in rows:
        span = span_around(trigger, rows, THREE_IN_TEN_DAYS)
        assert span is not None
        assert len(span) == 3


def test_a_person_who_complains_on_both_sides_of_a_change_of_quarter_counts_once() -> None:
    before = complaint("before", by="spring", also="summer")
    after = complaint("after", by="summer", sent=NOON + days(2))
    assert reached(before, after, complaint("another"), threshold=ComplainantThreshold(3, days(10))) is None
    assert (
        reached(before, after, complaint("another"), complaint("a third"), threshold=ComplainantThreshold(3, days(10)))
        == 3
    )


def test_two_people_on_both_sides_of_a_change_of_quarter_count_twice() -> None:
    first = complaint("first", by="spring of one", also="summer of one")
    second = complaint("second", by="summer of another", also="spring of another", sent=NOON + days(2))
    assert reached(first, second, threshold=ComplainantThreshold(2, days(10))) == 1


def test_a_complaint_that_does_not_count_still_connects_surrogates() -> None:
    link = complaint("link", by="spring", also="summer")
    rows = [complaint("a", by="spring"), complaint("b", by="summer")]
    threshold = ComplainantThreshold(2, days(10))
    assert first_to_reach([link], rows, lambda _: threshold, lambda each: each is not link) is None
    assert first_to_reach([], rows, lambda _: threshold, lambda each: each is not link) == (1, rows)


def test_a_later_connection_does_not_undo_a_reached_threshold() -> None:
    rows = [complaint("a", by="spring"), complaint("b", by="summer"), complaint("c", by="spring", also="summer")]
    assert reached(*rows, threshold=ComplainantThreshold(2, days(10))) == 1


moments = st.lists(st.integers(0, 40), min_size=1, max_size=9)
people = st.lists(st.integers(0, 4), min_size=9, max_size=9)
twins = st.lists(st.none() | st.integers(0, 4), min_size=9, max_size=9)


@given(moments, people, st.integers(1, 4))
def test_the_result_equals_that_of_checking_every_possible_span(at: list[int], who: list[int], enough: int) -> None:
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
        assert (span_around(trigger, rows, ComplainantThreshold(enough, days(10))) is not None) == any(
            len(each) >= enough for each in spans
        )


@given(moments, people, twins, st.integers(0, 9))
def test_the_result_does_not_depend_on_where_a_batch_is_split(
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


def test_a_full_window_is_found_in_any_order_of_arrival() -> None:
    rows = [complaint(f"{n}", sent=NOON + days(3 * n)) for n in range(4)]
    assert all(reached(*order, threshold=ComplainantThreshold(4, days(10))) == 3 for order in permutations(rows))
