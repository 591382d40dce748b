"""A standing is all restrictions of an enterprise, published whenever it changes and only then."""

from __future__ import annotations

from contracts.credit import StandingChanged
from tests.unit.credit.builders import BECAUSE, SHOP, listed, unlisted


def test_a_standing_is_published_when_restrictions_begin_and_when_they_end() -> None:
    standing, restriction = unlisted(), listed().restriction()
    assert standing.restate([restriction], BECAUSE)
    assert standing.restate([], BECAUSE)
    assert [each.event for each in standing.recorded] == [
        StandingChanged(code=SHOP, restrictions=(restriction,)),
        StandingChanged(code=SHOP, restrictions=()),
    ]
    assert [each.version for each in standing.recorded] == [1, 2]


def test_an_unchanged_standing_is_not_published() -> None:
    standing = unlisted()
    assert not standing.restate([], BECAUSE)
    first, second = listed().restriction(), listed().restriction()
    assert standing.restate([first, second], BECAUSE)
    assert not standing.restate([second, first], BECAUSE)
    assert standing.version == 1


def test_the_end_of_one_restriction_leaves_the_others() -> None:
    standing = unlisted()
    first, second = listed().restriction(), listed().restriction()
    standing.restate([first, second], BECAUSE)
    standing.restate([second], BECAUSE)
    assert standing.restrictions == (second,)


def test_facts_about_a_standing_are_ordered_by_the_credit_code() -> None:
    standing = unlisted()
    standing.restate([listed().restriction()], BECAUSE)
    event = standing.recorded[0].event
    assert (event.aggregate_id, event.key) == (SHOP, SHOP)
