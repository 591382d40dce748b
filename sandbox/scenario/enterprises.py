"""Any number of made-up enterprises: their names show it, and their credit codes contain FAKE."""

from __future__ import annotations

import itertools
import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from contracts.provinces import PROVINCES
from sandbox.scenario.cast import credit_code
from sandbox.scenario.figures import NameParts

_FIRST, _LAST = 1_000, 9_999
"""Credit codes have four digits to distinguish them; the cast of the small scenario uses the lowest ones."""


@dataclass(frozen=True, slots=True)
class Enterprise:
    """An enterprise and its signature."""

    uscc: str
    name: str
    brand: str


class Enterprises:
    """All enterprises of a scenario, by trade. Names and signatures are unique."""

    def __init__(self, names: NameParts, again: float, draw: random.Random) -> None:
        """`again`: the share of requests for a provider that return an existing one."""
        self._names = names
        self._again = again
        self._draw = draw
        self._numbers = iter(range(_FIRST, _LAST + 1))
        self._regions = list(PROVINCES)
        self._stems = {trade: self._shuffled() for trade in names.trades}
        self._providers: dict[str, list[Enterprise]] = defaultdict(list)

    def new(self, trade: str) -> Enterprise:
        """A new one. Raises LookupError when all names or codes are used."""
        stem, number = next(self._stems[trade], None), next(self._numbers, None)
        if stem is None or number is None:
            raise LookupError(f"all names or credit codes for {trade} are used")
        name, brand = self._names.trades[trade]
        code = credit_code(self._draw.choice(self._regions), number)
        return Enterprise(code, stem + name, stem + brand)

    def provider(self, trade: str) -> Enterprise:
        """One of that trade, existing or new. Older enterprises are returned more often."""
        known = self._providers[trade]
        if known and self._draw.random() < self._again:
            return known[min(self._draw.randrange(len(known)), self._draw.randrange(len(known)))]
        try:
            known.append(self.new(trade))
        except LookupError:
            return self._draw.choice(known)
        return known[-1]

    def stranger(self, trade: str) -> str:
        """A signature that no enterprise ever files; it can be returned again."""
        first, second, third = (
            self._draw.choice(each) for each in (self._names.first, self._names.second, self._names.third)
        )
        return f"{first}{third}{second}{self._names.trades[trade][1]}"

    def _shuffled(self) -> Iterator[str]:
        stems = list(map("".join, itertools.product(self._names.first, self._names.second, self._names.third)))
        self._draw.shuffle(stems)
        return iter(stems)
