"""What follows from the complaints about one number: nothing, an order, or an enquiry first.

Pure: the same facts and rules give the same decision, with its reasons, whether complaints are heard one by one or
in batches, in order or late.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from chassis.citation import Citation
from chassis.rules import LEGAL_TIME
from services.ports.model import Addressed, Ground
from services.ports.model.order import OF_A_FILED_PORT, reference
from services.ports.policy.evidence import Evidence, Judgement, Register, Standing, judge
from services.ports.policy.people import People
from services.ports.policy.windows import Bar, first_to_reach, span_around


@dataclass(frozen=True, slots=True)
class Rule:
    """A bar as one version of a rule sets it."""

    bar: Bar
    citation: Citation


Rules = Callable[[Ground, date], Rule | None]
"""The rule for a ground (unregistered: for enquiring) that was in force on a day; None: there was none."""


@dataclass(frozen=True, slots=True)
class PastOrder:
    """An earlier order about the number, and the complaint or enquiry that caused it. `by_listing`: it had nothing to
    do with complaints, so its lifting says nothing about them."""

    carrier: str
    lifted_at: datetime | None
    cause: str = ""
    by_listing: bool = False


@dataclass(frozen=True, slots=True)
class PastEnquiry:
    """An earlier enquiry about the number, and the complaint that caused it."""

    sent_at: datetime
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Owner:
    """Who holds an access code, as others' filings on it show."""

    carrier: str
    holder: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything a decision about one number looks at.

    `before` is the evidence that was there, `arrivals` what came now, in the order in which it was heard; a
    corrected complaint is an arrival. `planned` are the carriers that the numbering plan gives the number to,
    `carriers` all there are.
    """

    number: str
    register: Register
    owners: Sequence[Owner] = ()
    planned: Sequence[str] = ()
    carriers: Sequence[str] = ()
    before: Sequence[Evidence] = ()
    arrivals: Sequence[Evidence] = ()
    orders: Sequence[PastOrder] = ()
    enquiries: Sequence[PastEnquiry] = ()
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A bar that was reached: by which complaint, in which span, by which version of which rule.

    `spoken` is the first complaint within the span of each person who counted.
    """

    trigger: Evidence
    span: Sequence[Evidence]
    spoken: Sequence[Evidence]
    reason: str
    rule: Citation

    @property
    def complainants(self) -> int:
        """How many different people it stands on."""
        return len(self.spoken)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shut:
    """Order the carrier to shut the number."""

    carrier: str
    ground: Ground
    attribution: Standing
    holder: str | None
    provider: str | None
    province: str | None
    finding: Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """Ask these carriers whose number it is."""

    carriers: tuple[str, ...]
    because: Addressed
    holders: Mapping[str, str | None]
    """Who holds the number's access code, by carrier; None where more than one enterprise has filings on it."""
    finding: Finding


def decide(facts: Facts, rules: Rules) -> list[Shut | Ask]:
    """What follows from `facts.arrivals`."""
    judged = {each.complaint: judge(each, facts.register, facts.now) for each in (*facts.before, *facts.arrivals)}
    decisions: list[Shut | Ask] = []
    for carrier, answering in sorted(_by_carrier(judged).items()):
        decided = _shut(facts, carrier, answering, rules)
        if decided is not None:
            decisions.append(decided)
    unregistered = {complaint for complaint, each in judged.items() if each.standing is Standing.UNREGISTERED}
    if unregistered:
        asked = _ask(facts, unregistered, rules)
        if asked is not None:
            decisions.append(asked)
    return decisions


def may_lead_on(facts: Facts, arrivals: Iterable[Judgement]) -> bool:
    """Whether arrivals that stand like this can lead to anything at all: not where it was decided before."""
    return any(
        not _is_ordered(facts, each.filing.carrier)
        if each.filing is not None
        else each.standing is Standing.UNREGISTERED and not _is_asked(facts)
        for each in arrivals
    )


def _is_ordered(facts: Facts, carrier: str) -> bool:
    """Whether there is an open order for the number's port at this carrier."""
    return any(order.carrier == carrier and order.lifted_at is None for order in facts.orders)


def _is_asked(facts: Facts) -> bool:
    """Whether carriers were asked about the number: once, until an order about it is lifted, or it is filed and
    falls out of the register again."""
    if any(order.lifted_at is None for order in facts.orders):
        return True
    turns = (_last_lifting(facts.orders), facts.register.last_change(facts.now))
    since = max((each for each in turns if each is not None), default=None)
    return any(since is None or each.sent_at >= since for each in facts.enquiries)


def _last_lifting(orders: Iterable[PastOrder]) -> datetime | None:
    """Since when complaints count: staff who lift an order have judged what was sent before. A listing that ends
    judges nothing."""
    liftings = (order.lifted_at for order in orders if not order.by_listing)
    return max((each for each in liftings if each is not None), default=None)


def _shut(facts: Facts, carrier: str, answering: Mapping[UUID, Judgement], rules: Rules) -> Shut | None:
    """Whether the number's port at `carrier` is to be shut: the first arrival that gives a ground decides, and of
    several grounds the gravest."""
    if _is_ordered(facts, carrier):
        return None
    here = [order for order in facts.orders if order.carrier == carrier]
    before, arrivals = _parted(facts, {order.cause for order in here})
    since = _last_lifting(here)
    found: tuple[int, Ground, list[Evidence]] | None = None
    for ground in OF_A_FILED_PORT:
        speaking = {each.complaint for each in (*before, *arrivals) if _speaks_for(ground, each, answering)}
        hit = first_to_reach(before, arrivals, _bar_of(ground, rules), _counted(speaking, since))
        if hit is not None and (found is None or hit[0] < found[0]):
            found = hit[0], ground, hit[1]
    if found is None:
        return None
    index, ground, span = found
    trigger = arrivals[index]
    judgement = answering[trigger.complaint]
    assert judgement.filing is not None
    return Shut(
        carrier=carrier,
        ground=ground,
        attribution=judgement.standing,
        holder=judgement.filing.holder,
        provider=judgement.filing.provider,
        province=judgement.filing.province,
        finding=_finding(ground, trigger, span, People([*before, *arrivals[: index + 1]]), rules),
    )


