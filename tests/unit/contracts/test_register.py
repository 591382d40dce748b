"""What was on record at a moment, over generated histories of a port."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from chassis.aggregate import Cause
from contracts.register import declared_for, on_record_at, on_record_since, on_record_until
from services.ports.model import FilingContent, Port, PortFiling

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
HORIZON = 60
"""In days."""
CONTENT = FilingContent(
    holder="91440300MA5EXAMP0A",
    holder_name="某通信技术有限公司",
    provider="91310115MA1EXAMPLC",
    provider_name="云杉文化传播有限公司",
    signature="云杉书店",
    purpose="marketing",
    province=None,
    covers_extensions=False,
)

day = st.integers(0, HORIZON)
filed = st.lists(st.tuples(day, day, st.sampled_from([0, 2, 30])), min_size=1, max_size=6)
"""The days of recording and of the declared begin, and the grace."""


def at(of: float) -> datetime:
    return BEGIN + timedelta(days=of)


def port(history: list[tuple[int, int, int]], *, initial: bool) -> Port:
    """A port with this history, recorded in its order."""
    made = Port.unfiled("CMCC", "10690123456789", "10690123")
    for turn, (recorded, begin, grace) in enumerate(sorted(history, key=lambda each: each[0])):
        filing = PortFiling.of(
            CONTENT,
            valid_from=at(min(begin, recorded)),
            recorded_at=at(recorded),
            grace=timedelta(days=grace),
            initial=initial,
            filed_by=(),
        )
        made.declare(replace(filing, id=UUID(int=turn)), Cause.beginning("a test"))
    return made


@given(filed, day)
def test_of_an_initial_load_the_present_register_was_on_record_at_every_moment(
    history: list[tuple[int, int, int]], moment: int
) -> None:
    made = port(history, initial=True)
    assert on_record_at(made.filings, at(moment)) == made.filing_at(at(moment))
    assert declared_for(made.filings, at(moment)) == made.filing_at(at(moment))


@given(filed, day)
def test_what_is_recorded_later_than_its_grace_after_a_moment_changes_nothing_about_it(
    history: list[tuple[int, int, int]], moment: int
) -> None:
    known = [each for each in history if each[0] - each[2] <= moment]
    found = on_record_at(port(history, initial=False).filings, at(moment))
    alone = on_record_at(port(known, initial=False).filings, at(moment)) if known else None
    assert (found and (found.valid_from, found.recorded_at)) == (alone and (alone.valid_from, alone.recorded_at))


@given(filed)
def test_once_everything_is_recorded_the_present_register_is_on_record(history: list[tuple[int, int, int]]) -> None:
    made = port(history, initial=False)
    assert on_record_at(made.filings, at(HORIZON)) == made.last


@given(filed, day, st.booleans())
def test_a_filing_is_on_record_from_its_moment_until_a_later_one_is(
    history: list[tuple[int, int, int]], moment: int, initial: bool
) -> None:
    filings = port(history, initial=initial).filings
    covering = [
        each
        for each in filings
        if on_record_since(each) <= at(moment) and ((end := on_record_until(each, filings)) is None or at(moment) < end)
    ]
    found = on_record_at(filings, at(moment))
    assert covering == ([] if found is None else [found])
