"""Rates: how many requests one client or one address may send, as rules of a service, and what each has used.

The algorithm is GCRA, the generic cell rate algorithm: one number per client, the time at which everything that it has
used will be available again. All of a quota may be used at once; then it is available again at a steady rate.
"""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar, NamedTuple

from chassis.rules import Rule

MOST_KEYS = 100_000
"""The maximum of clients and addresses that are remembered; about a hundred bytes each. Beyond, the one that was seen
longest ago is forgotten: its quota is whole again."""


class Rate(Rule, frozen=True, kw_only=True):
    """How many requests within `window` one address may send that no accepted token names a client of."""

    per_address: int
    window: timedelta


class ClientRate(Rate, frozen=True, kw_only=True):
    """How many requests within `window` one client may send, and one address without an accepted token."""

    per_client: int


class ImportRate(ClientRate, frozen=True, kw_only=True):
    """How many files one client may send."""

    code: ClassVar[str] = "rate.imports"


class ReplyRate(Rate, frozen=True, kw_only=True):
    """How many replies, and reads with a reply code, may come from one address."""

    code: ClassVar[str] = "rate.replies"


class Quota(NamedTuple):
    """A number of requests within a window of so many seconds."""

    name: str
    requests: int
    seconds: float

    @classmethod
    def per_client(cls, rate: ClientRate) -> Quota:
        """The quota of one client."""
        return cls(f"{rate.code}.client", rate.per_client, rate.window.total_seconds())

    @classmethod
    def per_address(cls, rate: Rate) -> Quota:
        """The quota of one address."""
        return cls(f"{rate.code}.address", rate.per_address, rate.window.total_seconds())


class Standing(NamedTuple):
    """What is left of a quota after a request, and in how many seconds all of it is available again. `wait` is 0 for a
    request that is admitted, otherwise the seconds until the next one is."""

    quota: Quota
    remaining: int
    reset: float
    wait: float = 0.0


class Usage:
    """What has been used of quotas, in the memory of this process. For one thread."""

    def __init__(self, most_keys: int = MOST_KEYS) -> None:
        self._whole_at: dict[tuple[str, str], float] = {}
        self._most_keys = most_keys

    def take(self, quota: Quota, key: str, now: float) -> Standing:
        """Take one request from the quota of `key`, unless none is left. `now` is in seconds of a monotonic clock."""
        place = (quota.name, key)
        # Removed and set again, so that the first key is the one that was seen longest ago.
        whole_at = max(self._whole_at.pop(place, now), now)
        interval = quota.seconds / quota.requests
        then = whole_at + interval
        wait = then - now - quota.seconds
        # Sums of intervals are not exact: half a microsecond is no request.
        if wait > 1e-6:
            self._whole_at[place] = whole_at
            return Standing(quota, 0, whole_at - now, wait)
        if len(self._whole_at) >= self._most_keys:
            del self._whole_at[next(iter(self._whole_at))]
        self._whole_at[place] = then
        return Standing(quota, int((1e-6 - wait) / interval), then - now)
