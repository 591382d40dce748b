"""What carriers and staff do with orders, and the deadlines that pass."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from chassis import audit, clock
from chassis.aggregate import ConflictError, NotFoundError
from chassis.database import Tx
from chassis.ids import reference
from chassis.target import Target
from contracts.vocabulary import ReviewOutcome
from services.ports.access import Visibility
from services.ports.commands.listings import resume_listings
from services.ports.commands.measures import order_again
from services.ports.commands.proposals import withdraw_proposals_of
from services.ports.model import Order, Port, PortKey, RefusalCode, ShutdownGround
from services.ports.policy.rulebook import review_lift_by
from services.ports.store.listings import replace_order
from services.ports.store.locks import lock_numbers
from services.ports.store.orders import (
    find_port_of_order,
    load_open_orders,
    load_orders,
    load_orders_due,
    save_orders,
)
from services.ports.store.register import load_ports, save_ports


def acknowledge_order(tx: Tx, target: Target[Visibility]) -> Order:
    """The carrier confirms that it received the order. Raises NotFoundError, ConflictError, and what
    `target.check_version` raises."""
    order = load_order(tx, target)
    order.acknowledge(clock.now(), tx.cause)
    save_orders(tx, [order])
    return order


def refuse_order(tx: Tx, target: Target[Visibility], code: RefusalCode, note: str | None) -> Order:
    """The carrier refuses to shut the port. Raises as `acknowledge_order`."""
    order = load_order(tx, target)
    order.refuse(code, note, clock.now(), tx.cause)
    save_orders(tx, [order])
    return order


def execute_order(tx: Tx, target: Target[Visibility], evidence: str) -> Order:
    """The carrier has shut the port; a filed port is marked as shut in the register. Raises as `acknowledge_order`."""
    _, ports = _lock_port(tx, target)
    order = load_order(tx, target)
    order.execute(evidence, clock.now(), tx.cause)
    for port in ports:
        port.shut(tx.cause)
    save_ports(tx, ports)
    save_orders(tx, [order])
    return order


def lift_order(tx: Tx, target: Target[Visibility], reason: str) -> Order:
    """Staff lift the order. A filed port that was shut is reopened; a listing that has not yet ordered it may shut it
    again. Raises as `acknowledge_order`."""
    key, ports = _lock_port(tx, target)
    order = load_order(tx, target)
    now = clock.now()
    order.lift(reason, now, tx.cause, review_by=review_lift_by(now))
    for port in ports:
        port.reopen(tx.cause)
    save_ports(tx, ports)
    save_orders(tx, [order])
    resume_listings(tx, [key])
    audit.record(tx, target.actor, "order-lifted", reference("order", order.id), reason)
    return order


def review_lift(tx: Tx, target: Target[Visibility], outcome: ReviewOutcome, reason: str) -> Order:
    """A second person confirms the lift of an order, or reverses it: the same order is placed again.

    Raises as `acknowledge_order`, and ConflictError where the person has a part in the ground or in the lift, or where
    another order has shut the port since.
    """
    (_, number), _ = _lock_port(tx, target)
    lifted = load_order(tx, target)
    now = clock.now()
    again = order_again(lifted, now, tx.cause) if outcome is ReviewOutcome.REVERSED else None
    lifted.review_lift(outcome, target.actor.subject, reason, now, tx.cause, None if again is None else again.id)
    if again is not None:
        if any(each.carrier == lifted.carrier for each in load_open_orders(tx, [number])):
            raise ConflictError("port-is-ordered", "There is an open order to shut this port.")
        save_orders(tx, [again])
        if not replace_order(tx, lifted.id, again.id) and lifted.ground is ShutdownGround.LISTING:
            raise ConflictError("order-state", "The listing that caused the order is over.")
        withdraw_proposals_of(tx, [again], now)
    save_orders(tx, [lifted])
    audit.record(tx, target.actor, "lift-reviewed", reference("order", lifted.id), f"{outcome}: {reason}")
    return lifted


def mark_overdue_orders(tx: Tx, ids: Iterable[str]) -> int:
    """Mark those of these orders that missed a deadline, to acknowledge or to execute; returns how many."""
    now = clock.now()
    orders = load_orders_due(tx, ids, now)
    for each in orders:
        each.mark_overdue(now, tx.cause)
    save_orders(tx, orders)
    return len(orders)


def _lock_port(tx: Tx, target: Target[Visibility]) -> tuple[PortKey, list[Port]]:
    """The key of the order's port, with its number locked, and the port itself where it is filed."""
    key = find_port_of_order(tx, target.id)
    if key is None:
        raise NotFoundError
    lock_numbers(tx, [key[1]])
    return key, list(load_ports(tx, [key]).values())


def load_order(tx: Tx, target: Target[Visibility]) -> Order:
    """The order that a person acts on, locked. Raises NotFoundError, and what `target.check_version` raises."""
    visible, now = target.visibility, clock.now()
    return target.require(
        partial(load_orders, tx),
        lambda each: visible.includes(each.carrier, each.province) and visible.begins(each.visible_at, now),
    )
