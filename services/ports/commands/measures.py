"""Measures: a decision becomes an order or enquiries, with the deadlines in force when they are created."""

from __future__ import annotations

from datetime import datetime

from chassis.aggregate import Cause
from chassis.ids import new_id
from services.ports.model import Enquiry, Listing, Order, PortFiling, PortKey, ShutdownGround, ShutdownProposal
from services.ports.model.order import reference
from services.ports.policy.decisions import EnquiryDecision, ReachedThreshold, ShutdownDecision
from services.ports.policy.evidence import RegisterEntry, SenderAttribution
from services.ports.policy.listings import role_in
from services.ports.policy.rulebook import enquiry_deadline, order_deadlines


def order_shutdown(decision: ShutdownDecision, at: datetime, because: Cause) -> Order:
    """The order that a decision on complaints leads to."""
    basis = decision.basis
    deadlines = order_deadlines(at)
    order = Order(
        id=new_id(),
        carrier=decision.carrier,
        number=basis.trigger.number,
        cause=reference("complaint", basis.trigger.complaint),
        correlation_id=because.correlation_id,
        ground=decision.ground,
        attribution=decision.attribution,
        holder=decision.holder,
        provider=decision.provider,
        signature=basis.trigger.signature,
        province=decision.province,
        complainants=basis.complainants,
        reasons=(basis.reason,),
        rules=(basis.rule, deadlines.citation),
        causes=_complaints(basis),
        ordered_at=at,
        acknowledge_by=at + deadlines.acknowledge,
        execute_by=at + deadlines.execution(decision.ground),
    )
    order.place(because.joined(basis.actors))
    return order


def send_enquiries(decision: EnquiryDecision, at: datetime, because: Cause) -> list[Enquiry]:
    """One enquiry to each carrier that the decision names."""
    basis = decision.basis
    deadline = enquiry_deadline(at)
    enquiries = [
        Enquiry(
            id=new_id(),
            carrier=carrier,
            number=basis.trigger.number,
            cause=reference("complaint", basis.trigger.complaint),
            correlation_id=because.correlation_id,
            addressed_because=decision.because,
            holder=decision.holders.get(carrier),
            complainants=basis.complainants,
            reasons=(basis.reason,),
            rules=(basis.rule, deadline.citation),
            causes=_complaints(basis),
            sent_at=at,
            answer_by=at + deadline.answer,
        )
        for carrier in decision.carriers
    ]
    for enquiry in enquiries:
        enquiry.send(because.joined(basis.actors))
    return enquiries


def order_after_enquiry(enquiry: Enquiry, reason: str, at: datetime, because: Cause) -> Order:
    """The order to shut a number that is not filed: its carrier answered so, or did not answer."""
    deadlines = order_deadlines(at)
    order = Order(
        id=new_id(),
        carrier=enquiry.carrier,
        number=enquiry.number,
        cause=reference("enquiry", enquiry.id),
        correlation_id=enquiry.correlation_id,
        ground=ShutdownGround.UNREGISTERED,
        attribution=SenderAttribution.UNREGISTERED,
        holder=enquiry.holder,
        complainants=enquiry.complainants,
        reasons=(reason, *enquiry.reasons),
        rules=(*enquiry.rules, deadlines.citation),
        causes=(reference("enquiry", enquiry.id), *enquiry.causes),
        ordered_at=at,
        acknowledge_by=at + deadlines.acknowledge,
        execute_by=at + deadlines.execution(ShutdownGround.UNREGISTERED),
    )
    order.place(because.within(enquiry.correlation_id, enquiry.traceparent).joined(enquiry.actors))
    return order


def order_for_listing(listing: Listing, port: PortKey, filing: PortFiling, at: datetime, because: Cause) -> Order:
    """The order to shut a port because its holder or its content provider is listed."""
    deadlines = order_deadlines(at)
    cause = reference("listing", listing.entry)
    reason = (
        f"the {role_in(filing, listing.code)} {listing.code} is on the {listing.list} list "
        f"({listing.tier}, {listing.article})"
    )
    order = Order(
        id=new_id(),
        carrier=port[0],
        number=port[1],
        cause=cause,
        correlation_id=listing.correlation_id,
        ground=ShutdownGround.LISTING,
        attribution=SenderAttribution.DECLARED,
        holder=filing.holder,
        provider=filing.provider,
        province=filing.province,
        complainants=0,
        reasons=(reason,),
        rules=(deadlines.citation,),
        causes=(cause,),
        ordered_at=at,
        acknowledge_by=at + deadlines.acknowledge,
        execute_by=at + deadlines.execution(ShutdownGround.LISTING),
    )
    order.place(because.joined(listing.actors))
    return order


def order_by_hand(proposal: ShutdownProposal, entry: RegisterEntry | None, at: datetime, because: Cause) -> Order:
    """The order to shut the port of a proposal that was decided; `entry` is what the register has for it now."""
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
        ground=ShutdownGround.BY_HAND,
        attribution=SenderAttribution.UNREGISTERED if entry is None else SenderAttribution.DECLARED,
        holder=None if entry is None else entry.holder,
        provider=None if entry is None else entry.provider,
        province=None if entry is None else entry.province,
        complainants=0,
        reasons=(
            f"proposed by staff: {proposal.reason}",
            f"decided by another member of staff: {proposal.decision_reason}",
        ),
        rules=(deadlines.citation,),
        causes=(cause,),
        ordered_at=at,
        acknowledge_by=at + deadlines.acknowledge,
        execute_by=at + deadlines.execution(ShutdownGround.BY_HAND),
    )
    order.place(because.joined(proposal.actors))
    return order


def _complaints(basis: ReachedThreshold) -> tuple[str, ...]:
    """The first complaint within the span of each person who counted."""
    return tuple(reference("complaint", each.complaint) for each in basis.counted)
