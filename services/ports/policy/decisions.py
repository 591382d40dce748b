"""What follows from the complaints about one number: nothing, an order, or an enquiry first.

Pure: the same situation and rules give the same decision, with its reasons, however complaints are batched, in order or
late.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from chassis.aggregate import union
from chassis.calendar import day_of
from chassis.citation import Citation
from services.ports.model import Addressed, ShutdownGround
from services.ports.model.order import OF_A_FILED_PORT, reference
from services.ports.policy.complainants import DistinctComplainants
from services.ports.policy.evidence import Evidence, Judgement, RegisterExtract, SenderAttribution, judge
from services.ports.policy.windows import ComplainantThreshold, first_to_reach, span_around


@dataclass(frozen=True, slots=True)
class ThresholdRule:
    """A threshold as one version of a rule sets it."""

    threshold: ComplainantThreshold
    citation: Citation


ThresholdRules = Callable[[ShutdownGround, date], ThresholdRule | None]
"""The rule for a ground (unregistered: for enquiring) that was in force on a day; None: there was none."""


@dataclass(frozen=True, slots=True)
class PastOrder:
    """An earlier order about the number, and the complaint or enquiry that caused it. `by_listing`: it was not based on
    complaints, so its lifting does not affect them."""

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
class AccessCodeHolder:
    """An enterprise that holds an access code at a carrier, as filings on the code show."""

    carrier: str
    holder: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """Everything that a decision about one number is based on.

    `before` is the evidence that was there, `arrivals` is new, in the order of receipt; a corrected complaint is an
    arrival. `planned` are the carriers that the numbering plan assigns the number to, `carriers` all that exist.
    """

    extract: RegisterExtract
    holders: Sequence[AccessCodeHolder] = ()
    planned: Sequence[str] = ()
    carriers: Sequence[str] = ()
    before: Sequence[Evidence] = ()
    arrivals: Sequence[Evidence] = ()
    orders: Sequence[PastOrder] = ()
    enquiries: Sequence[PastEnquiry] = ()
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReachedThreshold:
    """A threshold that was reached: by which complaint, in which span, by which version of which rule.

    `counted` is the first complaint within the span of each person who counted.
    """

    trigger: Evidence
    span: Sequence[Evidence]
    counted: Sequence[Evidence]
    reason: str
    rule: Citation

    @property
    def complainants(self) -> int:
        """How many different people complained."""
        return len(self.counted)

    @property
    def actors(self) -> tuple[str, ...]:
        """The persons in the chains of the complaints in the span."""
        return union(*(each.actors for each in self.span))


@dataclass(frozen=True, slots=True, kw_only=True)
class ShutdownDecision:
    """Order the carrier to shut the number."""

    carrier: str
    ground: ShutdownGround
    attribution: SenderAttribution
    holder: str | None
    provider: str | None
    province: str | None
    basis: ReachedThreshold


@dataclass(frozen=True, slots=True, kw_only=True)
class EnquiryDecision:
    """Ask these carriers whether the number is theirs."""

    carriers: tuple[str, ...]
    because: Addressed
    holders: Mapping[str, str | None]
    """The holder of the number's access code, by carrier; None where several enterprises have filings on it."""
    basis: ReachedThreshold


def decide(situation: Situation, rules: ThresholdRules) -> list[ShutdownDecision | EnquiryDecision]:
    """What follows from `situation.arrivals`."""
    judged = _judged(situation, (*situation.before, *situation.arrivals))
    decisions: list[ShutdownDecision | EnquiryDecision] = []
    for carrier, covered in sorted(_by_carrier(judged).items()):
        shutdown = _decide_on_port(situation, carrier, covered, rules)
        if shutdown is not None:
            decisions.append(shutdown)
    unregistered = _unregistered(judged)
    if unregistered:
        enquiry = _decide_on_enquiry(situation, unregistered, rules)
        if enquiry is not None:
            decisions.append(enquiry)
    return decisions


def can_trigger(situation: Situation, arrivals: Iterable[Judgement]) -> bool:
    """Whether arrivals with these judgements can trigger anything at all: not where the number was decided before."""
    return any(
        not _is_ordered(situation, each.filing.carrier)
        if each.filing is not None
        else each.attribution is SenderAttribution.UNREGISTERED and not _is_asked(situation)
        for each in arrivals
    )


