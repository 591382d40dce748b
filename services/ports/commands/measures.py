"""Measures: a decision becomes an order or enquiries, with the deadlines of the day on which they are made."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from chassis.aggregate import Cause
from services.ports.model import Enquiry, Ground, Order
from services.ports.model.order import reference
from services.ports.policy.decisions import Ask, Finding, Shut
from services.ports.policy.evidence import Standing
from services.ports.policy.rulebook import cited, enquiry_deadline, order_deadlines


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
        rules=(finding.rule, cited(deadlines)),
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
            rules=(finding.rule, cited(deadline)),
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
        rules=(*enquiry.rules, cited(deadlines)),
        causes=(reference("enquiry", enquiry.id), *enquiry.causes),
        at=at,
        acknowledge_by=at + deadlines.acknowledge,
        execute_by=at + deadlines.execution(Ground.UNREGISTERED),
        because=Cause(enquiry.correlation_id, because.causation_id, because.traceparent),
    )


def _complaints(finding: Finding) -> tuple[str, ...]:
    """One complaint of each complainant who counted, the first they made within the span."""
    first: dict[UUID, UUID] = {}
    for each in finding.span:
        first.setdefault(each.complainant, each.complaint)
    return tuple(reference("complaint", complaint) for complaint in first.values())
