"""Shutdown by a decision: staff or the rules propose, a person who is not in the chain of the ground decides."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from chassis import audit, clock
from chassis.aggregate import ConflictError, NotFoundError
from chassis.audit import Actor
from chassis.database import Tx
from chassis.ids import new_id, reference
from chassis.target import Target, require_visible
from services.ports.access import Visibility
from services.ports.commands.measures import order_by_hand, order_proposed
from services.ports.model import Order, PortKey, ShutdownProposal, Verdict
from services.ports.model.proposal import STAFF
from services.ports.store.listings import add_listed_ports, load_listings, persons_who_filed_for, save_listings
from services.ports.store.locks import lock_codes, lock_numbers
from services.ports.store.orders import load_open_orders, save_orders
from services.ports.store.proposals import (
    find_proposal,
    is_proposed,
    load_pending_proposals,
    load_proposals,
    save_proposals,
)
from services.ports.store.register import register_extracts


def propose_shutdown(tx: Tx, port: PortKey, reason: str, visibility: Visibility, actor: Actor) -> ShutdownProposal:
    """Propose to shut a port. A provincial administration proposes ports that are filed for its province.

    Raises NotFoundError, and ConflictError where the port is already proposed.
    """
    carrier, number = port
    lock_numbers(tx, [number])
    now = clock.now()
    entry = register_extracts(tx, [number])[number].of_carrier(carrier, now)
    province = None if entry is None else entry.province
    if not visibility.includes(carrier, province):
        raise NotFoundError
    if is_proposed(tx, carrier, number):
        raise ConflictError("port-is-proposed", "A proposal to shut this port is waiting for a decision.")
    proposal = ShutdownProposal(
        id=new_id(),
        carrier=carrier,
        number=number,
        province=province,
        reason=reason,
        proposed_by=STAFF,
        proposer=actor.subject,
        actors=tx.cause.joined([actor.subject, *(entry.filed_by if entry else ())]).actors,
        correlation_id=tx.cause.correlation_id,
        proposed_at=now,
    )
    save_proposals(tx, [proposal])
    audit.record(tx, actor, "shutdown-proposed", reference("proposal", proposal.id), reason)
    return proposal


def decide_proposal(tx: Tx, target: Target[Visibility], verdict: Verdict, reason: str) -> ShutdownProposal:
    """Decide a proposal of another person: one port is ordered shut at once, an enterprise's ports in batches by the
    sweep.

    Raises NotFoundError, what `target.check_version` raises, and ConflictError where the proposal is decided already,
    is the caller's own, or is about a port with an open order.
    """
    found = require_visible(
        lambda: find_proposal(tx, target.id), lambda each: target.visibility.province in (None, each.province)
    )
    decide = _decide_on_port if found.listing is None else _decide_on_enterprise
    proposal = decide(tx, found, target, verdict, reason)
    audit.record(tx, target.actor, "shutdown-decided", reference("proposal", proposal.id), f"{verdict}: {reason}")
    return proposal


def withdraw_proposals_of(tx: Tx, orders: Sequence[Order], now: datetime) -> None:
    """Withdraw the proposals of the rules to shut ports that are now ordered shut; their numbers are locked."""
    if not orders:
        return
    ordered = {(each.carrier, each.number) for each in orders}
    pending = load_pending_proposals(tx, {number for _, number in ordered})
    proposals = [each for each in pending if each.port in ordered]
    for each in proposals:
        each.withdraw("the port is ordered shut", now)
    save_proposals(tx, proposals)


def _decide_on_port(
    tx: Tx, found: ShutdownProposal, target: Target[Visibility], verdict: Verdict, reason: str
) -> ShutdownProposal:
    carrier, number = found.port
    lock_numbers(tx, [number])
    ordered = any(each.carrier == carrier for each in load_open_orders(tx, [number]))
    proposal = _load(tx, target)
    now = clock.now()
    proposal.decide(verdict, target.actor.subject, reason, now)
    if verdict is Verdict.SHUT:
        if ordered:
            raise ConflictError("port-is-ordered", "There is an open order to shut this port.")
        entry = register_extracts(tx, [number])[number].of_carrier(carrier, now)
        order = (
            order_by_hand(proposal, entry, now, tx.cause)
            if proposal.basis is None
            else order_proposed(proposal, proposal.basis, now, tx.cause)
        )
        proposal.order_id = order.id
        save_orders(tx, [order])
    save_proposals(tx, [proposal])
    return proposal


def _decide_on_enterprise(
    tx: Tx, found: ShutdownProposal, target: Target[Visibility], verdict: Verdict, reason: str
) -> ShutdownProposal:
    assert found.listing is not None
    assert found.code is not None
    # As when a listing begins: no port is filed between the selection of the enterprise's ports and the commit.
    lock_codes(tx, [found.code])
    listing = load_listings(tx, [found.listing])[found.listing]
    proposal = _load(tx, target)
    proposal.join(persons_who_filed_for(tx, found.code))
    proposal.decide(verdict, target.actor.subject, reason, clock.now())
    if verdict is Verdict.SHUT:
        listing.shut_ports(tx.cause)
        add_listed_ports(tx, [listing])
        tx.announce()
    else:
        listing.leave_ports()
    save_listings(tx, [listing])
    save_proposals(tx, [proposal])
    return proposal


def _load(tx: Tx, target: Target[Visibility]) -> ShutdownProposal:
    (proposal,) = load_proposals(tx, [target.id])
    target.check_version(proposal.version)
    return proposal
