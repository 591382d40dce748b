"""What carriers answer to enquiries, and what their silence leads to."""

from __future__ import annotations

from chassis import clock
from chassis.aggregate import NotFoundError
from chassis.database import Tx
from chassis.target import Target
from services.ports.access import Visibility
from services.ports.commands.measures import order_after_enquiry
from services.ports.model import Answer, Enquiry, Order
from services.ports.model.order import reference
from services.ports.policy.enquiries import require_borne_out, shut_after_silence
from services.ports.store import locks
from services.ports.store.enquiries import (
    load_enquiries,
    load_enquiries_due,
    numbers_due,
    place_of_enquiry,
    save_enquiries,
)
from services.ports.store.orders import load_open_orders, save_orders
from services.ports.store.register import registers_of


def answer_enquiry(tx: Tx, target: Target[Visibility], answer: Answer, note: str | None) -> Enquiry:
    """The carrier answers, in time or late.

    A number that is its own and unfiled it is ordered to shut, unless it is ordered to already. Where its silence
    had led to an order, "not mine" takes that order's ground away. Raises NotFoundError, ConflictError when the
    register says otherwise or it has answered before, and what `target.check_version` raises.
    """
    place = place_of_enquiry(tx, target.id)
    if place is None:
        raise NotFoundError
    carrier, number = place
    locks.deciding(tx, [number])
    ordered = [each for each in load_open_orders(tx, [number]) if each.carrier == carrier]
    enquiry = _locked(tx, target)
    now = clock.now()
    enquiry.give_answer(answer, note, now, tx.cause)
    require_borne_out(answer, carrier, registers_of(tx, [number])[number], now)
    if answer is Answer.MINE_UNFILED and not ordered:
        ordered.append(order_after_enquiry(enquiry, "the carrier says that it is its number, unfiled", now, tx.cause))
    if answer is Answer.NOT_MINE:
        for order in ordered:
            if order.cause == reference("enquiry", enquiry.id):
                order.lose_ground(now, tx.cause)
    save_orders(tx, ordered)
    save_enquiries(tx, [enquiry])
    return enquiry


def conclude_unanswered(tx: Tx, limit: int) -> int:
    """Note at most about `limit` enquiries as unanswered whose deadline has passed, and order what follows. Returns
    how many were noted; leaves those whose number somebody else is deciding on."""
    now = clock.now()
    numbers = locks.deciding_if_free(tx, numbers_due(tx, now, limit))
    if not numbers:
        return 0
    ordered = {(each.carrier, each.number) for each in load_open_orders(tx, numbers)}
    enquiries = load_enquiries_due(tx, numbers, now)
    registers = registers_of(tx, numbers)
    orders: list[Order] = []
    for enquiry in enquiries:
        enquiry.expire(now, tx.cause)
        place = enquiry.carrier, enquiry.number
        if place not in ordered and shut_after_silence(enquiry, registers[enquiry.number], now):
            ordered.add(place)
            reason = "something points at the carrier, and it did not answer in time"
            orders.append(order_after_enquiry(enquiry, reason, now, tx.cause))
    save_orders(tx, orders)
    save_enquiries(tx, enquiries)
    return len(enquiries)


def _locked(tx: Tx, target: Target[Visibility]) -> Enquiry:
    enquiries = load_enquiries(tx, [target.id])
    if not enquiries or not target.visibility.includes(enquiries[0].carrier, None):
        raise NotFoundError
    target.check_version(enquiries[0].version)
    return enquiries[0]
