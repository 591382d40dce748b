"""Quarters of the legal calendar: they begin and end at midnight in Beijing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from chassis.calendar import EARLIEST, LATEST, LEGAL_TIME, begin_of, end_of, following, preceding, quarter_of


@pytest.mark.parametrize(
    ("moment", "quarter"),
    [
        (datetime(2026, 1, 1, tzinfo=LEGAL_TIME), "2026Q1"),
        (datetime(2026, 3, 31, 23, 59, 59, tzinfo=LEGAL_TIME), "2026Q1"),
        (datetime(2026, 4, 1, tzinfo=LEGAL_TIME), "2026Q2"),
        # Already October in Beijing.
        (datetime(2026, 9, 30, 16, tzinfo=UTC), "2026Q4"),
        (datetime(2025, 12, 31, 15, 59, tzinfo=UTC), "2025Q4"),
    ],
)
def test_a_time_belongs_to_the_quarter_of_its_day_in_beijing(moment: datetime, quarter: str) -> None:
    assert quarter_of(moment) == quarter
    assert begin_of(quarter) <= moment < end_of(quarter)


@pytest.mark.parametrize("quarter", ["2025Q4", "2026Q1", "2026Q2", "2026Q3", "2026Q4"])
def test_one_quarter_ends_where_the_next_begins(quarter: str) -> None:
    assert end_of(quarter) == begin_of(following(quarter))
    assert preceding(following(quarter)) == quarter
    assert quarter_of(end_of(quarter) - timedelta(microseconds=1)) == quarter
    assert preceding(quarter) < quarter < following(quarter)


@pytest.mark.parametrize("written", ["0000Q1", "0001Q1", "1999Q4", "2100Q2", "9999Q4"])
def test_a_quarter_out_of_bounds_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="not a quarter from 2000 to 2099"):
        begin_of(written)


def test_the_first_and_the_last_quarter_are_in_bounds() -> None:
    assert begin_of("2000Q1") == EARLIEST
    assert end_of("2099Q4") == LATEST


@pytest.mark.parametrize("written", ["2026", "2026Q5", "2026Q0", "26Q1", "2026q1", ""])
def test_an_invalid_quarter_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="written like"):
        begin_of(written)
