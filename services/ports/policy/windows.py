"""Spans of time in which enough different people complained."""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, TypeVar
from uuid import UUID

from chassis.windows import Window
from services.ports.policy.people import People, Surrogates


class Complained(Surrogates, Protocol):
    """What a window looks at: who complained, of a message sent when."""

    @property
    def complaint(self) -> UUID: ...
    @property
    def sent_at(self) -> datetime: ...


C = TypeVar("C", bound=Complained)


@dataclass(frozen=True, slots=True)
class Bar:
    """How many different people who complain within one span of `window` are enough. Each counts once."""

    complainants: int
    window: timedelta


def span_around(trigger: C, complaints: Sequence[C], bar: Bar, people: People | None = None) -> list[C] | None:
    """The complaints of one span of the bar's length that holds `trigger` and reaches the bar; None if none does.

    `complaints` are sorted by `sent_at` and include `trigger`. `people` is who is who, where more than these complaints
    tell it.
    """
    people = people or People(complaints)
    window: Window[C] = Window(bar.window, _sent, people.of)
    return window.around(trigger, complaints, bar.complainants)


def first_to_reach(
    before: Sequence[C],
    arrivals: Sequence[C],
    bar_of: Callable[[C], Bar | None],
    counts: Callable[[C], bool] = lambda _: True,
) -> tuple[int, list[C]] | None:
    """Which arrival, in the order of arriving, is the first to complete a span, and that span.

    Looks at each arrival with what was there before it and nothing else, so that it makes no difference whether
    complaints are heard one by one or in batches. `bar_of` gives the bar by which an arrival is judged; None: no
    rule was in force. What does not count still tells who is who.
    """
    bars = {index: bar_of(each) for index, each in enumerate(arrivals) if counts(each)}
    lowest = min((bar.complainants for bar in bars.values() if bar is not None), default=None)
    # Most numbers never have enough complainants at all; for those no span need be looked at. There are no more people
    # than surrogates, whatever is learned on the way.
    if lowest is None or len({each.complainant for each in (*before, *arrivals) if counts(each)}) < lowest:
        return None
    people = People(before)
    seen = sorted((each for each in before if counts(each)), key=_place)
    for index, each in enumerate(arrivals):
        people.meet(each)
        if index not in bars:
            continue
        insort(seen, each, key=_place)
        bar = bars[index]
        if bar is not None and (span := span_around(each, seen, bar, people)) is not None:
            return index, span
    return None


def _sent(each: Complained) -> datetime:
    return each.sent_at


def _place(each: Complained) -> tuple[datetime, UUID]:
    """Where it stands among all others, in whatever order they were heard."""
    return each.sent_at, each.complaint
