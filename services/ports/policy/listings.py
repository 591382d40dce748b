"""What a listing means for filings, and for the ports that its enterprise has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from contracts.credit import Restriction
from contracts.vocabulary import NewResources
from services.ports.model import FilingContent, Listing

Standings = Mapping[str, Sequence[Restriction]]
"""The restrictions now in force, by the enterprise's credit code."""


@dataclass(frozen=True, slots=True)
class ListingRefusal:
    """Why listings keep a filing out of the register: the entry that refuses it, and every reason."""

    entry: UUID
    reasons: tuple[str, ...]


def refusal_of(filing: FilingContent, standings: Standings) -> ListingRefusal | None:
    """The refusal, where a listing of the holder or the provider forbids them new ports. Of several listings the
    holder's oldest one is named."""
    found = [
        (restriction, code, role)
        for code, role in _parties(filing)
        for restriction in sorted(standings.get(code, ()), key=lambda each: (each.since, each.entry))
        if restriction.new_resources == NewResources.REFUSE
    ]
    if not found:
        return None
    reasons = tuple(
        f"the {role} {code} is on the {each.list} list until {each.until:%Y-%m-%d} ({each.reason}, entry {each.entry})"
        for each, code, role in found
    )
    return ListingRefusal(found[0][0].entry, reasons)


def role_in(filing: FilingContent | None, code: str) -> str | None:
    """The role of an enterprise in a filing: holder, provider, or both; None without a role or without a filing."""
    return None if filing is None else dict(_parties(filing)).get(code)


def successor(listings: Iterable[Listing], filing: FilingContent | None) -> Listing | None:
    """The listing that takes over the order for the port of `filing`: of those that want it shut the oldest."""
    wanting = [each for each in listings if each.wants_shut and role_in(filing, each.code) is not None]
    return min(wanting, key=lambda each: (each.since, each.entry), default=None)


def _parties(filing: FilingContent) -> list[tuple[str, str]]:
    if filing.holder == filing.provider:
        return [(filing.holder, "holder and provider")]
    return [(filing.holder, "holder"), (filing.provider, "provider")]
