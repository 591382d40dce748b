"""Made-up entries, orders and clues: valid unless a test overrides a field."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from chassis.aggregate import Cause
from chassis.citation import Citation
from contracts.vocabulary import CreditList, Existing, NewResources, Tier
from services.credit.model import Effects, EnterpriseStanding, Entry, ListingGround, ProposedListing
from services.credit.policy.orders import ShutPort

NOON = datetime(2026, 6, 10, 12, tzinfo=UTC)
SHOP = "91440300FAKE00013H"
BECAUSE = Cause("the story", "the step")
_NAMES = UUID("00000000-0000-0000-0000-00000000000d")


def days(count: float) -> timedelta:
    return timedelta(days=count)


def named(name: str) -> UUID:
    """The id of the order or clue with that name."""
    return uuid5(_NAMES, name)


def cited(rule: str) -> Citation:
    return Citation(rule=rule, version="made up", legal_source="none", mark="D")


def effects(**overrides: Any) -> Effects:
    """The effects of a general listing."""
    values: dict[str, Any] = {
        "period": days(365),
        "repairable_after": days(90),
        "published": True,
        "new_resources": NewResources.REFUSE,
        "existing": Existing.PROPOSE,
        "citation": cited("tier.general"),
    }
    return Effects(**values | overrides)


def proposal(proposer: str | None = "li", because: Cause = BECAUSE, **overrides: Any) -> Entry:
    """A proposal made at noon, with a contest period of a week."""
    values: dict[str, Any] = {
        "code": SHOP,
        "name": "虚构优选",
        "list": CreditList.ADVERSE,
        "tier": Tier.GENERAL,
        "ground": ListingGround.FINED,
        "cause": f"clue:{named('clue')}",
        "facts": ("fined",),
        "article": "an article",
        "rules": (cited("listing.fined"),),
        "causes": (f"clue:{named('clue')}",),
    }
    listing = ProposedListing(**values | overrides)
    return Entry.propose(listing, proposer=proposer, at=NOON, contest_until=NOON + days(7), because=because)


def listed(**overrides: Any) -> Entry:
    """An entry that Wang confirmed a week after it was proposed."""
    entry = proposal(**overrides)
    entry.confirm(effects(), "wang", "well founded", NOON + days(7), BECAUSE)
    return entry


def unlisted() -> EnterpriseStanding:
    """The standing of an enterprise that was never listed."""
    return EnterpriseStanding(id=named("standing"), code=SHOP)


def shut(name: str, after: float = 0, port: str | None = None) -> ShutPort:
    """An order executed `after` days after noon, by default about a port of its own."""
    return ShutPort(named(name), "CMCC", port or f"1069{name}", NOON + days(after))
