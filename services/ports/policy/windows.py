"""Spans of time in which enough different people complained."""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar
from uuid import UUID

from chassis.windows import Window
from services.ports.policy.complainants import ComplainantSurrogates, DistinctComplainants


class Complained(ComplainantSurrogates, Protocol):
    """What a window needs of a complaint: its complainant, and when the message was sent."""

    @property
    def complaint(self) -> UUID: ...
    @property
    def sent_at(self) -> datetime: ...


C = TypeVar("C", bound=Complained)


@dataclass(frozen=True, slots=True)
class ComplainantThreshold:
    """How many different people have to complain of messages sent within one span of `window`. Each counts once.
    `accepts` is what else the complaints of the span must be; complaints that it accepts it accepts with more beside
    them."""

    complainants: int
    window: timedelta
    accepts: Callable[[Sequence[Any]], bool] = lambda _: True


def span_around(
    trigger: C, complaints: Sequence[C], threshold: ComplainantThreshold, people: DistinctComplainants | None = None
) -> list[C] | None:
    """The complaints of one span that contains `trigger` and reaches the threshold; None if no span does.

    `complaints` are sorted by `sent_at` and include `trigger`. `people` identifies complainants; without it these
    complaints do.
    """
    people = people or DistinctComplainants(complaints)
    window: Window[C] = Window(threshold.window, _sent_at, people.of)
    return window.around(trigger, complaints, threshold.complainants, threshold.accepts)


def first_to_reach(
    before: Sequence[C],
    arrivals: Sequence[C],
    threshold_of: Callable[[C], ComplainantThreshold | None],
    counts: Callable[[C], bool] = lambda _: True,
) -> tuple[int, list[C]] | None:
    """The index of the first arrival, in the order of arrival, that completes a span, and that span.

    Each arrival is judged by what was there before it and nothing else, so that the result does not depend on how
    complaints are batched. `threshold_of` returns the threshold for an arrival; None: no rule was in force. Complaints
    that do not count still connect surrogates.
    """
    thresholds = {index: threshold_of(each) for index, each in enumerate(arrivals) if counts(each)}
    lowest = min((each.complainants for each in thresholds.values() if each is not None), default=None)
    # Most numbers never have enough complainants; their spans need no search. There are never more people than
    # surrogates.
    if lowest is None or len({each.complainant for each in (*before, *arrivals) if counts(each)}) < lowest:
        return None
    people = DistinctComplainants(before)
    counted = sorted((each for each in before if counts(each)), key=_order)
    for index, each in enumerate(arrivals):
        people.add(each)
        if index not in thresholds:
            continue
        insort(counted, each, key=_order)
        threshold = thresholds[index]
        if threshold is not None and (span := span_around(each, counted, threshold, people)) is not None:
            return index, span
    return None


def _sent_at(each: Complained) -> datetime:
    return each.sent_at


def _order(each: Complained) -> tuple[datetime, UUID]:
    """The sort key of a complaint, independent of the order of arrival."""
    return each.sent_at, each.complaint
