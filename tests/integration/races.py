"""Concurrent calls, and calls that are retried until they succeed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from chassis.database import is_transient
from chassis.events.envelope import Message


def again(act: Callable[[], object]) -> int:
    """Call `act` until it succeeds, as workers and clients do; return the number of transient failures before."""
    for failures in range(100):
        try:
            act()
        except Exception as error:
            if not is_transient(error):
                raise
        else:
            return failures
    raise AssertionError("never succeeded")


def all_at_once(*acts: Callable[[], object]) -> list[Any]:
    """Run `acts` in threads that start together; raise again what one of them raises."""
    barrier = threading.Barrier(len(acts))

    def begin(act: Callable[[], object]) -> object:
        barrier.wait()
        return act()

    with ThreadPoolExecutor(len(acts)) as threads:
        return [each.result() for each in [threads.submit(begin, act) for act in acts]]


def in_batches(consume: Callable[..., object], messages: Sequence[Message[Any]], batch: int) -> int:
    """Consume all messages in batches of this size, each until it succeeds; return the number of transient failures."""
    return sum(
        again(lambda begin=begin: consume(*messages[begin : begin + batch]))  # type: ignore[misc]
        for begin in range(0, len(messages), batch)
    )
