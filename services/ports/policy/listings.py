"""What a listing means for filings, and for the ports that its enterprise has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from contracts.credit import Restriction
from contracts.vocabulary import NewResources
from services.ports.model import Filing, Listing

Standings = Mapping[str, Sequence[Restriction]]
"""The restrictions now in force, by the enterprise's credit code."""


@dataclass(frozen=True, slots=True)
class Barred:
    """A filing that the listing of one of its enterprises keeps out: by which entry, and every reason there is."""

    entry: UUID
    reasons: tuple[str, ...]


def barred(filing: Filing, standings: Standings) -> Barred | None:
    """Whether a listing of the holder or the provider refuses them new ports. Of several, the holder's oldest one is
    named as what stands in the way."""
    found = [
        (restriction, code, part)
        for code, part in _parties(filing)
        for restriction in sorted(standings.get(code, ()), key=lambda each: (each.since, each.entry))
        if restriction.new_resources == NewResources.REFUSE
    ]
    if not found:
        return None
    reasons = tuple(
        f"the {part} {code} is on the {each.list} list until {each.until:%Y-%m-%d} ({each.reason}, entry {each.entry})"
        for each, code, part in found
    )
    return Barred(found[0][0].entry, reasons)


def part_in(filing: Filing | None, code: str) -> str | None:
    """Which part an enterprise has in a filing: holder, provider, or both; None where it has none, or nothing is
    filed."""
    return None if filing is None else dict(_parties(filing)).get(code)


def taking_over(listings: Iterable[Listing], filing: Filing | None) -> Listing | None:
    """Which of these listings wants the port of `filing` shut; of several the oldest."""
    wanting = [each for each in listings if each.wants_shut and part_in(filing, each.code) is not None]
    return min(wanting, key=lambda each: (each.since, each.entry), default=None)


def _parties(filing: Filing) -> list[tuple[str, str]]:
    if filing.holder == filing.provider:
        return [(filing.holder, "holder and provider")]
    return [(filing.holder, "holder"), (filing.provider, "provider")]
