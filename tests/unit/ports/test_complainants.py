"""Two surrogates are one person if complaints connect them, directly or through others."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from services.ports.policy.complainants import DistinctComplainants
from services.ports.policy.evidence import Evidence
from tests.unit.ports.builders import complaint


def how_many(*complaints: Evidence) -> int:
    people = DistinctComplainants(complaints)
    return len({people.of(each) for each in complaints})


def test_unconnected_surrogates_are_different_people() -> None:
    assert how_many(complaint("a"), complaint("b"), complaint("c")) == 3


def test_the_same_surrogate_is_the_same_person() -> None:
    assert how_many(complaint("a", by="one"), complaint("b", by="one")) == 1


def test_surrogates_of_two_quarters_are_one_person_where_a_complaint_carries_both() -> None:
    old, both, new = complaint("a", by="old"), complaint("b", by="old", also="new"), complaint("c", by="new")
    assert how_many(old, both, new) == 1
    assert how_many(old, new) == 2


def test_a_chain_of_surrogates_over_a_year_is_one_person() -> None:
    year = [complaint(f"q{n}", by=f"quarter {n}", also=f"quarter {n + 1}") for n in range(4)]
    assert how_many(*year) == how_many(*reversed(year)) == 1


def test_the_first_complaint_of_each_person_is_selected() -> None:
    rows = [complaint("a", by="old"), complaint("b", by="new", also="old"), complaint("c")]
    assert DistinctComplainants(rows).first_of_each(rows) == [rows[0], rows[2]]


links = st.lists(st.tuples(st.integers(0, 6), st.none() | st.integers(0, 6)), max_size=12)


@given(links, st.randoms())
def test_the_result_equals_that_of_colouring_connected_surrogates(
    links_drawn: list[tuple[int, int | None]], dice: random.Random
) -> None:
    rows = [complaint(f"{n}", by=str(one), also=_name(other)) for n, (one, other) in enumerate(links_drawn)]
    colour = {surrogate: surrogate for surrogate in range(7)}
    for one, other in links_drawn:
        if other is not None:
            painted, wanted = colour[other], colour[one]
            colour = {each: wanted if of == painted else of for each, of in colour.items()}
    people = DistinctComplainants(rows)
    shuffled = list(rows)
    dice.shuffle(shuffled)
    again = DistinctComplainants(shuffled)
    for n, (one, _) in enumerate(links_drawn):
        for m, (other, _) in enumerate(links_drawn):
            same = colour[one] == colour[other]
            assert (people.of(rows[n]) == people.of(rows[m])) is same
            assert (again.of(rows[n]) == again.of(rows[m])) is same


def _name(surrogate: int | None) -> str | None:
    return None if surrogate is None else str(surrogate)
