"""Made-up entries, orders and clues, each good but for what a test says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from chassis.aggregate import Cause
from chassis.citation import Citation
from contracts.vocabulary import CreditList, Existing, NewResources, Tier
from services.credit.model import Effects, Entry, Ground
from services.credit.policy.windows import ShutPort

NOON = datetime(2026, 6, 10, 12, tzinfo=UTC)
SHOP = "91440300FAKE00013H"
BECAUSE = Cause("the story", "the step")
_NAMES = UUID("00000000-0000-0000-0000-00000000000d")


def days(count: float) -> timedelta:
    return timedelta(days=count)


def named(name: str) -> UUID:
    """The order or clue of that name."""
    return uuid5(_NAMES, name)


def cited(rule: str) -> Citation:
    return Citation(rule=rule, version="made up", legal_source="none", mark="D")


def effects(**say: Any) -> Effects:
    """What a general listing means."""
    said: dict[str, Any] = {
        "period": days(365),
        "repairable_after": days(90),
        "published": True,
        "new_resources": NewResources.REFUSE,
        "existing": Existing.PROPOSE,
        "rule": cited("tier.general"),
    }
    return Effects(**said | say)


def proposal(proposer: str | None = "li", **say: Any) -> Entry:
    """A proposal made at noon that may be contested for a week."""
    said: dict[str, Any] = {
        "code": SHOP,
        "name": "虚构优选",
        "list": CreditList.ADVERSE,
        "tier": Tier.GENERAL,
        "ground": Ground.FINED,
        "cause": f"clue:{named('clue')}",
        "facts": ("fined",),
        "article": "an article",
        "rules": (cited("listing.fined"),),
        "causes": (f"clue:{named('clue')}",),
        "proposer": proposer,
        "at": NOON,
        "contest_until": NOON + days(7),
        "because": BECAUSE,
    }
    return Entry.propose(**said | say)


def listed(**say: Any) -> Entry:
    """An entry that Wang confirmed a week after it was proposed."""
    entry = proposal(**say)
    entry.confirm(effects(), "wang", "well founded", NOON + days(7), BECAUSE)
    return entry


def shut(name: str, after: float = 0, port: str | None = None) -> ShutPort:
    """An order that was executed so many days after noon, about a port of its own unless told otherwise."""
    return ShutPort(named(name), "CMCC", port or f"1069{name}", NOON + days(after))
