"""A standing is all restrictions there are, told whenever it changes and only then."""

from __future__ import annotations

from contracts.credit import StandingChanged
from tests.unit.credit.builders import BECAUSE, SHOP, listed, unlisted


def test_it_is_told_when_restrictions_begin_and_when_they_end() -> None:
    standing, restriction = unlisted(), listed().restriction()
    assert standing.restate([restriction], BECAUSE)
    assert standing.restate([], BECAUSE)
    assert [each.event for each in standing.recorded] == [
        StandingChanged(code=SHOP, restrictions=(restriction,)),
        StandingChanged(code=SHOP, restrictions=()),
    ]
    assert [each.version for each in standing.recorded] == [1, 2]


def test_what_does_not_change_is_not_told() -> None:
    standing = unlisted()
    assert not standing.restate([], BECAUSE)
    first, second = listed().restriction(), listed().restriction()
    assert standing.restate([first, second], BECAUSE)
    assert not standing.restate([second, first], BECAUSE)
    assert standing.version == 1


def test_of_several_restrictions_those_that_stay_stay() -> None:
    standing = unlisted()
    first, second = listed().restriction(), listed().restriction()
    standing.restate([first, second], BECAUSE)
    standing.restate([second], BECAUSE)
    assert standing.restrictions == (second,)


def test_its_facts_are_ordered_by_the_credit_code() -> None:
    standing = unlisted()
    standing.restate([listed().restriction()], BECAUSE)
    event = standing.recorded[0].event
    assert (event.aggregate_id, event.key) == (SHOP, SHOP)
