"""What this service hears, and what it does about it: complaints assessed and withdrawn become evidence about a
number, evidence becomes orders and enquiries, and what the credit lists forbid an enterprise keeps its filings out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from chassis import clock
from chassis.aggregate import Cause
from chassis.database import Tx
from chassis.events.envelope import Message, newest
from chassis.events.routing import Routing
from contracts.carriers import CARRIERS
from contracts.complaints import ComplaintAssessed, ComplaintWithdrawn
from contracts.credit import StandingChanged
from contracts.numbers import NumberKind, SenderNumber
from contracts.vocabulary import Category
from services.ports.commands.grounds import recheck_grounds
from services.ports.commands.listings import follow_standings
from services.ports.commands.measures import order_shutdown, send_enquiries
from services.ports.model import Enquiry, Order
from services.ports.policy.decisions import Facts, Shut, day_of, decide, may_lead_on
from services.ports.policy.evidence import Evidence, Judgement, Register, Standing, judge
from services.ports.policy.rulebook import longest_window, rule_for
from services.ports.store import locks
from services.ports.store.enquiries import past_enquiries, save_enquiries
from services.ports.store.evidence import Assessed, counting, take_assessments, take_withdrawals
from services.ports.store.orders import past_orders, save_orders
from services.ports.store.register import owners_of, registers_of

Assessment = Message[ComplaintAssessed]
Withdrawal = Message[ComplaintWithdrawn]


def take_evidence(tx: Tx, messages: Sequence[Assessment]) -> None:
    """Write assessments of complaints about ports down as evidence, decide on the numbers they are about, and see
    whether corrected ones took an order's ground away."""
    latest = newest(
        [each for each in messages if each.event.sender.kind == NumberKind.PORT], lambda event: event.complaint
    )
    if not latest:
        return
    now = clock.now()
    numbers = locks.deciding(tx, (each.event.sender.number for each in latest.values()))
    registers = registers_of(tx, numbers)
    heard = {complaint: _heard(each, registers, now) for complaint, each in latest.items()}
    taken = take_assessments(tx, [each.assessed for each in heard.values()])
    written = {each.complaint for each in taken}
    arrivals = [each for complaint, each in heard.items() if complaint in written and each.assessed.counts]
    _decide(tx, arrivals, registers, now)
    corrected = {each.number: latest[each.complaint].caused() for each in taken if each.corrected}
    recheck_grounds(tx, corrected, now)


def withdraw_evidence(tx: Tx, messages: Sequence[Withdrawal]) -> None:
    """Let withdrawn complaints count no more, and see whether that took an order's ground away."""
    ports = [each for each in messages if SenderNumber.parse(each.event.number).kind is NumberKind.PORT]
    latest = newest(ports, lambda event: event.complaint)
    if not latest:
        return
    numbers = {complaint: each.event.number for complaint, each in latest.items()}
    locks.deciding(tx, numbers.values())
    versions = [each.version for each in latest.values()]
    taken = take_withdrawals(tx, list(latest), versions, list(numbers.values()))
    recheck_grounds(tx, {each.number: latest[each.complaint].caused() for each in taken}, clock.now())


def limit_enterprises(tx: Tx, messages: Sequence[Message[StandingChanged]]) -> None:
    """Let what the credit lists forbid enterprises hold for what they file, and for the ports they have."""
    follow_standings(tx, list(newest(messages, lambda event: event.code).values()))


REACTIONS: Routing = {
    ComplaintAssessed: take_evidence,
    ComplaintWithdrawn: withdraw_evidence,
    StandingChanged: limit_enterprises,
}


@dataclass(frozen=True, slots=True)
class _Heard:
    """An assessment as it goes into the evidence, how it stands, and what caused it."""

    assessed: Assessed
    judgement: Judgement
    because: Cause


def _heard(message: Assessment, registers: Mapping[str, Register], now: datetime) -> _Heard:
    event = message.event
    evidence = Evidence(
        complaint=event.complaint,
        number=event.sender.number,
        complainant=event.complainant,
        sent_at=event.sent_at,
        crime=event.category == Category.SUSPECTED_CRIME,
        hint=event.attribution.kind,
        carrier=event.attribution.carrier,
        holder=event.attribution.holder,
        signature=event.attribution.signature,
        filed_signature=event.attribution.filed_signature,
        complainant_also=event.complainant_also,
    )
    judgement = judge(evidence, registers[event.sender.number], now)
    assessed = Assessed(
        version=message.version,
        evidence=evidence,
        standing=judgement.standing,
        category=event.category,
        vouched=event.vouched,
        capped=event.capped,
        province=event.province,
    )
    return _Heard(assessed, judgement, message.caused())


def _decide(tx: Tx, arrivals: Sequence[_Heard], registers: Mapping[str, Register], now: datetime) -> None:
    by_number: dict[str, list[_Heard]] = defaultdict(list)
    for each in arrivals:
        if each.judgement.standing is not Standing.DECLARED_LATE:
            by_number[each.assessed.evidence.number].append(each)
    if not by_number:
        return
    orders, enquiries = past_orders(tx, list(by_number)), past_enquiries(tx, list(by_number))
    undecided: dict[str, Facts] = {}
    for number, heard in by_number.items():
        facts = Facts(
            number=number,
            register=registers[number],
            orders=orders.get(number, ()),
            enquiries=enquiries.get(number, ()),
            arrivals=[each.assessed.evidence for each in heard],
            now=now,
        )
        if may_lead_on(facts, (each.judgement for each in heard)):
            undecided[number] = facts
    because = {each.assessed.evidence.complaint: each.because for each in arrivals}
    _carry_out(tx, _with_evidence(tx, undecided, by_number, now), because, now)


def _with_evidence(
    tx: Tx, undecided: Mapping[str, Facts], by_number: Mapping[str, Sequence[_Heard]], now: datetime
) -> Iterator[Facts]:
    """The facts, completed by what was there before the arrivals and by whom there is to ask."""
    if not undecided:
        return
    window = longest_window({day_of(each.sent_at) for facts in undecided.values() for each in facts.arrivals})
    spans = {
        number: (
            min(each.sent_at for each in facts.arrivals) - window,
            max(each.sent_at for each in facts.arrivals) + window,
        )
        for number, facts in undecided.items()
    }
    evidence = counting(tx, spans)
    parsed = {
        number: SenderNumber.parse(number)
        for number in undecided
        if any(each.judgement.standing is Standing.UNREGISTERED for each in by_number[number])
    }
    owners = owners_of(tx, {each.access_code for each in parsed.values() if each.access_code}, now)
    for number, facts in undecided.items():
        arrived = {each.complaint for each in facts.arrivals}
        sender = parsed.get(number)
        yield replace(
            facts,
            before=[each for each in evidence.get(number, ()) if each.complaint not in arrived],
            owners=owners.get(sender.access_code or "", ()) if sender else (),
            planned=sender.carriers if sender else (),
            carriers=sorted(CARRIERS),
        )


def _carry_out(tx: Tx, undecided: Iterable[Facts], because: Mapping[UUID, Cause], now: datetime) -> None:
    orders: list[Order] = []
    enquiries: list[Enquiry] = []
    for facts in undecided:
        for decision in decide(facts, rule_for):
            cause = because[decision.finding.trigger.complaint]
            if isinstance(decision, Shut):
                orders.append(order_shutdown(decision, now, cause))
            else:
                enquiries.extend(send_enquiries(decision, now, cause))
    save_orders(tx, orders)
    save_enquiries(tx, enquiries)
