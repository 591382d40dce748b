"""The behaviour of carriers and authorities, as data (behaviour.yaml), and its result for one order, enquiry or
clue."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import Annotated, Protocol, TypeVar

import msgspec

from contracts.vocabulary import ConclusionCode, ReturnReason

Delay = Annotated[str, msgspec.Meta(pattern=r"^[0-9]+(\.[0-9]+)?(ms|s|%)$")]
"""A delay (`300ms`, `2s`), or a fraction of the term (`130%`)."""

Span = Annotated[str, msgspec.Meta(pattern=r"^[0-9]+(\.[0-9]+)?(ms|s)$")]
"""A delay, independent of the term."""

Share = Annotated[str, msgspec.Meta(pattern=r"^[0-9]+(\.[0-9]+)?%$")]


class _Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class OrderCourse(_Strict, frozen=True):
    """What a carrier does about an order. Neither `execute` nor `refuse`: nothing, or nothing further."""

    share: Share
    acknowledge: Delay | None = None
    execute: Delay | None = None
    refuse: str | None = None
    note: str | None = None


class EnquiryCourse(_Strict, frozen=True):
    """When a carrier answers an enquiry; never without `answer`."""

    share: Share
    answer: Delay | None = None


class ClueCourse(_Strict, frozen=True, rename={"give_back": "return"}):
    """What an authority does about a clue, `after` its receipt: return it, conclude it, or nothing.

    A fine is one of `amounts` (yuan).
    """

    share: Share
    give_back: ReturnReason | None = None
    conclude: ConclusionCode | None = None
    after: Delay | None = None
    amounts: tuple[Annotated[int, msgspec.Meta(gt=0)], ...] = ()
    note: str | None = None

    def __post_init__(self) -> None:
        if self.give_back and self.conclude:
            raise ValueError("a clue is returned or concluded, not both")
        if (self.after is None) != (self.give_back is None and self.conclude is None):
            raise ValueError("`after` is required with `return` or `conclude`, and not allowed otherwise")
        if self.conclude in (ConclusionCode.MERGED, ConclusionCode.TRANSFERRED):
            raise ValueError(f"`conclude: {self.conclude}` cannot be configured: it depends on other clues")
        if (self.conclude is ConclusionCode.FINED) != bool(self.amounts):
            raise ValueError("`amounts` is required with `conclude: fined`, and not allowed otherwise")

    def amount(self, clue: str) -> int | None:
        """The fine for the clue with that id; None where the conclusion is not a fine."""
        return self.amounts[int(fraction("amount", clue) * len(self.amounts))] if self.amounts else None


class _Course(Protocol):
    @property
    def share(self) -> str: ...


C = TypeVar("C", bound=_Course)


class Habits(_Strict, frozen=True):
    """The courses of one carrier; the shares of each list add up to 100 %."""

    orders: tuple[OrderCourse, ...]
    enquiries: tuple[EnquiryCourse, ...]

    def __post_init__(self) -> None:
        _whole(self.orders)
        _whole(self.enquiries)

    def order(self, identifier: str) -> OrderCourse:
        """The course of the order with that id."""
        return _drawn(self.orders, "order", identifier)

    def enquiry(self, identifier: str) -> EnquiryCourse:
        """The course of the enquiry with that id."""
        return _drawn(self.enquiries, "enquiry", identifier)


class AuthorityHabits(_Strict, frozen=True):
    """The behaviour of an authority: when it returns the receipt of a batch (None: never), the courses of clues (shares
    add up to 100 %), the count of complainants from which it always fines (None: never for that), and the prefix of its
    decision numbers."""

    decides_as: str
    courses: tuple[ClueCourse, ...]
    receipt: Span | None = None
    fines_from: Annotated[int, msgspec.Meta(ge=1)] | None = None

    def __post_init__(self) -> None:
        _whole(self.courses)
        if self.fines_from is not None and not self._fines():
            raise ValueError("`fines_from` requires a course with `conclude: fined`")

    def clue(self, authority: str, identifier: str, complainants: int) -> ClueCourse:
        """The course of the clue with that id and count of complainants at this authority. Another authority can take
        another course."""
        if self.fines_from is not None and complainants >= self.fines_from:
            return _drawn(self._fines(), "fine", authority, identifier)
        return _drawn(self.courses, "clue", authority, identifier)

    def _fines(self) -> tuple[ClueCourse, ...]:
        return tuple(each for each in self.courses if each.conclude is ConclusionCode.FINED)

    def received(self, sealed_at: datetime) -> datetime | None:
        """When it returns the receipt of a batch."""
        return None if self.receipt is None else sealed_at + _span(self.receipt)

    def decision(self, clue: str, year: int) -> str:
        """The made-up number of the decision about the clue with that id."""
        return f"{self.decides_as}〔{year}〕{1 + int(fraction('decision', clue) * 999_999):06}号"


class Behaviour(_Strict, frozen=True):
    """The behaviour of all. `poll`: the pause between two polls while there is something to do."""

    poll: Span
    unlisted: Share
    carriers: dict[str, Habits]
    authorities: dict[str, AuthorityHabits] = {}

    @property
    def poll_seconds(self) -> float:
        """The pause between two polls while there is something to do."""
        return _span(self.poll).total_seconds()

    def owner(self, number: str, asked: str, *, named: bool) -> str | None:
        """The owner of a number that no book has: a carrier, or no carrier. Independent of who asks.

        `named`: the enquiry went to `asked` because of some evidence, and only to it.
        """
        if fraction("owned", number) >= _part(self.unlisted):
            return None
        if named:
            return asked
        return max(self.carriers, key=lambda carrier: fraction("owner", carrier, number))


def load(path: Path | None = None) -> Behaviour:
    """The behaviour in a file, or the default one. Raises ValueError for a malformed file."""
    content = path.read_bytes() if path else resources.files("sandbox").joinpath("behaviour.yaml").read_bytes()
    try:
        return msgspec.yaml.decode(content, type=Behaviour)
    except msgspec.MsgspecError as error:
        raise ValueError(f"{path or 'behaviour.yaml'}: {error}") from error


def due(delay: str, *, after: datetime, begun: datetime, deadline: datetime) -> datetime:
    """The moment this long after `after`, or at this fraction of the time from `begun` to `deadline`."""
    if delay.endswith("%"):
        return begun + _part(delay) * (deadline - begun)
    return after + _span(delay)


def fraction(*parts: str) -> float:
    """A number from 0 to below 1 that looks random and is always the same for the same parts."""
    return int.from_bytes(hashlib.sha256("\x1f".join(parts).encode()).digest()[:8]) / 2**64


def _whole(courses: Sequence[_Course]) -> None:
    total = sum(map(_part, (each.share for each in courses)))
    if abs(total - 1) > 1e-9:
        raise ValueError(f"shares add up to {total:.1%}, not 100 %")


def _drawn(courses: Sequence[C], *parts: str) -> C:
    place = fraction(*parts)
    for each in courses:
        place -= _part(each.share)
        if place < 0:
            return each
    return courses[-1]


def _part(share: str) -> float:
    return float(share.removesuffix("%")) / 100


def _span(delay: str) -> timedelta:
    if delay.endswith("ms"):
        return timedelta(milliseconds=float(delay.removesuffix("ms")))
    return timedelta(seconds=float(delay.removesuffix("s")))
