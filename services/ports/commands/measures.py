"""Measures: a decision becomes an order or enquiries, with the deadlines in force when they are created."""

from __future__ import annotations

from datetime import datetime

import msgspec

from chassis.aggregate import Cause, union
from chassis.citation import Citation
from chassis.ids import new_id_at, reference
from services.ports.model import (
    Enquiry,
    Listing,
    Order,
    PortFiling,
    PortKey,
    ShutdownBasis,
    ShutdownGround,
    ShutdownProposal,
)
from services.ports.policy.decisions import EnquiryDecision, ShutdownDecision
from services.ports.policy.evidence import RegisterEntry, SenderAttribution
from services.ports.policy.listings import role_in
from services.ports.policy.rulebook import enquiry_deadline, order_deadlines, visible_from


def order_shutdown(decision: ShutdownDecision, at: datetime, because: Cause) -> Order:
    """The order that a decision on complaints leads to."""
    port, cause = (decision.carrier, decision.number), reference("complaint", decision.basis.trigger.complaint)
    chain = because.joined(decision.basis.actors)
    return place_order(port, cause, decision.province, _basis_of(decision), at, chain)


def propose_shutdown(decision: ShutdownDecision, at: datetime, because: Cause) -> ShutdownProposal:
    """The proposal that a decision on complaints leads to where an order needs a person."""
    port, chain = (decision.carrier, decision.number), because.joined(decision.basis.actors)
    return ShutdownProposal.on_complaints(port, decision.province, _basis_of(decision), at, chain)


def _basis_of(decision: ShutdownDecision) -> ShutdownBasis:
    reached = decision.basis
    return ShutdownBasis(
        ground=decision.ground,
        attribution=decision.attribution,
        holder=decision.holder,
        provider=decision.provider,
        signature=reached.trigger.signature,
        complainants=reached.complainants,
        reasons=(reached.reason,),
        rules=(reached.rule, decision.automatic),
        causes=reached.complaints,
        reservations=decision.reservations,
    )


def basis_after_enquiry(
    enquiry: Enquiry, reason: str, automatic: Citation, reservations: tuple[str, ...]
) -> ShutdownBasis:
    """What an order or a proposal about a number that is not filed states: its carrier answered so, or did not
    answer."""
    return ShutdownBasis(
        ground=ShutdownGround.UNREGISTERED,
        attribution=SenderAttribution.UNREGISTERED,
        holder=enquiry.holder,
        provider=None,
        complainants=enquiry.complainants,
        reasons=(reason, *enquiry.reasons),
        rules=(*enquiry.rules, automatic),
        causes=(reference("enquiry", enquiry.id), *enquiry.causes),
        reservations=reservations,
    )


def place_order(
    port: PortKey, cause: str, province: str | None, basis: ShutdownBasis, at: datetime, because: Cause
) -> Order:
    """The order to shut a port on this basis. `cause` is what makes it unique at its port."""
    carrier, number = port
    deadlines, visible_at = order_deadlines(at), visible_from(at, basis.ground)
    placed = {
        "id": new_id_at(visible_at),
        "carrier": carrier,
        "number": number,
        "cause": cause,
        "correlation_id": because.correlation_id,
        "province": province,
        "rules": tuple(dict.fromkeys((*basis.rules, deadlines.citation))),
        "ordered_at": at,
        "visible_at": visible_at,
        "acknowledge_by": visible_at + deadlines.acknowledge,
        "execute_by": visible_at + deadlines.execution(basis.ground),
    }
    order = msgspec.convert(msgspec.structs.asdict(basis) | placed, Order)
    order.place(because)
    return order


def send_enquiries(decision: EnquiryDecision, at: datetime, because: Cause) -> list[Enquiry]:
    """One enquiry to each carrier that the decision names."""
    basis = decision.basis
    deadline, visible_at = enquiry_deadline(at), visible_from(at, ShutdownGround.UNREGISTERED)
    enquiries = [
        Enquiry(
            id=new_id_at(visible_at),
            carrier=carrier,
            number=basis.trigger.number,
            cause=reference("complaint", basis.trigger.complaint),
            correlation_id=because.correlation_id,
            addressed_because=decision.because,
            holder=decision.holders.get(carrier),
            complainants=basis.complainants,
            reasons=(basis.reason,),
            rules=(basis.rule, deadline.citation),
            causes=basis.complaints,
            sent_at=at,
            visible_at=visible_at,
            answer_by=visible_at + deadline.answer,
        )
        for carrier in decision.carriers
    ]
    for enquiry in enquiries:
        enquiry.send(because.joined(basis.actors))
    return enquiries


def order_for_listing(listing: Listing, port: PortKey, filing: PortFiling, at: datetime, because: Cause) -> Order:
    """The order to shut a port because its holder or its content provider is listed."""
    cause = reference("listing", listing.entry)
    reason = (
        f"the {role_in(filing, listing.code)} {listing.code} is on the {listing.list} list "
        f"({listing.tier}, {listing.article})"
    )
    basis = ShutdownBasis(
        ground=ShutdownGround.LISTING,
        attribution=SenderAttribution.DECLARED,
        holder=filing.holder,
        provider=filing.provider,
        reasons=(reason,),
        causes=(cause,),
    )
    chain = because.within(listing.correlation_id).joined(union(listing.actors, filing.filed_by))
    return place_order(port, cause, filing.province, basis, at, chain)


def order_again(lifted: Order, at: datetime, because: Cause) -> Order:
    """The same order again, on its old evidence: its lift is reversed."""
    cause = reference("order", lifted.id)
    stated = msgspec.convert(lifted, ShutdownBasis, from_attributes=True)
    basis = msgspec.structs.replace(stated, causes=(cause, *lifted.causes))
    chain = because.within(lifted.correlation_id).joined(lifted.actors)
    return place_order((lifted.carrier, lifted.number), cause, lifted.province, basis, at, chain)


def order_proposed(proposal: ShutdownProposal, basis: ShutdownBasis, at: datetime, because: Cause) -> Order:
    """The order to shut the port of a proposal of the rules on this basis that a person decided."""
    cause = reference("proposal", proposal.id)
    decided = msgspec.structs.replace(
        basis,
        # Not the reservations: they name channels, and a carrier reads its orders.
        reasons=(*basis.reasons, f"decided by a person: {proposal.decision_reason}"),
        causes=(cause, *basis.causes),
    )
    chain = because.within(proposal.correlation_id).joined(proposal.actors)
    return place_order(proposal.port, cause, proposal.province, decided, at, chain)


def order_by_hand(proposal: ShutdownProposal, entry: RegisterEntry | None, at: datetime, because: Cause) -> Order:
    """The order to shut the port of a proposal of staff that was decided; `entry` is what the register has for it
    now."""
    cause = reference("proposal", proposal.id)
    basis = ShutdownBasis(
        ground=ShutdownGround.BY_HAND,
        attribution=SenderAttribution.UNREGISTERED if entry is None else SenderAttribution.DECLARED,
        holder=None if entry is None else entry.holder,
        provider=None if entry is None else entry.provider,
        reasons=(
            f"proposed by staff: {proposal.reason}",
            f"decided by another member of staff: {proposal.decision_reason}",
        ),
        causes=(cause,),
    )
    chain = because.within(proposal.correlation_id).joined(proposal.actors)
    if entry is None:
        return place_order(proposal.port, cause, None, basis, at, chain)
    return place_order(proposal.port, cause, entry.province, basis, at, chain.joined(entry.filed_by))
