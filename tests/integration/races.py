"""Acts that meet: at once, and until they succeed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from chassis.database import is_transient
from chassis.events.envelope import Message


def again(act: Callable[[], object]) -> int:
    """Do it until it succeeds, as workers and clients do; returns how often it was refused in passing."""
    for refused in range(100):
        try:
            act()
        except Exception as error:
            if not is_transient(error):
                raise
        else:
            return refused
    raise AssertionError("never succeeded")


def all_at_once(*acts: Callable[[], object]) -> list[Any]:
    """Run these in threads that begin together; what one raises is raised here."""
    barrier = threading.Barrier(len(acts))

    def begin(act: Callable[[], object]) -> object:
        barrier.wait()
        return act()

    with ThreadPoolExecutor(len(acts)) as threads:
        return [each.result() for each in [threads.submit(begin, act) for act in acts]]


def in_batches(hear: Callable[..., object], messages: Sequence[Message[Any]], batch: int) -> int:
    """Hear all messages, so many at a time, each batch until it succeeds; returns how often one was refused."""
    return sum(
        again(lambda begin=begin: hear(*messages[begin : begin + batch]))  # type: ignore[misc]
        for begin in range(0, len(messages), batch)
    )
