"""The quarters whose surrogates are published: that of receipt, and around a change of quarters the adjacent one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.calendar import begin_of, quarter_of
from services.complaints.policy.intake import surrogate_quarters
from services.complaints.policy.rulebook import RULES, SurrogateOverlap
from tests.unit.complaints.builders import days

CHANGE = begin_of("2026Q2")
OVERLAP = days(30)
BLINK = timedelta(microseconds=1)
MOMENTS = st.timedeltas(timedelta(), days(36_500)).map(lambda since: datetime(2000, 1, 1, tzinfo=UTC) + since)


@pytest.mark.parametrize(
    ("moment", "quarters"),
    [
        (CHANGE - days(30) - BLINK, ("2026Q1",)),
        (CHANGE - days(30), ("2026Q1", "2026Q2")),
        (CHANGE - BLINK, ("2026Q1", "2026Q2")),
        (CHANGE, ("2026Q2", "2026Q1")),
        (CHANGE + days(30) - BLINK, ("2026Q2", "2026Q1")),
        (CHANGE + days(30), ("2026Q2",)),
        (begin_of("2027Q1") - BLINK, ("2026Q4", "2027Q1")),
        (begin_of("2027Q1"), ("2027Q1", "2026Q4")),
    ],
)
def test_surrogates_of_both_quarters_are_published_for_thirty_days_around_their_change(
    moment: datetime, quarters: tuple[str, ...]
) -> None:
    assert surrogate_quarters(moment, OVERLAP) == quarters


def test_a_quarter_changes_at_midnight_in_beijing() -> None:
    assert surrogate_quarters(datetime(2026, 3, 31, 15, 59, tzinfo=UTC), OVERLAP)[0] == "2026Q1"
    assert surrogate_quarters(datetime(2026, 3, 31, 16, 0, tzinfo=UTC), OVERLAP)[0] == "2026Q2"


@given(MOMENTS, st.timedeltas(timedelta(), 2 * OVERLAP))
def test_two_complaints_of_one_person_within_twice_the_overlap_share_a_quarter(
    first: datetime, later: timedelta
) -> None:
    assert set(surrogate_quarters(first, OVERLAP)) & set(surrogate_quarters(first + later, OVERLAP))


@given(MOMENTS)
def test_the_quarter_of_receipt_comes_first_and_no_quarter_comes_twice(moment: datetime) -> None:
    quarters = surrogate_quarters(moment, OVERLAP)
    assert quarters[0] == quarter_of(moment)
    assert len(set(quarters)) == len(quarters) <= 2


def test_the_overlap_is_thirty_days_and_marked_as_our_own_decision() -> None:
    rule = RULES.at(SurrogateOverlap, CHANGE)
    assert (rule.overlap, rule.citation.mark) == (days(30), "D")
