"""What follows from a fine, and from orders against the ports of an enterprise: nothing, or a proposal.

Pure: the same facts and rules give the same proposal, with its reasons, whether facts are heard one by one or in
batches, in order or late. A person decides on every proposal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from chassis.citation import Citation
from contracts.referrals import ClueConcluded
from contracts.vocabulary import ConclusionCode, CreditList, SubjectKind, Tier
from services.credit.model import EntryState, Ground, reference
from services.credit.model.entry import STANDING
from services.credit.policy.rulebook import FineTiers, ListingFined, ListingOrders
from services.credit.policy.windows import Bar, ShutPort, first_to_reach, span_around

FineRules = Callable[[datetime], tuple[ListingFined, FineTiers] | None]
"""The rules for a fine that was imposed at a moment; None: there were none."""

OrderRules = Callable[[datetime], ListingOrders | None]
"""The rule for an order that was executed at a moment; None: there was none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What the rules propose, and why. `cause` is the reference that makes it one of a kind, `causes` are all."""

    code: str
    name: str | None
    list: CreditList
    tier: Tier
    ground: Ground
    cause: str
    facts: tuple[str, ...]
    article: str
    rules: tuple[Citation, ...]
    causes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PastEntry:
    """An earlier entry of an enterprise because of orders: what caused it, what it stood on and what became of it."""

    cause: str
    causes: tuple[str, ...]
    state: EntryState
    took_effect: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """Everything that a decision because of orders looks at, about one enterprise.

    `before` are the orders that counted, `arrivals` those that came now, in the order in which they were heard of.
    """

    code: str
    before: Sequence[ShutPort]
    arrivals: Sequence[ShutPort]
    entries: Sequence[PastEntry]


def after_fine(event: ClueConcluded, rules: FineRules) -> Finding | None:
    """What follows from a clue that was concluded: a proposal where an enterprise was fined.

    The enterprise is whom the authority found, else the clue's subject; a fine on nobody who is known leads to nothing.
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
    return Finding(
        code=code,
        name=subject.name if subject and subject.value == code else None,
        list=listing.list,
        tier=tiers.tier(amount),
        ground=Ground.FINED,
        cause=cause,
        facts=(_fine_in_words(event, amount, conclusion.decision),),
        article=listing.article,
        rules=(listing.citation, tiers.citation),
        causes=(cause,),
    )


def after_orders(orders: Orders, rule_at: OrderRules) -> Finding | None:
    """What follows from `orders.arrivals`: a proposal by the first that completes a window, unless one stands.

    Orders for which an entry took effect once are answered for. What caused an entry once counts like all else, but as
    something that was there before: it causes no second one.
    """
    if any(each.state in STANDING for each in orders.entries):
        return None
    answered = {cause for each in orders.entries if each.took_effect for cause in each.causes}
    caused = {each.cause for each in orders.entries}
    before = [each for each in orders.before if _reference(each) not in answered]
    arrivals: list[ShutPort] = []
    for each in orders.arrivals:
        if _reference(each) not in answered:
            (before if _reference(each) in caused else arrivals).append(each)
    reached = first_to_reach(before, arrivals, _bars(rule_at))
    if reached is None:
        return None
    trigger, span = reached
    rule = rule_at(trigger.executed_at)
    assert rule is not None
    ports = len({each.port for each in span})
    return Finding(
        code=orders.code,
        name=None,
        list=rule.list,
        tier=rule.tier,
        ground=Ground.ORDERS,
        cause=_reference(trigger),
        facts=(f"{ports} different ports shut by order within {_length(rule.window)}; the bar is {rule.orders}",),
        article=rule.article,
        rules=(rule.citation,),
        causes=tuple(_reference(each) for each in span),
    )


def still_reached(causes: Iterable[str], counting: Sequence[ShutPort], rule_at: OrderRules) -> bool:
    """Whether those orders of an entry's causes that still count reach the bar by themselves.

    `counting` is sorted by `executed_at`.
    """
    named = set(causes)
    own = [each for each in counting if _reference(each) in named]
    bar_of = _bars(rule_at)
    return any((bar := bar_of(each)) is not None and span_around(each, own, bar) is not None for each in own)


def _bars(rule_at: OrderRules) -> Callable[[ShutPort], Bar | None]:
    def bar_of(each: ShutPort) -> Bar | None:
        rule = rule_at(each.executed_at)
        return None if rule is None else rule.bar

    return bar_of


def _reference(order: ShutPort) -> str:
    return reference("order", order.order)


def _fine_in_words(event: ClueConcluded, amount: int, decision: str | None) -> str:
    who = f" by {event.authority}" if event.authority else ""
    by_decision = f", decision {decision}" if decision else ""
    counts = event.counts
    return (
        f"fined {amount:,} yuan{who}{by_decision} on a clue of {_some(counts.complaints, 'complaint', 'complaints')} "
        f"of {_some(counts.complainants, 'person', 'people')}"
    )


def _some(count: int, one: str, more: str) -> str:
    return f"{count} {one if count == 1 else more}"


def _length(span: timedelta) -> str:
    return f"{span.days} days" if span >= timedelta(days=1) else f"{int(span.total_seconds())} seconds"
