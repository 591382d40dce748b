"""The figures of a year (year.yaml): totals and shares as published or filled in, and what they make in complaints."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from typing import Literal

import msgspec

from contracts.tables import Mark


class _Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class _Published(_Strict, frozen=True):
    """A figure, the period it was published for (`none`: it was not) and how sure it is (R, or D: ours)."""

    period: str
    mark: Mark

    def __post_init__(self) -> None:
        if (self.period == "none") != (self.mark == "D"):
            raise ValueError("what was published has a period, and what we filled in has none")


class Total(_Published, frozen=True):
    """How many complaints a quarter has."""

    complaints: int


class Shares(_Published, frozen=True):
    """Parts of a whole, by name."""

    shares: dict[str, float]


class Industries(Shares, frozen=True):
    """Per cent of the commercial complaints, or of all."""

    of: Literal["commercial", "all"]


class Quarter(_Strict, frozen=True):
    """The figures of one quarter."""

    total: Total
    categories: Shares
    segments: Shares
    carriers: Shares
    industries: Industries
    others: Shares

    def numbers(self, scale: float) -> Numbers:
        """What this quarter has at that scale, in complaints."""
        total = round(self.total.complaints * scale)
        categories = apportioned(total, self.categories.shares)
        commercial = categories["commercial"]
        base = total if self.industries.of == "all" else commercial
        named = dict(self.industries.shares)
        industries = apportioned(base, {**named, "": max(0.0, 100 - sum(named.values()))})
        del industries[""]
        rest = apportioned(max(0, commercial - sum(industries.values())), self.others.shares)
        return Numbers(
            total=total,
            crime=categories["suspected-crime"],
            industries={**industries, **rest},
            segments=apportioned(total, self.segments.shares),
        )


class Numbers(_Strict, frozen=True):
    """So many complaints: in all, of suspected crimes, by industry (those that are commercial) and by segment."""

    total: int
    crime: int
    industries: dict[str, int]
    segments: dict[str, int]


class Ours(_Strict, frozen=True):
    """What no bulletin tells; year.yaml says what each is."""

    crime_by_mobile: float
    ports: dict[str, float]
    unknown: float
    complaints: dict[str, tuple[int, int]]
    days: int
    bars: dict[str, int]
    again: float


class Names(_Strict, frozen=True):
    """Of what names are made; `trades` has what follows in the name of an enterprise and in that it signs with."""

    first: tuple[str, ...]
    second: tuple[str, ...]
    third: tuple[str, ...]
    trades: dict[str, tuple[str, str]]


class Figures(_Strict, frozen=True):
    """Everything a year is made from. `quarters` are Q1 to Q4."""

    quarters: dict[str, Quarter]
    ours: Ours
    access_codes: dict[str, tuple[str, ...]]
    names: Names


def load() -> Figures:
    """The figures as they ship."""
    return msgspec.yaml.decode(resources.files("sandbox.scenario").joinpath("year.yaml").read_bytes(), type=Figures)


def apportioned(total: int, shares: Mapping[str, float]) -> dict[str, int]:
    """`total` in whole parts in the proportions of `shares`, none more than one away from its due (Hamilton's way)."""
    whole = sum(shares.values())
    due = {name: total * share / whole for name, share in shares.items()}
    parts = {name: int(each) for name, each in due.items()}
    fractions = sorted(due, key=lambda name: (parts[name] - due[name], name))
    for name in fractions[: total - sum(parts.values())]:
        parts[name] += 1
    return parts
