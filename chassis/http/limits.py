"""The limits of routes: how many requests a client may send, by a rate in the service's rules.

A route declares its limit: `@limited(RULES, ComplaintRate)`. A request counts for the client whose token it has;
without an accepted token, and on a public route, for its address. Each response states what is left of the quota
(draft-ietf-httpapi-ratelimit-headers-10), and a refusal states when to repeat the request.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from math import ceil
from typing import Any, TypeVar

from starlette.requests import Request

from chassis import clock
from chassis.http.auth import caller_of
from chassis.http.client_address import client_address, site_of
from chassis.http.problems import KeysUnavailable, Problem, Unauthenticated
from chassis.rates import ClientRate, Quota, Rate, Standing, Usage
from chassis.rules import Rulebook

F = TypeVar("F", bound=Callable[..., Any])


class TooManyRequests(Problem):
    slug = "too-many-requests"
    status = 429
    title = "Too many requests"
    description = (
        "The client, or its address where the request has no accepted token, has used its quota on this route. The"
        " request was not applied. Repeat it after the seconds in Retry-After; RateLimit-Policy states the quota and"
        " RateLimit what is left of it. Files of many records have routes of their own."
    )

    def __init__(self, wait: float) -> None:
        """`wait`: the seconds until the next request is admitted."""
        super().__init__(headers={"Retry-After": str(ceil(wait))})


@dataclass(frozen=True, slots=True)
class Limit:
    """The limit of a route: a rate of these rules."""

    rules: Rulebook
    rate: type[Rate]

    async def admit(self, request: Request) -> None:
        """Count a request before its body is read. Raises TooManyRequests."""
        quota, key = await _counted_for(request, self.rules.at(self.rate, clock.now()))
        usage: Usage = request.app.state.usage
        standing = usage.take(quota, key, time.monotonic())
        request.state.limit_headers = headers_of(standing)
        if standing.wait:
            raise TooManyRequests(standing.wait)


def limited(rules: Rulebook, rate: type[Rate]) -> Callable[[F], F]:
    """Declare the limit of a route, below the route's own decorator."""

    def declare(endpoint: F) -> F:
        endpoint.__anning_limit__ = Limit(rules, rate)  # type: ignore[attr-defined]
        return endpoint

    return declare


def limit_of(endpoint: Callable[..., Any] | None) -> Limit | None:
    """The limit of a route with this endpoint; None where it has none."""
    limit: Limit | None = getattr(endpoint, "__anning_limit__", None)
    return limit


def headers_of(standing: Standing) -> tuple[tuple[bytes, bytes], ...]:
    """The headers that state a quota and what is left of it."""
    quota, left, reset, _ = standing
    return (
        (b"ratelimit-policy", f'"{quota.name}";q={quota.requests};w={quota.seconds:.0f}'.encode()),
        (b"ratelimit", f'"{quota.name}";r={left};t={ceil(reset)}'.encode()),
    )


async def _counted_for(request: Request, rate: Rate) -> tuple[Quota, str]:
    """The quota that a request uses, and whose it is."""
    if isinstance(rate, ClientRate):
        with suppress(Unauthenticated, KeysUnavailable):
            caller = await caller_of(request)
            return Quota.per_client(rate), f"{caller.organisation} {caller.subject}"
    return Quota.per_address(rate), site_of(client_address(request.scope, request.app.state.proxies))
