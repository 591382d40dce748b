"""Complaints as evidence about numbers, and the orders and enquiries that follow from them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from chassis import clock
from chassis.aggregate import Cause
from chassis.calendar import day_of
from chassis.database import Tx
from chassis.events.envelope import Message, newest
from contracts.carriers import CARRIERS
from contracts.complaints import ComplaintAssessed, ComplaintWithdrawn
from contracts.numbers import NumberKind, SenderNumber
from services.ports.commands.grounds import recheck_grounds
from services.ports.commands.measures import order_shutdown, propose_shutdown, send_enquiries
from services.ports.commands.proposals import withdraw_proposals_of
from services.ports.model import Enquiry, Order, ShutdownProposal
from services.ports.policy.decisions import EnquiryDecision, can_trigger, decide
from services.ports.policy.evidence import Evidence, JudgedEvidence, RegisterExtract, SenderAttribution, judge
from services.ports.policy.rulebook import automatic_rule, longest_window, rule_for
from services.ports.policy.situation import Situation
from services.ports.store.enquiries import past_enquiries, save_enquiries
from services.ports.store.evidence import counting_evidence, save_evidence, save_withdrawals
from services.ports.store.locks import lock_numbers
from services.ports.store.orders import past_orders, save_orders
from services.ports.store.proposals import past_proposals, save_proposals
from services.ports.store.register import access_code_holders, register_extracts


def take_evidence(tx: Tx, messages: Sequence[Message[ComplaintAssessed]]) -> None:
    """Store assessments of complaints about ports as evidence, decide on their numbers, and recheck the grounds of
    orders where an assessment corrects an earlier one."""
    latest = newest(
        [each for each in messages if each.event.sender.kind == NumberKind.PORT], lambda event: event.complaint
    )
    if not latest:
        return
    now = clock.now()
    numbers = lock_numbers(tx, (each.event.sender.number for each in latest.values()))
    extracts = register_extracts(tx, numbers)
    judged = {complaint: _judged(each, extracts, now) for complaint, each in latest.items()}
    written = save_evidence(tx, list(judged.values()))
    new = {each.complaint for each in written}
    arrivals = [each for complaint, each in judged.items() if complaint in new and each.evidence.counts]
    _decide_on(tx, arrivals, extracts, now)
    recheck_grounds(tx, {each.number: judged[each.complaint].cause for each in written if each.corrected}, now)


def withdraw_evidence(tx: Tx, messages: Sequence[Message[ComplaintWithdrawn]]) -> None:
    """Exclude withdrawn complaints from the evidence, and recheck the grounds of orders about their numbers."""
    ports = [each for each in messages if SenderNumber.of(each.event.number).kind is NumberKind.PORT]
    latest = newest(ports, lambda event: event.complaint)
    if not latest:
        return
    numbers = [each.event.number for each in latest.values()]
    lock_numbers(tx, numbers)
    written = save_withdrawals(tx, list(latest), [each.version for each in latest.values()], numbers)
    recheck_grounds(tx, {each.number: latest[each.complaint].caused() for each in written}, clock.now())


def _judged(
    message: Message[ComplaintAssessed], extracts: Mapping[str, RegisterExtract], now: datetime
) -> JudgedEvidence:
    evidence = Evidence.of(message.event, message.time, message.cause.actors)
    return JudgedEvidence(
        message.version, evidence, judge(evidence, extracts[evidence.number], now), cause=message.caused()
    )


def _decide_on(
    tx: Tx, arrivals: Sequence[JudgedEvidence], extracts: Mapping[str, RegisterExtract], now: datetime
) -> None:
    by_number: dict[str, list[JudgedEvidence]] = defaultdict(list)
    for each in arrivals:
        if each.judgement.attribution is not SenderAttribution.DECLARED_LATE:
            by_number[each.evidence.number].append(each)
    if not by_number:
        return
    numbers = list(by_number)
    orders, enquiries, proposals = past_orders(tx, numbers), past_enquiries(tx, numbers), past_proposals(tx, numbers)
    undecided: dict[str, Situation] = {}
    for number, judged in by_number.items():
        situation = Situation(
            extract=extracts[number],
            orders=orders.get(number, ()),
            enquiries=enquiries.get(number, ()),
            proposals=proposals.get(number, ()),
            arrivals=[each.evidence for each in judged],
            now=now,
        )
        if can_trigger(situation, (each.judgement for each in judged)):
            undecided[number] = situation
    causes = {each.evidence.complaint: each.cause for each in arrivals}
    _carry_out(tx, _completed(tx, undecided, by_number), causes, now)


def _completed(
    tx: Tx, undecided: Mapping[str, Situation], by_number: Mapping[str, Sequence[JudgedEvidence]]
) -> Iterator[Situation]:
    """The situations, completed by the evidence that was there before the arrivals, and by the carriers to ask."""
    if not undecided:
        return
    window = longest_window({day_of(each.sent_at) for situation in undecided.values() for each in situation.arrivals})
    spans = {
        number: (
            min(each.sent_at for each in situation.arrivals) - window,
            max(each.sent_at for each in situation.arrivals) + window,
        )
        for number, situation in undecided.items()
    }
    evidence = counting_evidence(tx, spans)
    senders = {
        number: SenderNumber.of(number)
        for number in undecided
        if any(each.judgement.attribution is SenderAttribution.UNREGISTERED for each in by_number[number])
    }
    # Not who holds the code now: an order that follows names its holder as responsible for these messages.
    holders = access_code_holders(
        tx,
        (
            (sender.access_code, each.sent_at)
            for number, sender in senders.items()
            if sender.access_code is not None
            for each in undecided[number].arrivals
        ),
    )
    for number, situation in undecided.items():
        arrived = {each.complaint for each in situation.arrivals}
        sender = senders.get(number)
        yield replace(
            situation,
            before=[each for each in evidence.get(number, ()) if each.complaint not in arrived],
            holders=holders.get(sender.access_code or "", {}) if sender else {},
            planned=sender.carriers if sender else (),
            carriers=sorted(CARRIERS),
        )


def _carry_out(tx: Tx, undecided: Iterable[Situation], causes: Mapping[UUID, Cause], now: datetime) -> None:
    orders: list[Order] = []
    enquiries: list[Enquiry] = []
    proposals: list[ShutdownProposal] = []
    for situation in undecided:
        for decision in decide(situation, rule_for, automatic_rule(now)):
            cause = causes[decision.basis.trigger.complaint]
            if isinstance(decision, EnquiryDecision):
                enquiries.extend(send_enquiries(decision, now, cause))
            elif decision.reservations:
                proposals.append(propose_shutdown(decision, now, cause))
            else:
                orders.append(order_shutdown(decision, now, cause))
    save_orders(tx, orders)
    save_enquiries(tx, enquiries)
    save_proposals(tx, proposals)
    withdraw_proposals_of(tx, orders, now)
