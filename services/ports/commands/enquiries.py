"""What carriers answer to enquiries, and what a missing answer leads to."""

from __future__ import annotations

from collections.abc import Sequence

from chassis import clock
from chassis.aggregate import NotFoundError
from chassis.database import Tx
from chassis.target import Target
from services.ports.access import Visibility
from services.ports.commands.measures import order_after_enquiry
from services.ports.model import Answer, Enquiry, Order
from services.ports.model.order import reference
from services.ports.policy.enquiries import require_consistent, shut_after_silence
from services.ports.store.enquiries import (
    find_port_of_enquiry,
    load_enquiries,
    load_enquiries_due,
    numbers_of,
    save_enquiries,
)
from services.ports.store.locks import lock_free_numbers, lock_numbers
from services.ports.store.orders import load_open_orders, save_orders
from services.ports.store.register import register_extracts


def answer_enquiry(tx: Tx, target: Target[Visibility], answer: Answer, note: str | None) -> Enquiry:
    """The carrier answers, in time or late.

    A number that is its own and not filed is ordered shut, unless it has an open order. Where a missing answer had led
    to an order, "not mine" makes the ground of that order fall. Raises NotFoundError, ConflictError where the register
    contradicts the answer or the carrier has answered before, and what `target.check_version` raises.
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
    if answer is Answer.MINE_UNFILED and not orders:
        reason = "the carrier answered that the number is its own and not filed"
        orders.append(order_after_enquiry(enquiry, reason, now, tx.cause))
    if answer is Answer.NOT_MINE:
        for order in orders:
            if order.cause == reference("enquiry", enquiry.id):
                order.lose_ground(now, tx.cause)
    save_orders(tx, orders)
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
    orders: list[Order] = []
    for enquiry in enquiries:
        enquiry.expire(now, tx.cause)
        key = enquiry.carrier, enquiry.number
        if key not in ordered and shut_after_silence(enquiry, extracts[enquiry.number], now):
            ordered.add(key)
            reason = "the enquiry named the carrier, and it did not answer in time"
            orders.append(order_after_enquiry(enquiry, reason, now, tx.cause))
    save_orders(tx, orders)
    save_enquiries(tx, enquiries)
    return len(enquiries)


def _load(tx: Tx, target: Target[Visibility]) -> Enquiry:
    return target.require(load_enquiries(tx, [target.id]), lambda each: target.visibility.includes(each.carrier, None))
