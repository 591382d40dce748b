"""Identifiers increase with time, so that new rows are at the end of an index."""

from __future__ import annotations

from uuid import UUID

from chassis.ids import new_id


def test_identifiers_are_uuids_of_version_seven() -> None:
    identifier = new_id()
    assert type(identifier) is UUID
    assert identifier.version == 7


def test_later_identifiers_sort_after_earlier_ones() -> None:
    made = [new_id() for _ in range(10_000)]
    assert made == sorted(made)
    assert len(set(made)) == len(made)
