"""What carriers and staff do with orders."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from chassis import audit, clock
from chassis.aggregate import NotSeenError
from chassis.audit import Actor
from chassis.database import Tx
from services.ports.commands.listings import return_to
from services.ports.model import Order, RefusalCode
from services.ports.store import locks
from services.ports.store.orders import load_orders, place_of_order, save_orders
from services.ports.store.register import load_ports, save_ports
from services.ports.store.sight import Sight


@dataclass(frozen=True, slots=True)
class Upon:
    """Which order or enquiry an act is upon, who acts, with what sight, and having read which version: `check` raises
    when the version is not the one that was read."""

    id: UUID
    sight: Sight
    check: Callable[[int], None]


def acknowledge_order(tx: Tx, upon: Upon) -> Order:
    """The carrier has the order. Raises NotSeenError, ConflictError, and what `upon.check` raises."""
    order = _locked(tx, upon)
    order.acknowledge(clock.now(), tx.cause)
    save_orders(tx, [order])
    return order


def refuse_order(tx: Tx, upon: Upon, code: RefusalCode, note: str | None) -> Order:
    """The carrier will not shut the port and says why. Raises as `acknowledge_order`."""
    order = _locked(tx, upon)
    order.refuse(code, note, clock.now(), tx.cause)
    save_orders(tx, [order])
    return order


def execute_order(tx: Tx, upon: Upon, evidence: str) -> Order:
    """The carrier shut the port; where it is filed the register says so. Raises as `acknowledge_order`."""
    place = place_of_order(tx, upon.id)
    if place is None:
        raise NotSeenError
    locks.deciding(tx, [place[1]])
    ports = list(load_ports(tx, [place]).values())
    order = _locked(tx, upon)
    order.execute(evidence, clock.now(), tx.cause)
    for port in ports:
        port.shut(tx.cause)
    save_ports(tx, ports)
    save_orders(tx, [order])
    return order


def lift_order(tx: Tx, upon: Upon, reason: str, actor: Actor) -> Order:
    """Staff take the order back; where the port is filed and was shut it is open again, until a listing that never
    ordered it has its turn. Raises as `acknowledge_order`."""
    place = place_of_order(tx, upon.id)
    if place is None:
        raise NotSeenError
    locks.deciding(tx, [place[1]])
    ports = list(load_ports(tx, [place]).values())
    order = _locked(tx, upon)
    order.lift(reason, clock.now(), tx.cause)
    for port in ports:
        port.reopen(tx.cause)
    save_ports(tx, ports)
    save_orders(tx, [order])
    return_to(tx, [place])
    audit.record(tx, actor, "order-lifted", f"order:{order.id}", reason)
    return order


def _locked(tx: Tx, upon: Upon) -> Order:
    orders = load_orders(tx, [upon.id])
    if not orders or not upon.sight.sees(orders[0].carrier, orders[0].province):
        raise NotSeenError
    upon.check(orders[0].version)
    return orders[0]
