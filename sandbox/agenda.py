"""A queue that releases each item at its time."""

from __future__ import annotations

import heapq
import itertools
import threading
from datetime import datetime
from typing import Generic, TypeVar

from chassis import clock

T = TypeVar("T")


class Agenda(Generic[T]):
    """Items, each due at its time, shared by threads that add and threads that process."""

    def __init__(self) -> None:
        self._entries: list[tuple[datetime, int, T]] = []
        self._order = itertools.count()
        self._changed = threading.Condition()
        self._closed = False

    def add(self, due: datetime, item: T) -> None:
        """Release `item` at `due`, or as soon afterwards as a thread takes it."""
        with self._changed:
            heapq.heappush(self._entries, (due, next(self._order), item))
            self._changed.notify()

    def take(self) -> T | None:
        """Wait for the item that is due first and return it; None once the agenda is closed."""
        with self._changed:
            while not self._closed:
                left = (self._entries[0][0] - clock.now()).total_seconds() if self._entries else None
                if left is not None and left <= 0:
                    return heapq.heappop(self._entries)[2]
                self._changed.wait(left)
            return None

    def close(self) -> None:
        """Release nothing more."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
