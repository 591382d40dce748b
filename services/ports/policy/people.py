"""Who of the complainants is the same person.

Outside complaints a person is a surrogate, another one every quarter. Around the change of the quarter a complaint
bears both of its person's: that is all there is to know two surrogates for one person by.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar
from uuid import UUID


class Surrogates(Protocol):
    """Who complained: the surrogate of the quarter, and the same person's other one where it is told."""

    @property
    def complainant(self) -> UUID: ...
    @property
    def complainant_also(self) -> UUID | None: ...


S = TypeVar("S", bound=Surrogates)


class People:
    """The people behind complaints: two are of one person if their surrogates meet, directly or through others."""

    def __init__(self, complaints: Iterable[Surrogates] = ()) -> None:
        self._next: dict[UUID, UUID] = {}
        for each in complaints:
            self.meet(each)

    def meet(self, complaint: Surrogates) -> None:
        """Learn what a further complaint tells: it may show two people to be one."""
        person = self.of(complaint)
        if complaint.complainant_also is not None:
            self._next[self._last(complaint.complainant_also)] = person

    def of(self, complaint: Surrogates) -> UUID:
        """The one surrogate by which a person is known here, until something further is learned."""
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
        self._next[surrogate] = last  # the next look is a short one
        return last
