"""The people who complain: their numbers and provinces, which of them complain of something, and how."""

from __future__ import annotations

import random

from contracts.channels import CHANNELS
from contracts.provinces import PROVINCES
from sandbox.scenario import messages

NUMBERS = "154########"
"""A range of mobile numbers that is given to nobody."""
SURE = 6
"""How many of the complaints that something has to follow from are by different, vouched people in any case."""

VOUCHED = tuple(code for code, channel in CHANNELS.items() if channel.vouched)
UNVOUCHED = tuple(code for code, channel in CHANNELS.items() if not channel.vouched)

_AGAIN = 0.1
_BY_VOUCHED = 0.85

Person = tuple[str, str]
"""A number and the province of whoever has it."""


class People:
    """So many people; some provinces have many of them, most have few. Their `numbers` are nobody else's."""

    def __init__(self, count: int, draw: random.Random) -> None:
        self._draw = draw
        provinces = list(PROVINCES)
        weights = [1 / (1 + place) for place in range(len(provinces))]
        draw.shuffle(provinces)
        # In the order in which they are drawn: that of a set would differ from one process to the next.
        numbers: dict[str, str] = {}
        while len(numbers) < count:
            numbers[messages.scrambled(NUMBERS, draw)] = draw.choices(provinces, weights)[0]
        self._people: list[Person] = list(numbers.items())
        self.numbers = numbers.keys()

    def one(self) -> Person:
        """Any of them."""
        return self._draw.choice(self._people)

    def several(self, count: int) -> list[Person]:
        """Who makes so many complaints of one number: different people, of whom now and then one complains again."""
        people = self._draw.sample(self._people, count)
        again = [self._draw.random() < _AGAIN and place >= SURE for place in range(count)]
        return [self._draw.choice(people[:place]) if again[place] else people[place] for place in range(count)]

    def channel(self, place: int) -> str:
        """How the complaint at that place (from 0) of a number came in."""
        if place < SURE or self._draw.random() < _BY_VOUCHED:
            return self._draw.choice(VOUCHED)
        return self._draw.choice(UNVOUCHED)
