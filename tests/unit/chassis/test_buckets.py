"""A key has the same bucket in every process and every release; owners have equal shares of the buckets."""

from __future__ import annotations

from collections import Counter

from chassis.buckets import ALL, COUNT, bucket_of, share_of


def test_the_bucket_of_a_key_never_changes() -> None:
    # Stored rows contain these numbers.
    assert [bucket_of(key) for key in ("1069800012345", "CUCC:106559", "CTCC", "", "安宁")] == [8, 8, 15, 0, 14]


def test_similar_keys_are_spread_evenly_over_the_buckets() -> None:
    shares = Counter(bucket_of(f"10698000{number:05}") for number in range(16_000))
    assert sorted(shares) == list(ALL) == list(range(COUNT))
    assert min(shares.values()) > 800
    assert max(shares.values()) < 1_200


def test_the_shares_of_all_owners_are_all_buckets_and_differ_by_one_at_most() -> None:
    for owners in range(1, 2 * COUNT):
        shares = [share_of(rank, owners) for rank in range(owners)]
        assert sum(shares) == COUNT
        assert max(shares) - min(shares) <= 1
