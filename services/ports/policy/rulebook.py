"""The rules of this service, as `rules.yaml` sets them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import ClassVar

from chassis.rules import NoRuleInForceError, Rulebook
from chassis.rules import Rule as VersionedRule
from services.ports.model import Ground
from services.ports.policy.decisions import Rule
from services.ports.policy.windows import Bar


class _Reached(VersionedRule, frozen=True, kw_only=True):
    """So many different vouched complainants of messages sent within the window are enough."""

    complainants: int
    window: timedelta


class ShutdownCommercial(_Reached, frozen=True, kw_only=True):
    """When a port is shut for spam."""

    code: ClassVar[str] = "shutdown.commercial"


class ShutdownSuspectedCrime(_Reached, frozen=True, kw_only=True):
    """When a port is shut for what looks like a crime."""

    code: ClassVar[str] = "shutdown.suspected-crime"


class ShutdownSublet(_Reached, frozen=True, kw_only=True):
    """When a port is shut for being used by others than it was filed for."""

    code: ClassVar[str] = "shutdown.sublet"


class EnquiryUnregistered(_Reached, frozen=True, kw_only=True):
    """When carriers are asked about a number that nobody filed."""

    code: ClassVar[str] = "enquiry.unregistered"


class OrderDeadlines(VersionedRule, frozen=True, kw_only=True):
    """How long a carrier has, counted from the order."""

    code: ClassVar[str] = "order.deadlines"

    acknowledge: timedelta
    execute: timedelta
    execute_crime: timedelta

    def execution(self, ground: Ground) -> timedelta:
        """How long it has to shut the port."""
        return self.execute_crime if ground is Ground.SUSPECTED_CRIME else self.execute


class EnquiryDeadline(VersionedRule, frozen=True, kw_only=True):
    """How long a carrier has to answer, counted from the enquiry."""

    code: ClassVar[str] = "enquiry.deadline"

    answer: timedelta


_BY_GROUND: dict[Ground, type[_Reached]] = {
    Ground.COMMERCIAL: ShutdownCommercial,
    Ground.SUSPECTED_CRIME: ShutdownSuspectedCrime,
    Ground.SUBLET: ShutdownSublet,
    Ground.UNREGISTERED: EnquiryUnregistered,
}

RULES = Rulebook.of("services.ports", *_BY_GROUND.values(), OrderDeadlines, EnquiryDeadline)


def rule_for(ground: Ground, on: date) -> Rule | None:
    """The bar for a ground that stands on complaints on a day; None on a day for which no pack in force has one."""
    try:
        rule = RULES.at(_BY_GROUND[ground], on)
    except NoRuleInForceError:
        return None
    return Rule(Bar(rule.complainants, rule.window), rule.citation)


def order_deadlines(at: datetime) -> OrderDeadlines:
    """The deadlines of an order that is made at `at`."""
    return RULES.at(OrderDeadlines, at)


def enquiry_deadline(at: datetime) -> EnquiryDeadline:
    """The deadline of an enquiry that is sent at `at`."""
    return RULES.at(EnquiryDeadline, at)


def longest_window(days: set[date]) -> timedelta:
    """The longest window of any rule in force on any of these days: what a decision may have to look back on."""
    bars = [rule for day in days for ground in _BY_GROUND if (rule := rule_for(ground, day)) is not None]
    return max((each.bar.window for each in bars), default=timedelta())
