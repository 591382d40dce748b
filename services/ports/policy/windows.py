"""Spans of time in which enough different people complained."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, TypeVar
from uuid import UUID


class Complained(Protocol):
    """What a window looks at: who complained, of a message sent when."""

    @property
    def complaint(self) -> UUID: ...
    @property
    def complainant(self) -> UUID: ...
    @property
    def sent_at(self) -> datetime: ...


C = TypeVar("C", bound=Complained)


@dataclass(frozen=True, slots=True)
class Bar:
    """How many different complainants within one span of `window` are enough. Each counts once."""

    complainants: int
    window: timedelta


def span_around(trigger: C, complaints: Sequence[C], bar: Bar) -> list[C] | None:
    """The complaints of one span of the bar's length that holds `trigger` and reaches the bar; None if none does.

    `complaints` are sorted by `sent_at` and include `trigger`. A span holds what was sent at most its length apart;
    of several that reach the bar it is the one that begins first.
    """
    start = bisect_left(complaints, trigger.sent_at - bar.window, key=_sent)
    end = bisect_right(complaints, trigger.sent_at + bar.window, key=_sent)
    near = complaints[start:end]
    people = Counter[UUID]()
    last = 0
    for first, each in enumerate(near):
        if each.sent_at > trigger.sent_at:
            break
        while last < len(near) and near[last].sent_at - each.sent_at <= bar.window:
            people[near[last].complainant] += 1
            last += 1
        if len(people) >= bar.complainants:
            return list(near[first:last])
        people[each.complainant] -= 1
        if not people[each.complainant]:
            del people[each.complainant]
    return None


def first_to_reach(
    before: Sequence[C], arrivals: Sequence[C], bar_of: Callable[[C], Bar | None]
) -> tuple[int, list[C]] | None:
    """Which arrival, in the order of arriving, is the first to complete a span, and that span.

    Looks at each arrival with what was there before it and nothing else, so that it makes no difference whether
    complaints are heard one by one or in batches. `bar_of` gives the bar by which an arrival is judged; None: no
    rule was in force.
    """
    bars = [bar_of(each) for each in arrivals]
    lowest = min((bar.complainants for bar in bars if bar is not None), default=None)
    # Most numbers never have enough complainants at all; for those no span need be looked at.
    if lowest is None or len({each.complainant for each in (*before, *arrivals)}) < lowest:
        return None
    seen = sorted(before, key=_place)
    for index, (each, bar) in enumerate(zip(arrivals, bars, strict=True)):
        insort(seen, each, key=_place)
        if bar is not None and (span := span_around(each, seen, bar)) is not None:
            return index, span
    return None


def _sent(each: Complained) -> datetime:
    return each.sent_at


def _place(each: Complained) -> tuple[datetime, UUID]:
    """Where it stands among all others, in whatever order they were heard."""
    return each.sent_at, each.complaint
