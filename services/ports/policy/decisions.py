"""What follows from the complaints about one number: nothing, an order, or an enquiry first.

Pure: the same situation and rules give the same decision, with its reasons, however complaints are batched, in order or
late.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from chassis.aggregate import union
from chassis.calendar import day_of
from chassis.citation import Citation
from chassis.ids import reference
from services.ports.model import Addressed, ShutdownGround
from services.ports.model.order import OF_A_FILED_PORT
from services.ports.policy.complainants import DistinctComplainants
from services.ports.policy.evidence import Evidence, Judgement, SenderAttribution, judge
from services.ports.policy.independence import AutomaticRule, is_independent, length
from services.ports.policy.situation import AccessCodeHolder, Situation
from services.ports.policy.windows import ComplainantThreshold, first_to_reach, span_around


@dataclass(frozen=True, slots=True)
class ThresholdRule:
    """A threshold as one version of a rule sets it."""

    threshold: ComplainantThreshold
    citation: Citation


ThresholdRules = Callable[[ShutdownGround, date], ThresholdRule | None]
"""The rule for a ground (unregistered: for enquiring) that was in force on a day; None: there was none."""


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
    def complaints(self) -> tuple[str, ...]:
        """References to the complaints that counted."""
        return tuple(reference("complaint", each.complaint) for each in self.counted)

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
    """Order the carrier to shut the number; where there are `reservations`, propose that to a person."""

    carrier: str
    ground: ShutdownGround
    attribution: SenderAttribution
    holder: str | None
    provider: str | None
    province: str | None
    basis: ReachedThreshold
    automatic: Citation
    reservations: tuple[str, ...]

    @property
    def number(self) -> str:
        """The number to shut."""
        return self.basis.trigger.number


@dataclass(frozen=True, slots=True, kw_only=True)
class EnquiryDecision:
    """Ask these carriers whether the number is theirs."""

    carriers: tuple[str, ...]
    because: Addressed
    holders: Mapping[str, str | None]
    """The holder of the number's access code, by carrier; None where several enterprises have filings on it."""
    basis: ReachedThreshold


@dataclass(frozen=True, slots=True)
class _Bar:
    """What a ground needs: the threshold that a complaint may complete (None: no rule was in force on the day of its
    message), and which complaints count."""

    threshold_of: Callable[[Evidence], ComplainantThreshold | None]
    counts: Callable[[Evidence], bool]

    @classmethod
    def of(
        cls, ground: ShutdownGround, supporting: Container[UUID], since: datetime | None, rules: ThresholdRules
    ) -> _Bar:
        """The bar by these rules, for the supporting complaints about messages sent since a moment."""

        def threshold_of(evidence: Evidence) -> ComplainantThreshold | None:
            rule = rules(ground, day_of(evidence.sent_at))
            return None if rule is None else rule.threshold

        return cls(threshold_of, lambda each: each.complaint in supporting and (since is None or each.sent_at >= since))

    def automatic(self, rule: AutomaticRule) -> _Bar:
        """The bar for an order without a person."""

        def threshold_of(evidence: Evidence) -> ComplainantThreshold | None:
            threshold = self.threshold_of(evidence)
            return None if threshold is None else replace(threshold, accepts=rule.allows)

        return _Bar(threshold_of, lambda each: self.counts(each) and is_independent(each))

    def span_in(self, evidence: Sequence[Evidence]) -> Sequence[Evidence] | None:
        """A span of this evidence that reaches the bar."""
        counting, people = sorted(filter(self.counts, evidence), key=_sent_at), DistinctComplainants(evidence)
        for each in counting:
            threshold = self.threshold_of(each)
            if threshold is not None and (span := span_around(each, counting, threshold, people)) is not None:
                return span
        return None


def decide(
    situation: Situation, rules: ThresholdRules, automatic: AutomaticRule
) -> list[ShutdownDecision | EnquiryDecision]:
    """What follows from `situation.arrivals`."""
    judged = _judged(situation, (*situation.before, *situation.arrivals))
    situation = _with_those_who_filed(situation, judged)
    decisions: list[ShutdownDecision | EnquiryDecision] = []
    for carrier, covered in sorted(_by_carrier(judged).items()):
        shutdown = _decide_on_port(situation, carrier, covered, rules, automatic)
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
        not situation.is_ordered(each.filing.carrier)
        if each.filing is not None
        else each.attribution is SenderAttribution.UNREGISTERED and not situation.is_asked()
        for each in arrivals
    )


def ground_holds(ground: ShutdownGround, carrier: str, situation: Situation, rules: ThresholdRules) -> bool:
    """Whether the present evidence, `situation.before`, still gives this ground for shutting the number at
    `carrier`."""
    return _present_bar(ground, carrier, situation, rules).span_in(situation.before) is not None


