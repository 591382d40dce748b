"""Two complaints are of one person if their surrogates meet, directly or through others."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from services.ports.policy.evidence import Evidence
from services.ports.policy.people import People
from tests.unit.ports.builders import complaint


def how_many(*complaints: Evidence) -> int:
    people = People(complaints)
    return len({people.of(each) for each in complaints})


def test_everybody_is_somebody_of_their_own_until_something_says_otherwise() -> None:
    assert how_many(complaint("a"), complaint("b"), complaint("c")) == 3


def test_the_same_surrogate_is_the_same_person() -> None:
    assert how_many(complaint("a", by="one"), complaint("b", by="one")) == 1


def test_a_surrogate_of_this_quarter_and_one_of_the_next_are_one_person_where_a_complaint_bears_both() -> None:
    old, both, new = complaint("a", by="old"), complaint("b", by="old", also="new"), complaint("c", by="new")
    assert how_many(old, both, new) == 1
    assert how_many(old, new) == 2


def test_a_year_of_changes_is_one_person_all_along() -> None:
    year = [complaint(f"q{n}", by=f"quarter {n}", also=f"quarter {n + 1}") for n in range(4)]
    assert how_many(*year) == how_many(*reversed(year)) == 1


def test_the_first_complaint_of_each_person_speaks_for_them() -> None:
    rows = [complaint("a", by="old"), complaint("b", by="new", also="old"), complaint("c")]
    assert People(rows).first_of_each(rows) == [rows[0], rows[2]]


links = st.lists(st.tuples(st.integers(0, 6), st.none() | st.integers(0, 6)), max_size=12)


@given(links, st.randoms())
def test_it_is_the_same_as_painting_what_touches_in_one_colour(
    said: list[tuple[int, int | None]], dice: random.Random
) -> None:
    rows = [complaint(f"{n}", by=str(one), also=_name(other)) for n, (one, other) in enumerate(said)]
    colour = {surrogate: surrogate for surrogate in range(7)}
    for one, other in said:
        if other is not None:
            painted, wanted = colour[other], colour[one]
            colour = {each: wanted if of == painted else of for each, of in colour.items()}
    people = People(rows)
    shuffled = list(rows)
    dice.shuffle(shuffled)
    again = People(shuffled)
    for n, (one, _) in enumerate(said):
        for m, (other, _) in enumerate(said):
            same = colour[one] == colour[other]
            assert (people.of(rows[n]) == people.of(rows[m])) is same
            assert (again.of(rows[n]) == again.of(rows[m])) is same


def _name(surrogate: int | None) -> str | None:
    return None if surrogate is None else str(surrogate)
