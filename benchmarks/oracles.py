"""`oracle_channel`, `oracle_staff`: whether the duration of a POST shows that a complainant has complained before."""

from __future__ import annotations

import math
import random
import time
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from typing import Any

import httpx2

from benchmarks.load import complaint
from benchmarks.results import Result
from benchmarks.testbed import STAFF, Testbed

PAIRS = 2_000
_NUMBERS = 900


def measure(testbed: Testbed) -> list[Result]:
    """The AUC of the durations of repeated complaints against those of new ones, over alternating pairs on one
    connection, for another channel than the one that filed them and for staff. The figure is its distance from 0.5 in
    units of the half of its 95 % interval: at most 1 where the interval contains 0.5. No worker runs, because its work
    would add noise."""
    with testbed.only_workers_of():
        results = [
            Result.alone("oracle_channel", _distance(testbed, "channel:sms", "sms"), "half-widths"),
            Result.alone("oracle_staff", _distance(testbed, STAFF, "staff"), "half-widths"),
        ]
    testbed.settle()
    return results


def _distance(testbed: Testbed, org: str, channel: str) -> float:
    with testbed.client("complaints", "channel:app") as first, testbed.client("complaints", org) as second:
        known = [complaint(f"10690666{number % _NUMBERS:04d}") for number in range(PAIRS)]
        for each in known:
            _duration(first, each)
        repeated, new = _paired(second, channel, known)
    area = auc(repeated, new)
    half = 1.96 * math.sqrt((len(repeated) + len(new) + 1) / (12 * len(repeated) * len(new)))
    print(f"  {channel}: AUC {area:.4f}, 95 % interval of ± {half:.4f}")
    return abs(area - 0.5) / half


def _paired(http: httpx2.Client, channel: str, known: Sequence[dict[str, Any]]) -> tuple[list[float], list[float]]:
    """The durations of complaints that another channel has filed before, and of new ones: a pair each time, in an order
    by chance."""
    taken: tuple[list[float], list[float]] = ([], [])
    chance = random.Random(1)
    for each in known:
        fresh = complaint(each["sender_number"])
        for place in chance.sample((0, 1), 2):
            taken[place].append(_duration(http, {**(each, fresh)[place], "channel": channel}))
    return taken


def _duration(http: httpx2.Client, body: dict[str, Any]) -> float:
    began = time.perf_counter()
    answer = http.post("/complaints", json=body)
    duration = time.perf_counter() - began
    if answer.status_code != 201:
        raise RuntimeError(f"expected 201: {answer.status_code} {answer.text}")
    return duration


def auc(ones: Sequence[float], others: Sequence[float]) -> float:
    """The probability that a value of `ones` is above one of `others` (Mann-Whitney); equal values count half."""
    return sum(_greater(ones, others)) / (len(ones) * len(others))


def _greater(ones: Sequence[float], others: Sequence[float]) -> Iterator[float]:
    below = sorted(others)
    for each in ones:
        yield (bisect_left(below, each) + bisect_right(below, each)) / 2