def _ask(facts: Facts, unregistered: set[UUID], rules: Rules) -> Ask | None:
    """Whether carriers are to be asked whose number this is."""
    if _is_asked(facts):
        return None
    before, arrivals = _parted(facts, {each.cause for each in facts.enquiries})
    counts = _counted(unregistered, _last_lifting(facts.orders))
    hit = first_to_reach(before, arrivals, _bar_of(Ground.UNREGISTERED, rules), counts)
    if hit is None:
        return None
    holders = _holders(facts.owners)
    if holders:
        because, carriers = Addressed.ACCESS_CODE, tuple(sorted(holders))
    elif facts.planned:
        because, carriers = Addressed.PLAN, tuple(facts.planned)
    else:
        because, carriers = Addressed.EVERY_CARRIER, tuple(facts.carriers)
    index, span = hit
    people = People([*before, *arrivals[: index + 1]])
    finding = _finding(Ground.UNREGISTERED, arrivals[index], span, people, rules)
    return Ask(carriers=carriers, because=because, holders=holders, finding=finding)


def _holders(owners: Sequence[Owner]) -> dict[str, str | None]:
    """The one holder of the access code at each carrier, if it is one."""
    holders: dict[str, str | None] = {}
    for owner in owners:
        holders[owner.carrier] = None if owner.carrier in holders else owner.holder
    return holders


def ground_stands(ground: Ground, carrier: str, facts: Facts, rules: Rules) -> bool:
    """Whether the evidence there is now, `facts.before`, still gives this ground for shutting the number at
    `carrier`."""
    judged = {each.complaint: judge(each, facts.register, facts.now) for each in facts.before}
    if ground is Ground.UNREGISTERED:
        since = _last_lifting(facts.orders)
        speaking = {each for each, judgement in judged.items() if judgement.standing is Standing.UNREGISTERED}
    else:
        since = _last_lifting(order for order in facts.orders if order.carrier == carrier)
        answering = _by_carrier(judged).get(carrier, {})
        speaking = {each.complaint for each in facts.before if _speaks_for(ground, each, answering)}
    counting = sorted(filter(_counted(speaking, since), facts.before), key=lambda each: each.sent_at)
    bar_of, people = _bar_of(ground, rules), People(facts.before)
    return any((bar := bar_of(each)) is not None and span_around(each, counting, bar, people) for each in counting)


def _by_carrier(judged: Mapping[UUID, Judgement]) -> dict[str, dict[UUID, Judgement]]:
    """The complaints that a filing answers for, by the carrier where it is filed."""
    by_carrier: dict[str, dict[UUID, Judgement]] = defaultdict(dict)
    for complaint, judgement in judged.items():
        if judgement.filing is not None:
            by_carrier[judgement.filing.carrier][complaint] = judgement
    return by_carrier


def _parted(facts: Facts, spent: Container[str]) -> tuple[list[Evidence], list[Evidence]]:
    """The evidence that was there before, and what came now.

    What caused a measure once (`spent`) counts like all else, but as something that was there before: it causes no
    second one.
    """
    before: list[Evidence] = list(facts.before)
    arrivals: list[Evidence] = []
    for each in facts.arrivals:
        (before if reference("complaint", each.complaint) in spent else arrivals).append(each)
    return before, arrivals


def _counted(wanted: Container[UUID], since: datetime | None) -> Callable[[Evidence], bool]:
    """Tells of evidence whether it is wanted, and of a message sent since the last lifting."""
    return lambda each: each.complaint in wanted and (since is None or each.sent_at >= since)


def _speaks_for(ground: Ground, evidence: Evidence, answering: Mapping[UUID, Judgement]) -> bool:
    """Whether a complaint that a filing answers for counts towards this ground."""
    judgement = answering.get(evidence.complaint)
    if judgement is None:
        return False
    if ground is Ground.SUSPECTED_CRIME:
        return evidence.crime
    if ground is Ground.SUBLET:
        return judgement.standing is Standing.SUBLET_SUSPECTED
    return True


def _bar_of(ground: Ground, rules: Rules) -> Callable[[Evidence], Bar | None]:
    def bar_of(evidence: Evidence) -> Bar | None:
        rule = rules(ground, day_of(evidence.sent_at))
        return None if rule is None else rule.bar

    return bar_of


def _finding(ground: Ground, trigger: Evidence, span: Sequence[Evidence], people: People, rules: Rules) -> Finding:
    rule = rules(ground, day_of(trigger.sent_at))
    assert rule is not None
    spoken = people.first_of_each(span)
    reason = (
        f"{len(spoken)} different vouched complainants of messages sent within {_length(rule.bar.window)}; "
        f"the bar is {rule.bar.complainants}"
    )
    return Finding(trigger=trigger, span=span, spoken=spoken, reason=reason, rule=rule.citation)


def day_of(moment: datetime) -> date:
    """The day of an act or a step, as the law counts days."""
    return moment.astimezone(LEGAL_TIME).date()


def _length(span: timedelta) -> str:
    return f"{span.days} days" if span >= timedelta(days=1) else f"{int(span.total_seconds())} seconds"
