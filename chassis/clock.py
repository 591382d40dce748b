"""The one source of time for everything that decides.

Services and tests ask `now()`. A test sets it in its own process with `frozen` or `shifted`; nothing is shared
between processes. Tokens, TLS and leases use real time and must not come here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

_read: Callable[[], datetime] = lambda: datetime.now(UTC)  # noqa: E731 - rebound as a whole by the two below


def now() -> datetime:
    """The current time, aware, in UTC."""
    return _read()


@contextmanager
def frozen(at: datetime) -> Iterator[None]:
    """Let the clock of this process stand at `at` (aware) for the length of the block."""
    with _reading(lambda: at.astimezone(UTC)):
        yield


@contextmanager
def shifted(by: timedelta) -> Iterator[None]:
    """Let the clock of this process run `by` ahead (or behind, when negative) for the length of the block."""
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
