"""Whether a fine, or orders against the ports of an enterprise, lead to a proposal.

Pure: the same events and rules give the same proposal with the same reasons, however the events are ordered and divided
into batches. A person decides every proposal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from chassis.ids import reference
from contracts.referrals import ClueConcluded
from contracts.vocabulary import ConclusionCode, SubjectKind
from services.credit.model import ACTIVE, EntryState, ListingGround, ProposedListing
from services.credit.policy.orders import ListingThreshold, ShutPort, first_to_reach, span_around
from services.credit.policy.rulebook import FineTiers, ListingFined, ListingOrders

FineRules = Callable[[datetime], tuple[ListingFined, FineTiers] | None]
"""The rules for a fine imposed at a moment; None: none was in force."""

OrderRules = Callable[[datetime], ListingOrders | None]
"""The rule for an order executed at a moment; None: none was in force."""


@dataclass(frozen=True, slots=True)
class PastEntry:
    """An earlier entry of an enterprise because of orders: its cause, all its causes, its state, and whether it took
    effect."""

    cause: str
    causes: tuple[str, ...]
    state: EntryState
    took_effect: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EnterpriseOrders:
    """The input of a decision because of orders, about one enterprise.

    `before` are the orders that counted already, `arrivals` the new ones in the order of receipt.
    """

    code: str
    before: Sequence[ShutPort]
    arrivals: Sequence[ShutPort]
    entries: Sequence[PastEntry]


def after_fine(event: ClueConcluded, rules: FineRules) -> ProposedListing | None:
    """The proposal that follows from a concluded clue; None unless an enterprise was fined.

    The enterprise is the one that the authority found, else the clue's subject; None where neither is known.
    """
    conclusion = event.conclusion
    if conclusion is None or conclusion.code != ConclusionCode.FINED or event.concluded_at is None:
        return None
    subject = event.subject if event.subject.kind == SubjectKind.ENTERPRISE else None
    code = conclusion.enterprise or (subject.value if subject else None)
    found = rules(event.concluded_at)
    if code is None or found is None:
        return None
    listing, tiers = found
    amount = conclusion.amount or 0
    cause = reference("clue", event.clue)
    return ProposedListing(
        code=code,
        name=subject.name if subject and subject.value == code else None,
        list=listing.list,
        tier=tiers.tier(amount),
        ground=ListingGround.FINED,
        cause=cause,
        facts=(_fine_in_words(event, amount, conclusion.decision),),
        article=listing.article,
        rules=(listing.citation, tiers.citation),
        causes=(cause,),
    )


def after_orders(orders: EnterpriseOrders, rule_at: OrderRules) -> ProposedListing | None:
    """The proposal caused by the first of `orders.arrivals` that completes a window; None while an entry is active.

    Orders of an entry that took effect do not count again. An order that has caused an entry still counts, but only as
    one of those before: it causes no second entry.
    """
    if any(each.state in ACTIVE for each in orders.entries):
        return None
    used = {cause for each in orders.entries if each.took_effect for cause in each.causes}
    caused = {each.cause for each in orders.entries}
    before = [each for each in orders.before if _reference(each) not in used]
    arrivals: list[ShutPort] = []
    for each in orders.arrivals:
        if _reference(each) not in used:
            (before if _reference(each) in caused else arrivals).append(each)
    reached = first_to_reach(before, arrivals, _thresholds(rule_at))
    if reached is None:
        return None
    trigger, span = reached
    rule = rule_at(trigger.executed_at)
    assert rule is not None
    ports = len({each.port for each in span})
    return ProposedListing(
        code=orders.code,
        list=rule.list,
        tier=rule.tier,
        ground=ListingGround.ORDERS,
        cause=_reference(trigger),
        facts=(f"{ports} different ports shut by order within {_length(rule.window)}; the bar is {rule.orders}",),
        article=rule.article,
        rules=(rule.citation,),
        causes=tuple(_reference(each) for each in span),
    )


def still_reached(causes: Iterable[str], counting: Sequence[ShutPort], rule_at: OrderRules) -> bool:
    """Whether those orders among an entry's causes that still count reach the threshold by themselves.

    `counting` is sorted by `executed_at`.
    """
    named = set(causes)
    own = [each for each in counting if _reference(each) in named]
    threshold_of = _thresholds(rule_at)
    return any(
        (threshold := threshold_of(each)) is not None and span_around(each, own, threshold) is not None for each in own
    )


def _thresholds(rule_at: OrderRules) -> Callable[[ShutPort], ListingThreshold | None]:
    def threshold_of(each: ShutPort) -> ListingThreshold | None:
        rule = rule_at(each.executed_at)
        return None if rule is None else rule.threshold

    return threshold_of


def _reference(order: ShutPort) -> str:
    return reference("order", order.order)


def _fine_in_words(event: ClueConcluded, amount: int, decision: str | None) -> str:
    authority = f" by {event.authority}" if event.authority else ""
    by_decision = f", decision {decision}" if decision else ""
    counts = event.counts
    return (
        f"fined {amount:,} yuan{authority}{by_decision} on a clue of "
        f"{_plural(counts.complaints, 'complaint', 'complaints')} of {_plural(counts.complainants, 'person', 'people')}"
    )


def _plural(count: int, one: str, more: str) -> str:
    return f"{count} {one if count == 1 else more}"


def _length(span: timedelta) -> str:
    return f"{span.days} days" if span >= timedelta(days=1) else f"{int(span.total_seconds())} seconds"
