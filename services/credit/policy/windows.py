"""Spans of time in which enough different ports were shut."""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from chassis.windows import Window

Port = tuple[str, str]
"""A carrier and a number there."""


@dataclass(frozen=True, slots=True)
class ShutPort:
    """An order against a port of the enterprise that was executed, and counts."""

    order: UUID
    carrier: str
    number: str
    executed_at: datetime

    @property
    def port(self) -> Port:
        """Which port was shut."""
        return self.carrier, self.number


@dataclass(frozen=True, slots=True)
class Bar:
    """How many different ports shut within one span of `window` are enough. Each counts once."""

    orders: int
    window: timedelta


def span_around(trigger: ShutPort, shut: Sequence[ShutPort], bar: Bar) -> list[ShutPort] | None:
    """The orders of one span of the bar's length that holds `trigger` and reaches the bar; None if none does.

    `shut` is sorted by `executed_at` and includes `trigger`.
    """
    return Window(bar.window, _executed, _port).around(trigger, shut, bar.orders)


def first_to_reach(
    before: Sequence[ShutPort], arrivals: Sequence[ShutPort], bar_of: Callable[[ShutPort], Bar | None]
) -> tuple[ShutPort, list[ShutPort]] | None:
    """The arrival that, in the order of arriving, is the first to complete a span, and that span.

    Looks at each arrival with what was there before it and nothing else, so that it makes no difference whether orders
    are heard of one by one or in batches. `bar_of` gives the bar by which an arrival is judged; None: no rule was in
    force.
    """
    seen = sorted(before, key=_place)
    for each in arrivals:
        insort(seen, each, key=_place)
        bar = bar_of(each)
        if bar is not None and (span := span_around(each, seen, bar)) is not None:
            return each, span
    return None


def _executed(each: ShutPort) -> datetime:
    return each.executed_at


def _port(each: ShutPort) -> Port:
    return each.port


def _place(each: ShutPort) -> tuple[datetime, UUID]:
    """Where it stands among all others, in whatever order they were heard of."""
    return each.executed_at, each.order
