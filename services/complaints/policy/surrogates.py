"""Under which surrogates a complainant is told outside: a random one per person, another one every quarter."""

from __future__ import annotations

from datetime import datetime, timedelta

from chassis.quarters import begin_of, end_of, following, preceding, quarter_of


def quarters_told(received_at: datetime, overlap: timedelta) -> tuple[str, ...]:
    """The quarters under whose surrogates the complainant of a complaint received at that moment is told: its own,
    and then, within `overlap` of a change of quarters, the one beyond the change.

    So whoever complains twice within twice the overlap is seen to be one person, whatever lies between.
    """
    quarter = quarter_of(received_at)
    if received_at < begin_of(quarter) + overlap:
        return quarter, preceding(quarter)
    if received_at >= end_of(quarter) - overlap:
        return quarter, following(quarter)
    return (quarter,)
