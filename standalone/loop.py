"""How the loop is closed: what staff do between a ministry's conclusion and a filing that is refused everywhere.

Two people take part, since who proposes does not decide.
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
"""How many listings the demonstration decides at most: each would be a case file to a person."""

GRAVITY = (Tier.MINOR, Tier.GENERAL, Tier.SERIOUS)

Services = Mapping[str, Client]
"""One person's calls, by the name of the service."""


@dataclass(frozen=True)
class Staff:
    """The two people of the regulator: who proposes, and who decides."""

    officer: Services
    reviewer: Services


def seal_clues(staff: Staff) -> dict[str, Any]:
    """Hand over what was collected, before the calendar would; the sealing that is worked off now."""
    reason = "demonstration: the quarter's clues are handed over now"
    asked: dict[str, Any] = staff.officer["referrals"].post("/sealings", {"reason": reason})
    return asked


def sealed(staff: Staff, sealing: Mapping[str, Any]) -> bool:
    """Whether a sealing is worked off."""
    return bool(staff.officer["referrals"].get(f"/sealings/{sealing['id']}")["state"] == "done")


def proposed_for_fines(staff: Staff, shut: Collection[str]) -> list[dict[str, Any]]:
    """Entries that a fine led to and nobody has decided on, at most twenty: first those of enterprises (credit codes)
    that had a port `shut`, and the gravest of them."""
    entries = staff.officer["credit"].pages("/entries", state="proposed", ground="fined", page_size=500)
    first = sorted(entries, key=lambda each: (each["code"] not in shut, -GRAVITY.index(each["tier"])))
    return first[:MOST]


def may_be_decided(entries: list[dict[str, Any]]) -> bool:
    """Whether the time in which their enterprises may contest is over."""
    return all(datetime.fromisoformat(each["contest_until"]) < datetime.now(UTC) for each in entries)


def list_enterprises(staff: Staff, entries: list[dict[str, Any]]) -> None:
    """The second person confirms the proposals."""
    for each in entries:
        decision = {"decision": "confirm", "reason": "the decision of the authority is final"}
        staff.reviewer["credit"].post(f"/entries/{each['id']}/decision", decision, version=each["version"])


def enforced(staff: Staff, listings: int) -> bool:
    """Whether ports knows of every listing and has proposed or done what follows from it."""
    told = list(staff.officer["ports"].pages("/listings", page_size=500))
    return len(told) >= listings and all(each["phase"] != "shutting" for each in told)


def shut_ports_of_the_listed(staff: Staff) -> None:
    """The second person decides that the ports of the listed enterprises are shut."""
    decision = {"decision": "shut", "reason": "the enterprise is listed"}
    for each in list(staff.officer["ports"].pages("/shutdown-proposals", state="proposed", page_size=500)):
        staff.reviewer["ports"].post(f"/shutdown-proposals/{each['id']}/decision", decision, version=each["version"])


def try_to_file_elsewhere(staff: Staff, port: Mapping[str, Any]) -> dict[str, Any]:
    """File a port of a listed enterprise at a carrier where it has none; the decision."""
    held = port["filings"][-1]
    carriers = sorted(set(CARRIERS) - {port["carrier"]})
    number = f"{port['number'][:8]}{int(port['number'][8:] or 0) % 10_000 + 70_000}"
    filing = {
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
    decided: dict[str, Any] = staff.officer["ports"].post("/filings", filing)
    return decided
