"""The rules of this service, with their parameters from `rules.yaml`."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar

import msgspec

from chassis.rates import Rate, ReplyRate
from chassis.rules import NoRuleInForceError, Rule, Rulebook
from contracts.vocabulary import CreditList, Existing, NewResources, Tier
from services.credit.model import Effects
from services.credit.policy.orders import ListingThreshold


class ListingFined(Rule, frozen=True, kw_only=True):
    """A fine leads to a proposal for this list."""

    code: ClassVar[str] = "listing.fined"

    list: CreditList
    article: str


class FineTiers(Rule, frozen=True, kw_only=True):
    """The tier by the amount of the fine, in yuan."""

    code: ClassVar[str] = "listing.fined.tiers"

    general_from: int
    serious_from: int

    def tier(self, amount: int) -> Tier:
        """The tier for a fine of this amount, in yuan."""
        if amount >= self.serious_from:
            return Tier.SERIOUS
        return Tier.GENERAL if amount >= self.general_from else Tier.MINOR


class ListingOrders(Rule, frozen=True, kw_only=True):
    """So many different ports of an enterprise, shut by order within the window, lead to a proposal."""

    code: ClassVar[str] = "listing.orders"

    orders: int
    window: timedelta
    list: CreditList
    tier: Tier
    article: str

    @property
    def threshold(self) -> ListingThreshold:
        """The threshold that it sets."""
        return ListingThreshold(self.orders, self.window)


class ListingNotice(Rule, frozen=True, kw_only=True):
    """The contest period, counted from the proposal."""

    code: ClassVar[str] = "listing.notice"

    contest: timedelta


class WithdrawalReviewTerm(Rule, frozen=True, kw_only=True):
    """Within which time a second person reviews that staff have withdrawn a listing."""

    code: ClassVar[str] = "listing.withdrawal-review"

    within: timedelta


class _TierRule(Rule, frozen=True, kw_only=True):
    """The effects of a listing; periods count from the time at which it takes effect."""

    period: timedelta
    repairable_after: timedelta
    published: bool
    new_resources: NewResources
    existing: Existing


class TierMinor(_TierRule, frozen=True, kw_only=True):
    """The effects of a minor listing."""

    code: ClassVar[str] = "tier.minor"


class TierGeneral(_TierRule, frozen=True, kw_only=True):
    """The effects of a general listing."""

    code: ClassVar[str] = "tier.general"


class TierSerious(_TierRule, frozen=True, kw_only=True):
    """The effects of a serious listing."""

    code: ClassVar[str] = "tier.serious"


class ListedRate(Rate, frozen=True, kw_only=True):
    """How many pages of the public list may be read from one address."""

    code: ClassVar[str] = "rate.listed"


_BY_TIER: dict[Tier, type[_TierRule]] = {
    Tier.MINOR: TierMinor,
    Tier.GENERAL: TierGeneral,
    Tier.SERIOUS: TierSerious,
}

RULES = Rulebook.of(
    "services.credit",
    *(ListingFined, FineTiers, ListingOrders, ListingNotice, WithdrawalReviewTerm, ListedRate, ReplyRate),
    *_BY_TIER.values(),
)


def rules_for_fines(at: datetime) -> tuple[ListingFined, FineTiers] | None:
    """The rules for a fine imposed at `at`; None where no pack in force has one."""
    try:
        return RULES.at(ListingFined, at), RULES.at(FineTiers, at)
    except NoRuleInForceError:
        return None


def rule_for_orders(at: datetime) -> ListingOrders | None:
    """The rule for an order executed at `at`; None where no pack in force has one."""
    try:
        return RULES.at(ListingOrders, at)
    except NoRuleInForceError:
        return None


def notice(at: datetime) -> ListingNotice:
    """The contest period of a proposal made at `at`."""
    return RULES.at(ListingNotice, at)


def review_withdrawal_by(at: datetime) -> datetime:
    """Until when the withdrawal of a listing at `at` is to be reviewed."""
    return at + RULES.at(WithdrawalReviewTerm, at).within


def effects_of(tier: Tier, at: datetime) -> Effects:
    """The effects of a listing of this tier that takes effect at `at`."""
    return msgspec.convert(RULES.at(_BY_TIER[tier], at), Effects, from_attributes=True)
