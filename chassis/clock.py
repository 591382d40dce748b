"""The one source of time for every decision.

Services and tests call `now()`. A test sets the clock of its own process with `frozen` or `shifted`; processes share no
clock. Tokens, TLS and leases use real time, not this module.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

_read: Callable[[], datetime] = lambda: datetime.now(UTC)  # noqa: E731 - rebound by the two functions below


def now() -> datetime:
    """The current time, aware, in UTC."""
    return _read()


@contextmanager
def frozen(at: datetime) -> Iterator[None]:
    """Stop the clock of this process at `at` (aware) for the duration of the block."""
    with _reading(lambda: at.astimezone(UTC)):
        yield


@contextmanager
def shifted(by: timedelta) -> Iterator[None]:
    """Run the clock of this process ahead by `by` (behind, when negative) for the duration of the block."""
    with _reading(lambda: datetime.now(UTC) + by):
        yield


@contextmanager
def _reading(read: Callable[[], datetime]) -> Iterator[None]:
    global _read  # noqa: PLW0603 - the one process-wide clock
    before, _read = _read, read
    try:
        yield
    finally:
        _read = before
