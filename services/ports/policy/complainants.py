"""Which complainants are the same person.

Outside the complaints service a person is a surrogate, another one every quarter. Around the change of the quarter a
complaint carries both surrogates of its complainant: nothing else connects them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar
from uuid import UUID


class ComplainantSurrogates(Protocol):
    """Who complained: the surrogate of the quarter, and around its change the same person's other one."""

    @property
    def complainant(self) -> UUID: ...
    @property
    def complainant_also(self) -> UUID | None: ...


S = TypeVar("S", bound=ComplainantSurrogates)


class DistinctComplainants:
    """The different persons behind complaints: two surrogates are one person if complaints connect them, directly or
    through others (union-find)."""

    def __init__(self, complaints: Iterable[ComplainantSurrogates] = ()) -> None:
        self._next: dict[UUID, UUID] = {}
        for each in complaints:
            self.add(each)

    def add(self, complaint: ComplainantSurrogates) -> None:
        """Take a further complaint into account: it may connect two surrogates."""
        person = self.of(complaint)
        if complaint.complainant_also is not None:
            self._next[self._last(complaint.complainant_also)] = person

    def of(self, complaint: ComplainantSurrogates) -> UUID:
        """The surrogate that stands for the complainant, until a further complaint is added."""
        return self._last(complaint.complainant)

    def first_of_each(self, complaints: Sequence[S]) -> list[S]:
        """The first complaint of each person, in the order of the complaints."""
        first: dict[UUID, S] = {}
        for each in complaints:
            first.setdefault(self.of(each), each)
        return list(first.values())

    def _last(self, surrogate: UUID) -> UUID:
        last = surrogate
        while (following := self._next.setdefault(last, last)) != last:
            last = following
        self._next[surrogate] = last  # shortens the path for the next call
        return last
