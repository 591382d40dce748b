"""What a command checks before it acts on an aggregate: found, visible, then the version."""

from __future__ import annotations

import pytest

from chassis.aggregate import Aggregate, NotFoundError
from chassis.ids import new_id
from chassis.target import Target


class Staff:
    subject = "a person"
    organisation = "regulator:MIIT"


class OtherVersion(Exception):
    """The caller has read another version."""


def check(version: int) -> None:
    """The caller has read version 3."""
    if version != 3:
        raise OtherVersion


TARGET = Target(new_id(), None, Staff(), check)


def test_a_visible_aggregate_at_the_version_that_was_read_is_returned() -> None:
    found = Aggregate(id=TARGET.id, version=3)
    assert TARGET.require([found], lambda each: each is found) is found


def test_a_missing_aggregate_is_not_found() -> None:
    nothing: list[Aggregate] = []
    with pytest.raises(NotFoundError):
        TARGET.require(nothing, lambda _: True)


@pytest.mark.parametrize("version", [3, 4])
def test_an_invisible_aggregate_is_not_found_whatever_its_version(version: int) -> None:
    with pytest.raises(NotFoundError):
        TARGET.require([Aggregate(id=TARGET.id, version=version)], lambda _: False)


def test_a_visible_aggregate_at_another_version_is_refused() -> None:
    with pytest.raises(OtherVersion):
        TARGET.require([Aggregate(id=TARGET.id, version=4)], lambda _: True)
