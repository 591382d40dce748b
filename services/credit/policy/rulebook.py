"""The rules of this service, as `rules.yaml` sets them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar

from chassis.rules import NoRuleInForceError, Rulebook
from chassis.rules import Rule as VersionedRule
from contracts.vocabulary import CreditList, Existing, NewResources, Tier
from services.credit.model import Effects
from services.credit.policy.windows import Bar


class ListingFined(VersionedRule, frozen=True, kw_only=True):
    """That a fine leads to a proposal, and for which list."""

    code: ClassVar[str] = "listing.fined"

    list: CreditList
    article: str


class FineTiers(VersionedRule, frozen=True, kw_only=True):
    """How grave a fine makes an entry; amounts in yuan."""

    code: ClassVar[str] = "listing.fined.tiers"

    general_from: int
    serious_from: int

    def tier(self, amount: int) -> Tier:
        """The tier of a fine of so many yuan."""
        if amount >= self.serious_from:
            return Tier.SERIOUS
        return Tier.GENERAL if amount >= self.general_from else Tier.MINOR


class ListingOrders(VersionedRule, frozen=True, kw_only=True):
    """How many different ports of an enterprise, shut by order within the window, lead to a proposal."""

    code: ClassVar[str] = "listing.orders"

    orders: int
    window: timedelta
    list: CreditList
    tier: Tier
    article: str

    @property
    def bar(self) -> Bar:
        """The bar that it sets."""
        return Bar(self.orders, self.window)


class ListingNotice(VersionedRule, frozen=True, kw_only=True):
    """How long an enterprise may contest a proposal, counted from it."""

    code: ClassVar[str] = "listing.notice"

    contest: timedelta


class _TierRule(VersionedRule, frozen=True, kw_only=True):
    """What a listing means, counted from the moment at which it takes effect."""

    period: timedelta
    repairable_after: timedelta
    published: bool
    new_resources: NewResources
    existing: Existing


class TierMinor(_TierRule, frozen=True, kw_only=True):
    """What a minor listing means."""

    code: ClassVar[str] = "tier.minor"


class TierGeneral(_TierRule, frozen=True, kw_only=True):
    """What a general listing means."""

    code: ClassVar[str] = "tier.general"


class TierSerious(_TierRule, frozen=True, kw_only=True):
    """What a serious listing means."""

    code: ClassVar[str] = "tier.serious"


_BY_TIER: dict[Tier, type[_TierRule]] = {
    Tier.MINOR: TierMinor,
    Tier.GENERAL: TierGeneral,
    Tier.SERIOUS: TierSerious,
}

RULES = Rulebook.of("services.credit", ListingFined, FineTiers, ListingOrders, ListingNotice, *_BY_TIER.values())


def rules_for_fines(at: datetime) -> tuple[ListingFined, FineTiers] | None:
    """What follows from a fine that was imposed at `at`; None when no pack in force says."""
    try:
        return RULES.at(ListingFined, at), RULES.at(FineTiers, at)
    except NoRuleInForceError:
        return None


def rule_for_orders(at: datetime) -> ListingOrders | None:
    """What follows from an order that was executed at `at`; None when no pack in force says."""
    try:
        return RULES.at(ListingOrders, at)
    except NoRuleInForceError:
        return None


def notice(at: datetime) -> ListingNotice:
    """How long a proposal of that moment may be contested."""
    return RULES.at(ListingNotice, at)


def effects_of(tier: Tier, at: datetime) -> Effects:
    """What a listing of this tier means that takes effect at `at`."""
    rule = RULES.at(_BY_TIER[tier], at)
    return Effects(
        period=rule.period,
        repairable_after=rule.repairable_after,
        published=rule.published,
        new_resources=rule.new_resources,
        existing=rule.existing,
        rule=rule.citation,
    )
