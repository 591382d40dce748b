"""What a command checks before it acts on an aggregate: found, visible, then the version."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple
from uuid import UUID

import pytest

from chassis.aggregate import Aggregate, NotFoundError
from chassis.ids import new_id
from chassis.stored import UnreadableRowError, of_row
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


def loading(*found: Aggregate) -> Callable[[Sequence[UUID]], Sequence[Aggregate]]:
    """A store with these aggregates."""
    return lambda ids: [each for each in found if each.id in ids]


class Row(NamedTuple):
    """A row that lacks the version."""

    id: UUID
    carrier: str


def loading_what_cannot_be_read(ids: Sequence[UUID]) -> Sequence[Aggregate]:
    """A store whose row cannot be read."""
    return [of_row(lambda row: Aggregate(id=row.id, version=row.version))(Row(ids[0], "CMCC"))]


def test_a_visible_aggregate_at_the_version_that_was_read_is_returned() -> None:
    found = Aggregate(id=TARGET.id, version=3)
    assert TARGET.require(loading(found), lambda each: each is found) is found


def test_a_missing_aggregate_is_not_found() -> None:
    with pytest.raises(NotFoundError):
        TARGET.require(loading(), lambda _: True)


@pytest.mark.parametrize("version", [3, 4])
def test_an_invisible_aggregate_is_not_found_whatever_its_version(version: int) -> None:
    with pytest.raises(NotFoundError):
        TARGET.require(loading(Aggregate(id=TARGET.id, version=version)), lambda _: False)


def test_a_visible_aggregate_at_another_version_is_refused() -> None:
    with pytest.raises(OtherVersion):
        TARGET.require(loading(Aggregate(id=TARGET.id, version=4)), lambda _: True)


def test_a_visible_row_that_cannot_be_read_is_reported_with_its_id() -> None:
    with pytest.raises(UnreadableRowError) as error:
        TARGET.require(loading_what_cannot_be_read, lambda each: each.carrier == "CMCC")  # type: ignore[attr-defined]
    assert (error.value.key, error.value.reason) == (str(TARGET.id), "AttributeError")


def test_an_invisible_row_that_cannot_be_read_is_not_found() -> None:
    with pytest.raises(NotFoundError):
        TARGET.require(loading_what_cannot_be_read, lambda each: each.carrier == "CUCC")  # type: ignore[attr-defined]


def test_a_row_whose_visibility_cannot_be_read_is_reported() -> None:
    with pytest.raises(UnreadableRowError):
        TARGET.require(loading_what_cannot_be_read, lambda each: each.version > 0)
