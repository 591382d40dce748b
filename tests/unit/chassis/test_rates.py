"""A quota can be used at once, is available again at a steady rate, and is one of a client alone."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from hypothesis import given
from hypothesis import strategies as st

from chassis.citation import Citation
from chassis.rates import ClientRate, Quota, Usage

QUOTA = Quota("rate.fruit.client", 10, 60.0)


class FruitRate(ClientRate, frozen=True, kw_only=True):
    code: ClassVar[str] = "rate.fruit"


def test_a_quota_may_be_used_at_once_and_then_no_more() -> None:
    usage = Usage()

    standings = [usage.take(QUOTA, "a", 100.0) for _ in range(11)]

    assert [each.remaining for each in standings] == [9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 0]
    assert [each.wait for each in standings[:10]] == [0.0] * 10
    assert standings[10].wait == 6.0
    assert standings[10].reset == 60.0


def test_after_the_wait_one_request_is_admitted() -> None:
    usage = Usage()
    for _ in range(10):
        usage.take(QUOTA, "a", 100.0)
    wait = usage.take(QUOTA, "a", 100.0).wait

    assert usage.take(QUOTA, "a", 100.0 + wait).wait == 0.0
    assert usage.take(QUOTA, "a", 100.0 + wait).wait == 6.0


def test_refused_requests_use_nothing_of_the_quota() -> None:
    usage = Usage()
    for _ in range(10):
        usage.take(QUOTA, "a", 100.0)

    assert {usage.take(QUOTA, "a", 100.0).wait for _ in range(1_000)} == {6.0}


def test_an_unused_quota_does_not_grow() -> None:
    usage = Usage()
    usage.take(QUOTA, "a", 0.0)

    assert usage.take(QUOTA, "a", 1e9).remaining == 9


def test_a_client_does_not_use_the_quota_of_another_or_of_another_rate() -> None:
    usage = Usage()
    for _ in range(10):
        usage.take(QUOTA, "a", 100.0)

    assert usage.take(QUOTA, "b", 100.0).remaining == 9
    assert usage.take(QUOTA._replace(name="rate.leaves.client"), "a", 100.0).remaining == 9


@given(st.lists(st.floats(0, 30), min_size=1, max_size=300))
def test_within_any_window_at_most_two_quotas_are_admitted(pauses: list[float]) -> None:
    """One that has accumulated, and what becomes available meanwhile."""
    usage, now, admitted = Usage(), 0.0, []
    for pause in pauses:
        now += pause
        if not usage.take(QUOTA, "a", now).wait:
            admitted.append(now)

    for start in admitted:
        assert sum(start <= at < start + QUOTA.seconds for at in admitted) <= 2 * QUOTA.requests


def test_the_keys_that_are_remembered_are_limited_and_the_one_seen_longest_ago_is_forgotten() -> None:
    usage = Usage(most_keys=2)
    for key in ("a", "b", "a", "c"):
        usage.take(QUOTA, key, 0.0)

    assert usage.take(QUOTA, "a", 0.0).remaining == 7
    assert usage.take(QUOTA, "b", 0.0).remaining == 9


def test_a_rate_has_a_quota_for_each_client_and_one_for_each_address() -> None:
    citation = Citation(rule="rate.fruit", version="LAW", legal_source="none", mark="D")
    rate = FruitRate(per_client=20, per_address=5, window=timedelta(minutes=2), citation=citation)

    assert Quota.per_client(rate) == ("rate.fruit.client", 20, 120.0)
    assert Quota.per_address(rate) == ("rate.fruit.address", 5, 120.0)
