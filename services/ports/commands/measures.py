"""Measures: a decision becomes an order or enquiries, with the deadlines of the day on which they are made."""

from __future__ import annotations

from datetime import datetime

from chassis.aggregate import Cause
from chassis.ids import new_id
from services.ports.model import Enquiry, Filing, Ground, Listing, Order, ShutdownProposal
from services.ports.model.order import reference
from services.ports.policy.decisions import Ask, Finding, Shut
from services.ports.policy.evidence import Registered, Standing
from services.ports.policy.listings import part_in
from services.ports.policy.rulebook import enquiry_deadline, order_deadlines
from services.ports.store.register import Place


def order_shutdown(decision: Shut, at: datetime, because: Cause) -> Order:
    """Order what was decided."""
    finding = decision.finding
    deadlines = order_deadlines(at)
    order = Order(
        id=new_id(),
        carrier=decision.carrier,
        number=finding.trigger.number,
        cause=reference("complaint", finding.trigger.complaint),
        correlation_id=because.correlation_id,
        ground=decision.ground,
        attribution=decision.attribution,
        holder=decision.holder,
        provider=decision.provider,
        signature=finding.trigger.signature,
        province=decision.province,
        complainants=finding.complainants,
        reasons=(finding.reason,),
        rules=(finding.rule, deadlines.citation),
        causes=_complaints(finding),
        ordered_at=at,
        acknowledge_by=at + deadlines.acknowledge,
        execute_by=at + deadlines.execution(decision.ground),
    )
    order.place(because)
    return order


def send_enquiries(decision: Ask, at: datetime, because: Cause) -> list[Enquiry]:
    """Ask every carrier that is to be asked."""
    finding = decision.finding
    deadline = enquiry_deadline(at)
    return [
        Enquiry.send(
            carrier=carrier,
            number=finding.trigger.number,
            cause=reference("complaint", finding.trigger.complaint),
            addressed_because=decision.because,
            holder=decision.holders.get(carrier),
            complainants=finding.complainants,
            reasons=(finding.reason,),
            rules=(finding.rule, deadline.citation),
            causes=_complaints(finding),
            at=at,
            answer_by=at + deadline.answer,
            because=because,
        )
        for carrier in decision.carriers
    ]


def order_after_enquiry(enquiry: Enquiry, reason: str, at: datetime, because: Cause) -> Order:
    """Order a number shut that nobody filed: its carrier said so, or said nothing."""
    deadlines = order_deadlines(at)
    order = Order(
        id=new_id(),
        carrier=enquiry.carrier,
        number=enquiry.number,
        cause=reference("enquiry", enquiry.id),
        correlation_id=enquiry.correlation_id,
        ground=Ground.UNREGISTERED,
        attribution=Standing.UNREGISTERED,
        holder=enquiry.holder,
        complainants=enquiry.complainants,
        reasons=(reason, *enquiry.reasons),
        rules=(*enquiry.rules, deadlines.citation),
        causes=(reference("enquiry", enquiry.id), *enquiry.causes),
        ordered_at=at,
        acknowledge_by=at + deadlines.acknowledge,
        execute_by=at + deadlines.execution(Ground.UNREGISTERED),
    )
    order.place(because)
    return order


def order_for_listing(listing: Listing, place: Place, filing: Filing, at: datetime, because: Cause) -> Order:
    """Order a port shut because the enterprise that holds it, or sends through it, is listed."""
    deadlines = order_deadlines(at)
    cause = reference("listing", listing.entry)
    reason = (
        f"the {part_in(filing, listing.code)} {listing.code} is on the {listing.list} list "
        f"({listing.tier}, {listing.article})"
    )
    order = Order(
        id=new_id(),
        carrier=place[0],
        number=place[1],
        cause=cause,
        correlation_id=listing.correlation_id,
        ground=Ground.LISTING,
        attribution=Standing.DECLARED,
        holder=filing.holder,
        provider=filing.provider,
        province=filing.province,
        complainants=0,
        reasons=(reason,),
        rules=(deadlines.citation,),
        causes=(cause,),
        ordered_at=at,
        acknowledge_by=at + deadlines.acknowledge,
        execute_by=at + deadlines.execution(Ground.LISTING),
    )
    order.place(because)
    return order


def order_by_hand(proposal: ShutdownProposal, found: Registered | None, at: datetime, because: Cause) -> Order:
    """Order the port of a proposal shut that was decided; `found` is what the register has on it now."""
    assert proposal.carrier is not None
    assert proposal.number is not None
    deadlines = order_deadlines(at)
    cause = reference("proposal", proposal.id)
    order = Order(
        id=new_id(),
        carrier=proposal.carrier,
        number=proposal.number,
        cause=cause,
        correlation_id=proposal.correlation_id,
        ground=Ground.BY_HAND,
        attribution=Standing.UNREGISTERED if found is None else Standing.DECLARED,
        holder=None if found is None else found.holder,
        provider=None if found is None else found.provider,
        province=None if found is None else found.province,
        complainants=0,
        reasons=(f"proposed by staff: {proposal.reason}", f"decided by others of staff: {proposal.decision_reason}"),
        rules=(deadlines.citation,),
        causes=(cause,),
        ordered_at=at,
        acknowledge_by=at + deadlines.acknowledge,
        execute_by=at + deadlines.execution(Ground.BY_HAND),
    )
    order.place(because)
    return order


def _complaints(finding: Finding) -> tuple[str, ...]:
    """One complaint of each person who counted, the first they made within the span."""
    return tuple(reference("complaint", each.complaint) for each in finding.spoken)