def reservations(
    ground: ShutdownGround, carrier: str, situation: Situation, rules: ThresholdRules, automatic: AutomaticRule
) -> tuple[str, ...]:
    """Why a person must decide whether to shut the number at `carrier` on the present evidence, `situation.before`;
    empty where an order may follow at once."""
    bar = _present_bar(ground, carrier, situation, rules)
    if bar.automatic(automatic).span_in(situation.before) is not None:
        return ()
    span = bar.span_in(situation.before)
    return ("too few complaints count by now",) if span is None else automatic.reservations(span)


def _present_bar(ground: ShutdownGround, carrier: str, situation: Situation, rules: ThresholdRules) -> _Bar:
    judged = _judged(situation, situation.before)
    if ground is ShutdownGround.UNREGISTERED:
        return _Bar.of(ground, _unregistered(judged), situation.last_lifting(), rules)
    supporting = _supporting(ground, situation.before, _by_carrier(judged).get(carrier, {}))
    return _Bar.of(ground, supporting, situation.judged_until(carrier), rules)


def _judged(situation: Situation, evidence: Iterable[Evidence]) -> dict[UUID, Judgement]:
    return {each.complaint: judge(each, situation.extract, situation.now) for each in evidence}


def _with_those_who_filed(situation: Situation, judged: Mapping[UUID, Judgement]) -> Situation:
    """The situation in which who filed the port has a part in the complaints that are judged by that."""

    def joined(evidence: Sequence[Evidence]) -> list[Evidence]:
        return [judged[each.complaint].with_those_who_filed(each) for each in evidence]

    return replace(situation, before=joined(situation.before), arrivals=joined(situation.arrivals))


def _unregistered(judged: Mapping[UUID, Judgement]) -> set[UUID]:
    return {complaint for complaint, each in judged.items() if each.attribution is SenderAttribution.UNREGISTERED}


def _decide_on_port(
    situation: Situation,
    carrier: str,
    covered: Mapping[UUID, Judgement],
    rules: ThresholdRules,
    automatic: AutomaticRule,
) -> ShutdownDecision | None:
    """Whether to shut the number's port at `carrier`: at once where the evidence allows it, else by one proposal."""
    if situation.is_ordered(carrier):
        return None
    before, arrivals = _split(situation, {order.cause for order in situation.orders if order.carrier == carrier})
    since = situation.judged_until(carrier)
    bars = {
        ground: _Bar.of(ground, _supporting(ground, (*before, *arrivals), covered), since, rules)
        for ground in OF_A_FILED_PORT
    }
    reached = _first_ground(before, arrivals, bars)
    # Most numbers reach no bar, and what does not reach it does not suffice for an order either.
    if reached is None:
        return None
    found = _first_ground(before, arrivals, {ground: bar.automatic(automatic) for ground, bar in bars.items()})
    reserved = found is None
    if found is None:
        if situation.is_proposed(carrier):
            return None
        found = reached
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
        automatic=automatic.citation,
        reservations=automatic.reservations(span) if reserved else (),
    )


def _first_ground(
    before: Sequence[Evidence], arrivals: Sequence[Evidence], bars: Mapping[ShutdownGround, _Bar]
) -> tuple[int, ShutdownGround, list[Evidence]] | None:
    """The index of the first arrival that reaches a bar, of several grounds the gravest one, and the span."""
    found: tuple[int, ShutdownGround, list[Evidence]] | None = None
    for ground, bar in bars.items():
        hit = first_to_reach(before, arrivals, bar.threshold_of, bar.counts)
        if hit is not None and (found is None or hit[0] < found[0]):
            found = hit[0], ground, hit[1]
    return found


def _decide_on_enquiry(situation: Situation, unregistered: set[UUID], rules: ThresholdRules) -> EnquiryDecision | None:
    """Whether to ask carriers about the number, and which ones."""
    if situation.is_asked():
        return None
    before, arrivals = _split(situation, {each.cause for each in situation.enquiries})
    bar = _Bar.of(ShutdownGround.UNREGISTERED, unregistered, situation.last_lifting(), rules)
    hit = first_to_reach(before, arrivals, bar.threshold_of, bar.counts)
    if hit is None:
        return None
    index, span = hit
    holders = _holders(situation.holders.get(arrivals[index].sent_at, ()))
    if holders:
        because, carriers = Addressed.ACCESS_CODE, tuple(sorted(holders))
    elif situation.planned:
        because, carriers = Addressed.PLAN, tuple(situation.planned)
    else:
        because, carriers = Addressed.EVERY_CARRIER, tuple(situation.carriers)
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


def _supporting(
    ground: ShutdownGround, evidence: Iterable[Evidence], covered: Mapping[UUID, Judgement]
) -> Container[UUID]:
    """The complaints that count towards this ground, of those that a filing covers."""
    return {each.complaint for each in evidence if _supports(ground, each, covered)}


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
        f"{len(counted)} different vouched complainants of messages sent within {length(rule.threshold.window)}; "
        f"the bar is {rule.threshold.complainants}"
    )
    return ReachedThreshold(trigger=trigger, span=span, counted=counted, reason=reason, rule=rule.citation)


def _sent_at(each: Evidence) -> datetime:
    return each.sent_at
