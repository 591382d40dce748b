"""Owners of one kind of work divide its buckets evenly, and no bucket has two owners."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import psycopg
import pytest
import sqlalchemy as sa

from chassis.buckets import ALL, COUNT, Ownership, share_of
from tests.integration.events.depot import Depot

WORK = "sweep:work"


@contextmanager
def owners_of(url: str, count: int) -> Iterator[list[Ownership]]:
    """Owners that have not claimed anything yet."""
    with ExitStack() as stack:
        yield [stack.enter_context(Ownership(url, WORK)) for _ in range(count)]


def claim_in_turn(owners: list[Ownership]) -> None:
    """Every owner claims, as often as is needed after a change: to be counted, to release, to lock what is released."""
    for _ in range(3):
        for each in owners:
            each.claim()
            no_bucket_has_two_owners(owners)
    settled = [each.owned for each in owners]
    for each in owners:
        each.claim()
    assert [each.owned for each in owners] == settled


def no_bucket_has_two_owners(owners: list[Ownership]) -> None:
    buckets = [bucket for each in owners for bucket in each.owned]
    assert len(buckets) == len(set(buckets))


def sizes(owners: list[Ownership]) -> list[int]:
    """How many buckets each owner has, the most first; together they have all."""
    assert sorted(bucket for each in owners for bucket in each.owned) == list(ALL)
    return sorted((len(each.owned) for each in owners), reverse=True)


@pytest.mark.parametrize("count", [1, 2, 3, 16, 17])
def test_owners_have_equal_shares(depot: Depot, count: int) -> None:
    with owners_of(depot.url, count) as owners:
        claim_in_turn(owners)
        assert sizes(owners) == [share_of(rank, count) for rank in range(count)]


def test_an_owner_that_joins_gets_its_share_and_the_others_keep_the_rest_of_theirs(depot: Depot) -> None:
    with owners_of(depot.url, 3) as owners:
        for count in (1, 2, 3):
            before = [each.owned for each in owners[: count - 1]]
            claim_in_turn(owners[:count])
            assert sizes(owners[:count]) == [share_of(rank, count) for rank in range(count)]
            assert all(each.owned < had for each, had in zip(owners, before, strict=False))


def test_the_buckets_of_an_owner_that_dies_are_taken_at_the_next_claim(depot: Depot) -> None:
    with owners_of(depot.url, 3) as owners:
        claim_in_turn(owners)
        first, second, dead = owners
        kept = first.owned, second.owned
        terminate(depot, dead)
        first.claim()
        second.claim()
        assert sizes([first, second]) == [8, 8]
        assert first.owned > kept[0]
        assert second.owned > kept[1]
        # It notices, and returns as a new owner.
        with pytest.raises(psycopg.OperationalError):
            dead.claim()
        assert dead.owned == frozenset()
        claim_in_turn(owners)
        assert sizes(owners) == [6, 5, 5]


def terminate(depot: Depot, owner: Ownership) -> None:
    """End the session of an owner that has buckets, as the death of its process does."""
    (bucket, *_) = owner.owned
    with depot.database.begin() as tx:
        ended = tx.execute(
            sa.text(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_locks JOIN pg_database ON oid = database"
                " WHERE locktype = 'advisory' AND datname = current_database() AND objid = :bucket"
            ),
            {"bucket": bucket},
        )
        assert ended.scalars().all() == [True]


def test_a_bucket_in_which_something_is_in_progress_is_kept_until_it_is_done(depot: Depot) -> None:
    with owners_of(depot.url, 2) as owners:
        first, second = owners
        first.claim()
        second.claim()
        busy = set(ALL[:12])
        assert set(first.claim(busy)) == busy
        assert set(second.claim()) == set(ALL) - busy
        first.claim(busy={0, 1})
        second.claim()
        assert first.owned >= {0, 1}
        assert sizes(owners) == [8, 8]


def test_owners_of_other_work_and_of_another_database_do_not_count(new_depot: Callable[[], Depot]) -> None:
    here, there = new_depot(), new_depot()
    with (
        Ownership(here.url, WORK) as mine,
        Ownership(here.url, "relay") as other_work,
        Ownership(there.url, WORK) as other_database,
    ):
        for _ in range(2):
            assert [len(each.claim()) for each in (mine, other_work, other_database)] == [COUNT] * 3
