"""What carriers answer to enquiries, and what a missing answer leads to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial

from chassis import clock
from chassis.aggregate import NotFoundError
from chassis.database import Tx
from chassis.ids import reference
from chassis.target import Target
from services.ports.access import Visibility
from services.ports.commands.grounds import situations_of
from services.ports.commands.measures import basis_after_enquiry, place_order
from services.ports.commands.proposals import withdraw_proposals_of
from services.ports.model import Answer, Enquiry, Order, PortKey, ShutdownGround, ShutdownProposal
from services.ports.policy.decisions import reservations
from services.ports.policy.enquiries import require_consistent, shut_after_silence
from services.ports.policy.rulebook import automatic_rule, rule_for
from services.ports.store.enquiries import (
    find_port_of_enquiry,
    load_enquiries,
    load_enquiries_due,
    numbers_of,
    save_enquiries,
)
from services.ports.store.locks import lock_free_numbers, lock_numbers
from services.ports.store.orders import load_open_orders, save_orders
from services.ports.store.proposals import save_proposals
from services.ports.store.register import register_extracts


def answer_enquiry(tx: Tx, target: Target[Visibility], answer: Answer, note: str | None) -> Enquiry:
    """The carrier answers, in time or late.

    A number that is its own and not filed is ordered shut, or proposed to a person where an order needs one, unless it
    has an open order. Where a missing answer had led to an order, "not mine" makes the ground of that order fall.
    Raises NotFoundError, ConflictError where the register contradicts the answer or the carrier has answered before,
    and what `target.check_version` raises.
    """
    key = find_port_of_enquiry(tx, target.id)
    if key is None:
        raise NotFoundError
    carrier, number = key
    lock_numbers(tx, [number])
    orders = [each for each in load_open_orders(tx, [number]) if each.carrier == carrier]
    enquiry = _load(tx, target)
    now = clock.now()
    enquiry.give_answer(answer, note, now, tx.cause)
    require_consistent(answer, carrier, register_extracts(tx, [number])[number], now)
    if answer is Answer.NOT_MINE:
        for order in orders:
            if reference("enquiry", enquiry.id) in order.causes:
                order.lose_ground(now, tx.cause)
    save_orders(tx, orders)
    if answer is Answer.MINE_UNFILED and not orders:
        _shut(tx, {key: enquiry}, "the carrier answered that the number is its own and not filed", now)
    save_enquiries(tx, [enquiry])
    return enquiry


def conclude_unanswered(tx: Tx, ids: Sequence[str]) -> int:
    """Mark those of these enquiries that missed their deadline as unanswered, and place the orders that follow.

    Returns how many were marked; skips numbers locked by another transaction.
    """
    now = clock.now()
    numbers = lock_free_numbers(tx, numbers_of(tx, ids))
    if not numbers:
        return 0
    ordered = {(each.carrier, each.number) for each in load_open_orders(tx, numbers)}
    enquiries = load_enquiries_due(tx, ids, numbers, now)
    extracts = register_extracts(tx, numbers)
    silent: dict[PortKey, Enquiry] = {}
    for enquiry in enquiries:
        enquiry.expire(now, tx.cause)
        key = enquiry.carrier, enquiry.number
        if key not in ordered and shut_after_silence(enquiry, extracts[enquiry.number], now):
            silent.setdefault(key, enquiry)
    _shut(tx, silent, "the enquiry named the carrier, and it did not answer in time", now)
    save_enquiries(tx, enquiries)
    return len(enquiries)


def _shut(tx: Tx, enquiries: Mapping[PortKey, Enquiry], reason: str, now: datetime) -> None:
    """Order these ports shut; where an order needs a person, propose it, unless the port is proposed already."""
    if not enquiries:
        return
    situations = situations_of(tx, sorted({number for _, number in enquiries}), now)
    automatic = automatic_rule(now)
    orders: list[Order] = []
    proposals: list[ShutdownProposal] = []
    for port, enquiry in enquiries.items():
        carrier, number = port
        chain = tx.cause.within(enquiry.correlation_id, enquiry.traceparent).joined(enquiry.actors)
        found = reservations(ShutdownGround.UNREGISTERED, carrier, situations[number], rule_for, automatic)
        if enquiry.actors:
            found = ("the enquiry is based on complaints that staff filed or corrected", *found)
        basis = basis_after_enquiry(enquiry, reason, automatic.citation, found)
        if not found:
            orders.append(place_order(port, reference("enquiry", enquiry.id), None, basis, now, chain))
        elif not situations[number].is_proposed(carrier):
            proposals.append(ShutdownProposal.on_complaints(port, None, basis, now, chain))
    save_orders(tx, orders)
    save_proposals(tx, proposals)
    withdraw_proposals_of(tx, orders, now)


def _load(tx: Tx, target: Target[Visibility]) -> Enquiry:
    visible, now = target.visibility, clock.now()
    return target.require(
        partial(load_enquiries, tx),
        lambda each: visible.includes(each.carrier, None) and visible.begins(each.visible_at, now),
    )
