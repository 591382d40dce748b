"""A threshold is reached by different ports shut within one span of time, in every order of receipt."""

from __future__ import annotations

from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from services.credit.policy.orders import ListingThreshold, ShutPort, first_to_reach, span_around
from tests.unit.credit.builders import NOON, days, named, shut

THRESHOLD = ListingThreshold(3, days(90))


def reached(*arrivals: ShutPort, before: tuple[ShutPort, ...] = ()) -> ShutPort | None:
    hit = first_to_reach(before, arrivals, lambda _: THRESHOLD)
    return None if hit is None else hit[0]


def test_the_order_that_completes_the_count_reaches_the_threshold() -> None:
    assert reached(shut("a"), shut("b"), shut("c"), shut("d")) == shut("c")


def test_one_port_counts_once_however_often_it_is_shut() -> None:
    assert reached(*(shut(f"again {n}", n, port="10690001") for n in range(20)), shut("b")) is None


def test_one_number_at_two_carriers_is_two_ports() -> None:
    elsewhere = ShutPort(named("x"), "CUCC", "1069a", NOON)
    assert reached(shut("a"), elsewhere, shut("b")) == shut("b")


def test_orders_further_apart_than_the_window_do_not_add_up() -> None:
    assert reached(shut("a"), shut("b", 50), shut("c", 91)) is None


def test_orders_exactly_a_window_apart_are_in_one_window() -> None:
    assert reached(shut("a"), shut("b", 50), shut("c", 90)) == shut("c", 90)


def test_a_late_order_completes_an_old_window() -> None:
    old, recent = (shut("old a"), shut("old b", 40)), (shut("new a", 300), shut("new b", 301))
    hit = first_to_reach([*recent, *old], [shut("late", 80)], lambda _: THRESHOLD)
    assert hit is not None
    assert hit[1] == [*old, shut("late", 80)]


def test_a_full_window_without_the_new_order_does_not_count_for_it() -> None:
    assert reached(shut("new", 300), before=tuple(shut(f"old {n}") for n in range(5))) is None


def test_without_a_rule_in_force_no_threshold_is_reached() -> None:
    assert first_to_reach([], [shut(f"{n}") for n in range(9)], lambda _: None) is None


def test_a_full_window_is_found_for_every_order_of_receipt() -> None:
    rows = [shut(f"{n}", 30 * n) for n in range(4)]
    bar = ListingThreshold(4, days(90))
    for order in permutations(rows):
        hit = first_to_reach([], order, lambda _: bar)
        assert hit is not None
        assert hit[0] == order[-1]


moments = st.lists(st.integers(0, 300), min_size=1, max_size=9)
ports = st.lists(st.integers(0, 4), min_size=9, max_size=9)


@given(moments, ports, st.integers(1, 4))
def test_the_result_equals_that_of_examining_every_span(at: list[int], which: list[int], orders: int) -> None:
    rows = sorted(
        (shut(f"{n}", day, port=f"1069{which[n]}") for n, day in enumerate(at)), key=lambda each: each.executed_at
    )
    for trigger in rows:
        spans = [
            {each.port for each in rows if first.executed_at <= each.executed_at <= first.executed_at + days(90)}
            for first in rows
            if first.executed_at <= trigger.executed_at <= first.executed_at + days(90)
        ]
        found = span_around(trigger, rows, ListingThreshold(orders, days(90)))
        assert (found is not None) == any(len(each) >= orders for each in spans)


@given(moments, ports, st.integers(0, 9))
def test_the_result_does_not_depend_on_where_a_batch_is_cut(at: list[int], which: list[int], cut: int) -> None:
    arrivals = [shut(f"{n}", day, port=f"1069{which[n]}") for n, day in enumerate(at)]
    whole = first_to_reach([], arrivals, lambda _: THRESHOLD)
    parts = first_to_reach([], arrivals[:cut], lambda _: THRESHOLD)
    if parts is None:
        parts = first_to_reach(arrivals[:cut], arrivals[cut:], lambda _: THRESHOLD)
    assert parts == whole
