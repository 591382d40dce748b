"""How carriers behave, as data (behaviour.yaml), and what that makes of one order or enquiry."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import Annotated, Protocol, TypeVar

import msgspec

Delay = Annotated[str, msgspec.Meta(pattern=r"^[0-9]+(\.[0-9]+)?(ms|s|%)$")]
"""So long after something (`300ms`, `2s`), or that part of the time there is (`130%`)."""

Share = Annotated[str, msgspec.Meta(pattern=r"^[0-9]+(\.[0-9]+)?%$")]


class _Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class OrderCourse(_Strict, frozen=True):
    """What a carrier does about an order. Neither `execute` nor `refuse`: nothing, or nothing more."""

    share: Share
    acknowledge: Delay | None = None
    execute: Delay | None = None
    refuse: str | None = None
    note: str | None = None


class EnquiryCourse(_Strict, frozen=True):
    """When a carrier answers an enquiry; without `answer` never."""

    share: Share
    answer: Delay | None = None


class _Course(Protocol):
    @property
    def share(self) -> str: ...


C = TypeVar("C", bound=_Course)


class Habits(_Strict, frozen=True):
    """The courses of one carrier; each list's shares make 100 %."""

    orders: tuple[OrderCourse, ...]
    enquiries: tuple[EnquiryCourse, ...]

    def __post_init__(self) -> None:
        for courses in (self.orders, self.enquiries):
            total = sum(map(_part, (each.share for each in courses)))
            if abs(total - 1) > 1e-9:
                raise ValueError(f"shares make {total:.1%}, not 100 %")

    def order(self, identifier: str) -> OrderCourse:
        """What becomes of the order of that id."""
        return _drawn(self.orders, "order", identifier)

    def enquiry(self, identifier: str) -> EnquiryCourse:
        """What becomes of the enquiry of that id."""
        return _drawn(self.enquiries, "enquiry", identifier)


class Behaviour(_Strict, frozen=True):
    """How every carrier behaves. `poll`: how long one waits before it looks for work again."""

    poll: Annotated[str, msgspec.Meta(pattern=r"^[0-9]+(\.[0-9]+)?(ms|s)$")]
    unlisted: Share
    carriers: dict[str, Habits]

    @property
    def poll_seconds(self) -> float:
        """How long a carrier waits before it looks for work again."""
        return _span(self.poll).total_seconds()

    def owner(self, number: str, asked: str, *, named: bool) -> str | None:
        """Whose a number is that no book has: a carrier, or nobody's. The same whoever asks.

        `named`: the enquiry went to `asked` because something names it, and only to it.
        """
        if fraction("somebody's", number) >= _part(self.unlisted):
            return None
        if named:
            return asked
        return max(self.carriers, key=lambda carrier: fraction("owner", carrier, number))


def load(path: Path | None = None) -> Behaviour:
    """The behaviour in a file, or the one that ships. Raises ValueError where it is none."""
    content = path.read_bytes() if path else resources.files("sandbox").joinpath("behaviour.yaml").read_bytes()
    try:
        return msgspec.yaml.decode(content, type=Behaviour)
    except msgspec.MsgspecError as error:
        raise ValueError(f"{path or 'behaviour.yaml'}: {error}") from error


def due(delay: str, *, after: datetime, begun: datetime, deadline: datetime) -> datetime:
    """The moment that comes so long after `after`, or at that part of the way from `begun` to `deadline`."""
    if delay.endswith("%"):
        return begun + _part(delay) * (deadline - begun)
    return after + _span(delay)


def fraction(*parts: str) -> float:
    """A number from 0 to below 1 that looks random and is always the same for the same parts."""
    return int.from_bytes(hashlib.sha256("\x1f".join(parts).encode()).digest()[:8]) / 2**64


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
