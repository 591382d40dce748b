"""The legal calendar: its days and quarters begin at midnight in Beijing.

Quarters are for hand-overs, bulletins and surrogates. They are written 2026Q4, and sort as strings.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta, timezone
from functools import lru_cache
from typing import Final

LEGAL_TIME: Final = timezone(timedelta(hours=8), "UTC+08:00")
"""The time zone of the legal calendar."""

EARLIEST: Final = datetime(2000, 1, 1, tzinfo=LEGAL_TIME)
LATEST: Final = datetime(2100, 1, 1, tzinfo=LEGAL_TIME)
"""Every time that is accepted or stored is between these two: no sum with one overflows."""

_WRITTEN = re.compile(r"([0-9]{4})Q([1-4])")


def day_of(moment: datetime) -> date:
    """The day of a moment (aware)."""
    return moment.astimezone(LEGAL_TIME).date()


def begin_of_day(day: date) -> datetime:
    """The first moment of a day."""
    return datetime.combine(day, time(), LEGAL_TIME)


def quarter_of(moment: datetime) -> str:
    """The quarter of a moment (aware)."""
    legal = moment.astimezone(LEGAL_TIME)
    return f"{legal.year:04}Q{(legal.month + 2) // 3}"


@lru_cache(maxsize=512)
def begin_of(quarter: str) -> datetime:
    """The first moment of a quarter. Raises ValueError for a malformed quarter, and for one that is not between
    EARLIEST and LATEST."""
    written = _WRITTEN.fullmatch(quarter)
    if written is None:
        raise ValueError(f"a quarter is written like 2026Q4, not {quarter!r}")
    year, month = int(written[1]), 3 * int(written[2]) - 2
    if not (EARLIEST.year, 1) <= (year, month) <= (LATEST.year, 1):
        raise ValueError(f"{quarter} is not a quarter from {EARLIEST.year} to {LATEST.year - 1}")
    return datetime(year, month, 1, tzinfo=LEGAL_TIME)


@lru_cache(maxsize=512)
def end_of(quarter: str) -> datetime:
    """The first moment after a quarter."""
    return begin_of(following(quarter))


def following(quarter: str) -> str:
    """The next quarter."""
    begin = begin_of(quarter)
    return f"{begin.year + 1:04}Q1" if begin.month == 10 else f"{begin.year:04}Q{(begin.month + 2) // 3 + 1}"


def preceding(quarter: str) -> str:
    """The previous quarter."""
    begin = begin_of(quarter)
    return f"{begin.year - 1:04}Q4" if begin.month == 1 else f"{begin.year:04}Q{(begin.month + 2) // 3 - 1}"
