"""Measures: a decision becomes an order or enquiries, with the deadlines of the day on which they are made."""

from __future__ import annotations

from datetime import datetime

from chassis.aggregate import Cause
from contracts.complaints import Citation
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
    return Order.place(
        carrier=decision.carrier,
        number=finding.trigger.number,
        cause=reference("complaint", finding.trigger.complaint),
        ground=decision.ground,
        attribution=decision.attribution,
        holder=decision.holder,
        provider=decision.provider,
        signature=finding.trigger.signature,
        province=decision.province,
        complainants=finding.complainants,
        reasons=(finding.reason,),
        rules=(finding.rule, Citation.of(deadlines.citation)),
        causes=_complaints(finding),
        at=at,
        acknowledge_by=at + deadlines.acknowledge,
        execute_by=at + deadlines.execution(decision.ground),
        because=because,
    )


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
            rules=(finding.rule, Citation.of(deadline.citation)),
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
    return Order.place(
        carrier=enquiry.carrier,
        number=enquiry.number,
        cause=reference("enquiry", enquiry.id),
        ground=Ground.UNREGISTERED,
        attribution=Standing.UNREGISTERED,
        holder=enquiry.holder,
        provider=None,
        signature=None,
        province=None,
        complainants=enquiry.complainants,
        reasons=(reason, *enquiry.reasons),
        rules=(*enquiry.rules, Citation.of(deadlines.citation)),
        causes=(reference("enquiry", enquiry.id), *enquiry.causes),
        at=at,
        acknowledge_by=at + deadlines.acknowledge,
        execute_by=at + deadlines.execution(Ground.UNREGISTERED),
        because=Cause(enquiry.correlation_id, because.causation_id, because.traceparent),
    )


def order_for_listing(listing: Listing, place: Place, filing: Filing, at: datetime, because: Cause) -> Order:
    """Order a port shut because the enterprise that holds it, or sends through it, is listed."""
    deadlines = order_deadlines(at)
    cause = reference("listing", listing.entry)
    reason = (
        f"the {part_in(filing, listing.code)} {listing.code} is on the {listing.list} list "
        f"({listing.tier}, {listing.article})"
    )
    return Order.place(
        carrier=place[0],
        number=place[1],
        cause=cause,
        ground=Ground.LISTING,
        attribution=Standing.DECLARED,
        holder=filing.holder,
        provider=filing.provider,
        signature=None,
        province=filing.province,
        complainants=0,
        reasons=(reason,),
        rules=(Citation.of(deadlines.citation),),
        causes=(cause,),
        at=at,
        acknowledge_by=at + deadlines.acknowledge,
        execute_by=at + deadlines.execution(Ground.LISTING),
        because=Cause(listing.correlation_id, because.causation_id, because.traceparent),
    )


def order_by_hand(proposal: ShutdownProposal, found: Registered | None, at: datetime, because: Cause) -> Order:
    """Order the port of a proposal shut that was decided; `found` is what the register has on it now."""
    assert proposal.carrier is not None
    assert proposal.number is not None
    deadlines = order_deadlines(at)
    cause = reference("proposal", proposal.id)
    return Order.place(
        carrier=proposal.carrier,
        number=proposal.number,
        cause=cause,
        ground=Ground.BY_HAND,
        attribution=Standing.UNREGISTERED if found is None else Standing.DECLARED,
        holder=None if found is None else found.holder,
        provider=None if found is None else found.provider,
        signature=None,
        province=None if found is None else found.province,
        complainants=0,
        reasons=(f"proposed by staff: {proposal.reason}", f"decided by others of staff: {proposal.decision_reason}"),
        rules=(Citation.of(deadlines.citation),),
        causes=(cause,),
        at=at,
        acknowledge_by=at + deadlines.acknowledge,
        execute_by=at + deadlines.execution(Ground.BY_HAND),
        because=Cause(proposal.correlation_id, because.causation_id, because.traceparent),
    )


def _complaints(finding: Finding) -> tuple[str, ...]:
    """One complaint of each person who counted, the first they made within the span."""
    return tuple(reference("complaint", each.complaint) for each in finding.spoken)
