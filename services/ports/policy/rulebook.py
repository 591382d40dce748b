"""The rules of this service, as `rules.yaml` sets them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import ClassVar

from chassis.calendar import EARLIEST
from chassis.rates import ClientRate, ImportRate, ReplyRate
from chassis.rules import NoRuleInForceError, Rule, Rulebook
from services.ports.model import ShutdownGround
from services.ports.policy.decisions import ThresholdRule
from services.ports.policy.independence import AutomaticRule
from services.ports.policy.windows import ComplainantThreshold


class _ComplainantRule(Rule, frozen=True, kw_only=True):
    """So many different vouched complainants of messages sent within the window are enough."""

    complainants: int
    window: timedelta


class ShutdownCommercial(_ComplainantRule, frozen=True, kw_only=True):
    """When a port is shut for spam."""

    code: ClassVar[str] = "shutdown.commercial"


class ShutdownSuspectedCrime(_ComplainantRule, frozen=True, kw_only=True):
    """When a port is shut for a suspected crime."""

    code: ClassVar[str] = "shutdown.suspected-crime"


class ShutdownSublet(_ComplainantRule, frozen=True, kw_only=True):
    """When a port is shut because others than its enterprise seem to use it."""

    code: ClassVar[str] = "shutdown.sublet"


class EnquiryUnregistered(_ComplainantRule, frozen=True, kw_only=True):
    """When carriers are asked about a number that is not filed."""

    code: ClassVar[str] = "enquiry.unregistered"


class ShutdownAutomatic(Rule, frozen=True, kw_only=True):
    """What complaints must be like for an order without a person: from so many channels, and the first and the last one
    received so far apart."""

    code: ClassVar[str] = "shutdown.automatic"

    channels: int
    span: timedelta


class FilingDates(Rule, frozen=True, kw_only=True):
    """The day before which no filing holds: an earlier one is a mistake."""

    code: ClassVar[str] = "filing.dates"

    not_before: date


class FilingGrace(Rule, frozen=True, kw_only=True):
    """How long before it is recorded a filing counts at most, filed singly or by a register file."""

    code: ClassVar[str] = "filing.grace"

    single: timedelta
    file: timedelta


class CarrierGrid(Rule, frozen=True, kw_only=True):
    """The grid of moments at which orders and enquiries become visible to carriers: a carrier must not learn from the
    moment of an order which complaint led to it. `crime`: that of orders because of a suspected crime."""

    code: ClassVar[str] = "carriers.grid"

    every: timedelta
    crime: timedelta

    def next_after(self, at: datetime, ground: ShutdownGround) -> datetime:
        """The next moment of the grid; `at` where there is no grid."""
        step = self.crime if ground is ShutdownGround.SUSPECTED_CRIME else self.every
        return at + step - (at - EARLIEST) % step if step else at


class OrderDeadlines(Rule, frozen=True, kw_only=True):
    """How long a carrier has, counted from when the order is visible to it."""

    code: ClassVar[str] = "order.deadlines"

    acknowledge: timedelta
    execute: timedelta
    execute_crime: timedelta

    def execution(self, ground: ShutdownGround) -> timedelta:
        """How long it has to shut the port."""
        return self.execute_crime if ground is ShutdownGround.SUSPECTED_CRIME else self.execute


class LiftReviewTerm(Rule, frozen=True, kw_only=True):
    """Within which time a second person reviews that staff have lifted an order."""

    code: ClassVar[str] = "order.lift-review"

    within: timedelta


class EnquiryDeadline(Rule, frozen=True, kw_only=True):
    """How long a carrier has to answer, counted from when the enquiry is visible to it."""

    code: ClassVar[str] = "enquiry.deadline"

    answer: timedelta


class FilingRate(ClientRate, frozen=True, kw_only=True):
    """How many ports one client may file singly."""

    code: ClassVar[str] = "rate.filings"


_BY_GROUND: dict[ShutdownGround, type[_ComplainantRule]] = {
    ShutdownGround.COMMERCIAL: ShutdownCommercial,
    ShutdownGround.SUSPECTED_CRIME: ShutdownSuspectedCrime,
    ShutdownGround.SUBLET: ShutdownSublet,
    ShutdownGround.UNREGISTERED: EnquiryUnregistered,
}

RULES = Rulebook.of(
    "services.ports",
    *_BY_GROUND.values(),
    *(
        ShutdownAutomatic,
        FilingDates,
        FilingGrace,
        CarrierGrid,
        OrderDeadlines,
        LiftReviewTerm,
        EnquiryDeadline,
        FilingRate,
        ImportRate,
        ReplyRate,
    ),
)


def rule_for(ground: ShutdownGround, on: date) -> ThresholdRule | None:
    """The threshold for a ground that is based on complaints, as in force on a day; None where no pack has one."""
    try:
        rule = RULES.at(_BY_GROUND[ground], on)
    except NoRuleInForceError:
        return None
    return ThresholdRule(ComplainantThreshold(rule.complainants, rule.window), rule.citation)


def automatic_rule(at: datetime) -> AutomaticRule:
    """What complaints must be like for an order without a person at `at`."""
    rule = RULES.at(ShutdownAutomatic, at)
    return AutomaticRule(rule.channels, rule.span, rule.citation)


def grace_of_single_filings(at: datetime) -> timedelta:
    """How long before `at` a port that is filed singly at `at` counts at most."""
    return RULES.at(FilingGrace, at).single


def grace_of_register_files(at: datetime) -> timedelta:
    """How long before `at` a port that is filed in a register file at `at` counts at most."""
    return RULES.at(FilingGrace, at).file


def visible_from(at: datetime, ground: ShutdownGround) -> datetime:
    """From when an order or an enquiry that is made at `at` is visible to its carrier."""
    return RULES.at(CarrierGrid, at).next_after(at, ground)


def order_deadlines(at: datetime) -> OrderDeadlines:
    """The deadlines of an order that is placed at `at`, counted from when it is visible to its carrier."""
    return RULES.at(OrderDeadlines, at)


def review_lift_by(at: datetime) -> datetime:
    """Until when a lift at `at` is to be reviewed."""
    return at + RULES.at(LiftReviewTerm, at).within


def enquiry_deadline(at: datetime) -> EnquiryDeadline:
    """The deadline of an enquiry that is sent at `at`."""
    return RULES.at(EnquiryDeadline, at)


def longest_window(days: set[date]) -> timedelta:
    """The longest window of any rule in force on any of these days: how far back a decision may have to look."""
    rules = [rule for day in days for ground in _BY_GROUND if (rule := rule_for(ground, day)) is not None]
    return max((each.threshold.window for each in rules), default=timedelta())
