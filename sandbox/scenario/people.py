"""The complainants: their numbers and provinces, which of them complain about a number, and how."""

from __future__ import annotations

import random

from contracts.channels import CHANNELS
from contracts.provinces import PROVINCES
from sandbox.scenario import messages

NUMBERS = "154########"
"""An unassigned range of mobile numbers."""
SURE = 6
"""The minimum of complaints by distinct, vouched people about a number with consequences."""

VOUCHED = tuple(code for code, channel in CHANNELS.items() if channel.vouched)
UNVOUCHED = tuple(code for code, channel in CHANNELS.items() if not (channel.vouched or channel.of_staff))

_AGAIN = 0.1
_BY_VOUCHED = 0.85

Person = tuple[str, str]
"""A number and the province of its owner."""


class Population:
    """A population; some provinces have many people, most have few. Their `numbers` are unique."""

    def __init__(self, count: int, draw: random.Random) -> None:
        self._draw = draw
        provinces = list(PROVINCES)
        weights = [1 / (1 + place) for place in range(len(provinces))]
        draw.shuffle(provinces)
        # In the order of drawing: the order of a set would differ between processes.
        numbers: dict[str, str] = {}
        while len(numbers) < count:
            numbers[messages.scrambled(NUMBERS, draw)] = draw.choices(provinces, weights)[0]
        self._people: list[Person] = list(numbers.items())
        self.numbers = numbers.keys()

    def one(self) -> Person:
        """Any of them."""
        return self._draw.choice(self._people)

    def several(self, count: int) -> list[Person]:
        """The complainants of one number: distinct people; some of them complain again."""
        people = self._draw.sample(self._people, count)
        again = [self._draw.random() < _AGAIN and place >= SURE for place in range(count)]
        return [self._draw.choice(people[:place]) if again[place] else people[place] for place in range(count)]

    def channel(self, place: int) -> str:
        """How the complaint at that index (from 0) of a number arrived.

        The first ones come through different channels in turn: an order takes complaints of two.
        """
        if place < SURE:
            return self._draw.choice(VOUCHED[place % 2 :: 2])
        return self._draw.choice(VOUCHED if self._draw.random() < _BY_VOUCHED else UNVOUCHED)
