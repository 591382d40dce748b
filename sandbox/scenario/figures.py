"""The figures of a year (year.yaml): published or estimated totals and shares, and the resulting counts of
complaints."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from typing import Literal

import msgspec

from contracts.tables import Mark


class _Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class _Figure(_Strict, frozen=True):
    """A figure, its published period (`none`: unpublished) and its mark (R, or D: ours)."""

    period: str
    mark: Mark

    def __post_init__(self) -> None:
        if (self.period == "none") != (self.mark == "D"):
            raise ValueError("a published figure has a period, an estimate has none")


class Total(_Figure, frozen=True):
    """The count of complaints of a quarter."""

    complaints: int


class Shares(_Figure, frozen=True):
    """Parts of a whole, by name."""

    shares: dict[str, float]


class Industries(Shares, frozen=True):
    """Percent of the commercial complaints, or of all."""

    of: Literal["commercial", "all"]


class Quarter(_Strict, frozen=True):
    """The figures of one quarter."""

    total: Total
    categories: Shares
    segments: Shares
    carriers: Shares
    industries: Industries
    others: Shares

    def counts(self, scale: float) -> QuarterCounts:
        """The counts of this quarter at that scale, in complaints."""
        total = round(self.total.complaints * scale)
        categories = apportioned(total, self.categories.shares)
        commercial = categories["commercial"]
        base = total if self.industries.of == "all" else commercial
        named = dict(self.industries.shares)
        industries = apportioned(base, {**named, "": max(0.0, 100 - sum(named.values()))})
        del industries[""]
        rest = apportioned(max(0, commercial - sum(industries.values())), self.others.shares)
        return QuarterCounts(
            total=total,
            crime=categories["suspected-crime"],
            industries={**industries, **rest},
            segments=apportioned(total, self.segments.shares),
        )


class QuarterCounts(_Strict, frozen=True):
    """Counts of complaints: in all, of suspected crimes, by industry (commercial ones) and by segment."""

    total: int
    crime: int
    industries: dict[str, int]
    segments: dict[str, int]


class Estimates(_Strict, frozen=True):
    """Values that no bulletin publishes; year.yaml explains each."""

    crime_by_mobile: float
    ports: dict[str, float]
    unknown: float
    complaints: dict[str, tuple[int, int]]
    days: int
    bars: dict[str, int]
    again: float


class NameParts(_Strict, frozen=True):
    """The parts of names; `trades` has the suffixes of names and signatures."""

    first: tuple[str, ...]
    second: tuple[str, ...]
    third: tuple[str, ...]
    trades: dict[str, tuple[str, str]]


class YearFigures(_Strict, frozen=True):
    """All inputs of a year. `quarters` are Q1 to Q4."""

    quarters: dict[str, Quarter]
    estimates: Estimates
    access_codes: dict[str, tuple[str, ...]]
    names: NameParts


def load() -> YearFigures:
    """The default figures."""
    return msgspec.yaml.decode(resources.files("sandbox.scenario").joinpath("year.yaml").read_bytes(), type=YearFigures)


def apportioned(total: int, shares: Mapping[str, float]) -> dict[str, int]:
    """`total` in integer parts in the proportions of `shares`, each less than one from its quota (Hamilton's
    method)."""
    whole = sum(shares.values())
    due = {name: total * share / whole for name, share in shares.items()}
    parts = {name: int(each) for name, each in due.items()}
    fractions = sorted(due, key=lambda name: (parts[name] - due[name], name))
    for name in fractions[: total - sum(parts.values())]:
        parts[name] += 1
    return parts