def ground_holds(ground: ShutdownGround, carrier: str, situation: Situation, rules: ThresholdRules) -> bool:
    """Whether the present evidence, `situation.before`, still gives this ground for shutting the number at
    `carrier`."""
    judged = _judged(situation, situation.before)
    if ground is ShutdownGround.UNREGISTERED:
        since = _last_lifting(situation.orders)
        supporting: Container[UUID] = _unregistered(judged)
    else:
        since = _last_lifting(order for order in situation.orders if order.carrier == carrier)
        covered = _by_carrier(judged).get(carrier, {})
        supporting = {each.complaint for each in situation.before if _supports(ground, each, covered)}
    counting = sorted(filter(_counts(supporting, since), situation.before), key=lambda each: each.sent_at)
    threshold_of, people = _threshold_of(ground, rules), DistinctComplainants(situation.before)
    return any(
        (threshold := threshold_of(each)) is not None and span_around(each, counting, threshold, people)
        for each in counting
    )


def _judged(situation: Situation, evidence: Iterable[Evidence]) -> dict[UUID, Judgement]:
    return {each.complaint: judge(each, situation.extract, situation.now) for each in evidence}


def _unregistered(judged: Mapping[UUID, Judgement]) -> set[UUID]:
    return {complaint for complaint, each in judged.items() if each.attribution is SenderAttribution.UNREGISTERED}


def _is_ordered(situation: Situation, carrier: str) -> bool:
    """Whether there is an open order for the number's port at this carrier."""
    return any(order.carrier == carrier and order.lifted_at is None for order in situation.orders)


def _is_asked(situation: Situation) -> bool:
    """Whether carriers were asked about the number: once, until an order about it is lifted, or it is filed and that
    filing ends."""
    if any(order.lifted_at is None for order in situation.orders):
        return True
    turns = (_last_lifting(situation.orders), situation.extract.last_change(situation.now))
    since = max((each for each in turns if each is not None), default=None)
    return any(since is None or each.sent_at >= since for each in situation.enquiries)


def _last_lifting(orders: Iterable[PastOrder]) -> datetime | None:
    """Since when complaints count: staff who lift an order have judged the messages sent before. The end of a listing
    judges none."""
    liftings = (order.lifted_at for order in orders if not order.by_listing)
    return max((each for each in liftings if each is not None), default=None)


def _decide_on_port(
    situation: Situation, carrier: str, covered: Mapping[UUID, Judgement], rules: ThresholdRules
) -> ShutdownDecision | None:
    """Whether to shut the number's port at `carrier`: the first arrival that gives a ground decides, and of several
    grounds the gravest one."""
    if _is_ordered(situation, carrier):
        return None
    orders = [order for order in situation.orders if order.carrier == carrier]
    before, arrivals = _split(situation, {order.cause for order in orders})
    since = _last_lifting(orders)
    found: tuple[int, ShutdownGround, list[Evidence]] | None = None
    for ground in OF_A_FILED_PORT:
        supporting = {each.complaint for each in (*before, *arrivals) if _supports(ground, each, covered)}
        hit = first_to_reach(before, arrivals, _threshold_of(ground, rules), _counts(supporting, since))
        if hit is not None and (found is None or hit[0] < found[0]):
            found = hit[0], ground, hit[1]
    if found is None:
        return None
    index, ground, span = found
    trigger = arrivals[index]
    judgement = covered[trigger.complaint]
    assert judgement.filing is not None
    basis = _reached(ground, trigger, span, DistinctComplainants([*before, *arrivals[: index + 1]]), rules)
    return ShutdownDecision(
        carrier=carrier,
        ground=ground,
        attribution=judgement.attribution,
        holder=judgement.filing.holder,
        # The port is shut in any case. Messages that may have another signature do not name its provider.
        provider=None if any(each.signature_unreadable for each in basis.counted) else judgement.filing.provider,
        province=judgement.filing.province,
        basis=basis,
    )


