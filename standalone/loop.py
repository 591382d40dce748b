"""How staff close the loop: from the conclusion of an authority to a filing that every carrier's register refuses.

Three persons act: one who has a part in a ground does not decide on it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from contracts.carriers import CARRIERS
from contracts.vocabulary import Tier
from standalone.client import Client

MOST = 20
"""The maximum of listings that the demonstration decides."""

GRAVITY = (Tier.MINOR, Tier.GENERAL, Tier.SERIOUS)

Services = Mapping[str, Client]
"""The clients of one person, by service."""


@dataclass(frozen=True)
class Staff:
    """Three persons of the regulator: one hands clues over, the second decides on listings, the third on the ports of
    the listed enterprises."""

    officer: Services
    reviewer: Services
    director: Services


def seal_clues(staff: Staff) -> dict[str, Any]:
    """Seal the collected clues before the calendar does; returns the sealing."""
    reason = "demonstration: the quarter's clues are handed over now"
    asked: dict[str, Any] = staff.officer["referrals"].post("/sealings", {"reason": reason})
    return asked


def sealed(staff: Staff, sealing: Mapping[str, Any]) -> bool:
    """Whether a sealing is finished."""
    return bool(staff.officer["referrals"].get(f"/sealings/{sealing['id']}")["state"] == "done")


def proposed_for_fines(staff: Staff, shut: Collection[str]) -> list[dict[str, Any]]:
    """Undecided entries that follow from a fine, at most twenty: first those of enterprises (credit codes) with a port
    in `shut`, and of these the most severe."""
    entries = staff.officer["credit"].pages("/entries", state="proposed", ground="fined", page_size=500)
    first = sorted(entries, key=lambda each: (each["code"] not in shut, -GRAVITY.index(each["tier"])))
    return first[:MOST]


def may_be_decided(entries: list[dict[str, Any]]) -> bool:
    """Whether the period in which their enterprises may contest is over."""
    return all(datetime.fromisoformat(each["contest_until"]) < datetime.now(UTC) for each in entries)


def list_enterprises(staff: Staff, entries: list[dict[str, Any]]) -> None:
    """The second person confirms the proposals."""
    for each in entries:
        decision = {"decision": "confirm", "reason": "the decision of the authority is final"}
        staff.reviewer["credit"].post(f"/entries/{each['id']}/decision", decision, version=each["version"])


def enforced(staff: Staff, listings: int) -> bool:
    """Whether ports has received every listing and has proposed or applied its consequences."""
    listed = list(staff.officer["ports"].pages("/listings", page_size=500))
    return len(listed) >= listings and all(each["phase"] != "shutting" for each in listed)


def shut_ports_of_the_listed(staff: Staff) -> None:
    """A third person decides that the ports of the listed enterprises are shut."""
    decision = {"decision": "shut", "reason": "the enterprise is listed"}
    for each in list(staff.officer["ports"].pages("/shutdown-proposals", state="proposed", page_size=500)):
        staff.director["ports"].post(f"/shutdown-proposals/{each['id']}/decision", decision, version=each["version"])


def filing_elsewhere(port: Mapping[str, Any]) -> dict[str, Any]:
    """The filing of a port of the same enterprise at another carrier."""
    held = port["filings"][-1]
    carriers = sorted(set(CARRIERS) - {port["carrier"]})
    number = f"{port['number'][:8]}{int(port['number'][8:] or 0) % 10_000 + 70_000}"
    return {
        "number": number,
        "carrier": carriers[0],
        "province": held["province"],
        "holder_uscc": held["holder"],
        "holder_name": held["holder_name"],
        "provider_uscc": held["provider"],
        "provider_name": held["provider_name"],
        "signature": held["signature"],
        "purpose": held["purpose"],
    }
