"""Windows: spans of time in which enough different ones are seen."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Window(Generic[T]):
    """A span of `length` in which each is seen `at` a moment and tells `who` it is of; of one, several count once."""

    length: timedelta
    at: Callable[[T], datetime]
    who: Callable[[T], Hashable]

    def around(self, trigger: T, seen: Sequence[T], enough: int) -> list[T] | None:
        """What was seen within one span that holds `trigger` and has `enough` different ones; None if none does.

        `seen` is sorted by moment and includes `trigger`. A span holds what is at most its length apart; of several
        that have enough it is the one that begins first.
        """
        moment = self.at(trigger)
        start = bisect_left(seen, moment - self.length, key=self.at)
        end = bisect_right(seen, moment + self.length, key=self.at)
        near = seen[start:end]
        within = Counter[Hashable]()
        last = 0
        for first, each in enumerate(near):
            begins = self.at(each)
            if begins > moment:
                break
            while last < len(near) and self.at(near[last]) - begins <= self.length:
                within[self.who(near[last])] += 1
                last += 1
            if len(within) >= enough:
                return list(near[first:last])
            who = self.who(each)
            within[who] -= 1
            if not within[who]:
                del within[who]
        return None