def _decide_on_enquiry(situation: Situation, unregistered: set[UUID], rules: ThresholdRules) -> EnquiryDecision | None:
    """Whether to ask carriers about the number, and which ones."""
    if _is_asked(situation):
        return None
    before, arrivals = _split(situation, {each.cause for each in situation.enquiries})
    counts = _counts(unregistered, _last_lifting(situation.orders))
    hit = first_to_reach(before, arrivals, _threshold_of(ShutdownGround.UNREGISTERED, rules), counts)
    if hit is None:
        return None
    holders = _holders(situation.holders)
    if holders:
        because, carriers = Addressed.ACCESS_CODE, tuple(sorted(holders))
    elif situation.planned:
        because, carriers = Addressed.PLAN, tuple(situation.planned)
    else:
        because, carriers = Addressed.EVERY_CARRIER, tuple(situation.carriers)
    index, span = hit
    people = DistinctComplainants([*before, *arrivals[: index + 1]])
    basis = _reached(ShutdownGround.UNREGISTERED, arrivals[index], span, people, rules)
    return EnquiryDecision(carriers=carriers, because=because, holders=holders, basis=basis)


def _holders(found: Sequence[AccessCodeHolder]) -> dict[str, str | None]:
    """The holder of the access code at each carrier; None where there are several."""
    holders: dict[str, str | None] = {}
    for each in found:
        holders[each.carrier] = None if each.carrier in holders else each.holder
    return holders


def _by_carrier(judged: Mapping[UUID, Judgement]) -> dict[str, dict[UUID, Judgement]]:
    """The complaints that a filing covers, by the carrier where it is filed."""
    by_carrier: dict[str, dict[UUID, Judgement]] = defaultdict(dict)
    for complaint, judgement in judged.items():
        if judgement.filing is not None:
            by_carrier[judgement.filing.carrier][complaint] = judgement
    return by_carrier


def _split(situation: Situation, spent: Container[str]) -> tuple[list[Evidence], list[Evidence]]:
    """The evidence that was there before, and the arrivals.

    A complaint that caused a measure once (`spent`) still counts, but as evidence that was there before: it triggers no
    second measure.
    """
    before: list[Evidence] = list(situation.before)
    arrivals: list[Evidence] = []
    for each in situation.arrivals:
        (before if reference("complaint", each.complaint) in spent else arrivals).append(each)
    return before, arrivals


def _counts(wanted: Container[UUID], since: datetime | None) -> Callable[[Evidence], bool]:
    """The filter for wanted complaints about messages sent since the last lifting."""
    return lambda each: each.complaint in wanted and (since is None or each.sent_at >= since)


def _supports(ground: ShutdownGround, evidence: Evidence, covered: Mapping[UUID, Judgement]) -> bool:
    """Whether a complaint that a filing covers counts towards this ground."""
    judgement = covered.get(evidence.complaint)
    if judgement is None:
        return False
    if ground is ShutdownGround.SUSPECTED_CRIME:
        return evidence.crime
    if ground is ShutdownGround.SUBLET:
        return judgement.attribution is SenderAttribution.SUBLET_SUSPECTED
    return True


def _threshold_of(ground: ShutdownGround, rules: ThresholdRules) -> Callable[[Evidence], ComplainantThreshold | None]:
    def threshold_of(evidence: Evidence) -> ComplainantThreshold | None:
        rule = rules(ground, day_of(evidence.sent_at))
        return None if rule is None else rule.threshold

    return threshold_of


def _reached(
    ground: ShutdownGround,
    trigger: Evidence,
    span: Sequence[Evidence],
    people: DistinctComplainants,
    rules: ThresholdRules,
) -> ReachedThreshold:
    rule = rules(ground, day_of(trigger.sent_at))
    assert rule is not None
    counted = people.first_of_each(span)
    reason = (
        f"{len(counted)} different vouched complainants of messages sent within {_length(rule.threshold.window)}; "
        f"the bar is {rule.threshold.complainants}"
    )
    return ReachedThreshold(trigger=trigger, span=span, counted=counted, reason=reason, rule=rule.citation)


def _length(span: timedelta) -> str:
    return f"{span.days} days" if span >= timedelta(days=1) else f"{int(span.total_seconds())} seconds"
