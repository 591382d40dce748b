"""Quarters of the legal calendar, for hand-overs, bulletins and surrogates. Written 2026Q4."""

from __future__ import annotations

import re
from datetime import datetime

from chassis.rules import LEGAL_TIME

_WRITTEN = re.compile(r"([0-9]{4})Q([1-4])")


def quarter_of(moment: datetime) -> str:
    """The quarter of a moment (aware); quarters sort as strings."""
    legal = moment.astimezone(LEGAL_TIME)
    return f"{legal.year:04}Q{(legal.month + 2) // 3}"


def begin_of(quarter: str) -> datetime:
    """The first moment of a quarter. Raises ValueError for a malformed quarter."""
    written = _WRITTEN.fullmatch(quarter)
    if written is None:
        raise ValueError(f"a quarter is written like 2026Q4, not {quarter!r}")
    return datetime(int(written[1]), 3 * int(written[2]) - 2, 1, tzinfo=LEGAL_TIME)


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
