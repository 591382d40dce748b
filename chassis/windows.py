"""Windows: spans of time with enough distinct sources, such as complainants."""

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
    """A span of `length`. `at` is the moment of an item, `who` its source; several items of one source count once."""

    length: timedelta
    at: Callable[[T], datetime]
    who: Callable[[T], Hashable]

    def around(
        self, trigger: T, seen: Sequence[T], enough: int, accepts: Callable[[Sequence[T]], bool] = lambda _: True
    ) -> list[T] | None:
        """The items of the first span with `trigger` and `enough` distinct sources that is accepted; None without such
        a span.

        `seen` is sorted by moment and includes `trigger`. The items of a span are at most its length apart. Items that
        are accepted are still accepted with more beside them.
        """
        moment = self.at(trigger)
        start = bisect_left(seen, moment - self.length, key=self.at)
        end = bisect_right(seen, moment + self.length, key=self.at)
        near = seen[start:end]
        if not accepts(near):
            return None
        within = Counter[Hashable]()
        last = 0
        for first, each in enumerate(near):
            begins = self.at(each)
            if begins > moment:
                break
            while last < len(near) and self.at(near[last]) - begins <= self.length:
                within[self.who(near[last])] += 1
                last += 1
            if len(within) >= enough and accepts(near[first:last]):
                return list(near[first:last])
            who = self.who(each)
            within[who] -= 1
            if not within[who]:
                del within[who]
        return None
