"""What carriers and staff do with orders."""

from __future__ import annotations

from chassis import audit, clock
from chassis.aggregate import NotFoundError
from chassis.database import Tx
from chassis.target import Target
from services.ports.access import Visibility
from services.ports.commands.listings import return_to
from services.ports.model import Order, RefusalCode
from services.ports.store import locks
from services.ports.store.orders import load_orders, place_of_order, save_orders
from services.ports.store.register import load_ports, save_ports


def acknowledge_order(tx: Tx, target: Target[Visibility]) -> Order:
    """The carrier has the order. Raises NotFoundError, ConflictError, and what `target.check_version` raises."""
    order = _locked(tx, target)
    order.acknowledge(clock.now(), tx.cause)
    save_orders(tx, [order])
    return order


def refuse_order(tx: Tx, target: Target[Visibility], code: RefusalCode, note: str | None) -> Order:
    """The carrier will not shut the port and says why. Raises as `acknowledge_order`."""
    order = _locked(tx, target)
    order.refuse(code, note, clock.now(), tx.cause)
    save_orders(tx, [order])
    return order


def execute_order(tx: Tx, target: Target[Visibility], evidence: str) -> Order:
    """The carrier shut the port; where it is filed the register says so. Raises as `acknowledge_order`."""
    place = place_of_order(tx, target.id)
    if place is None:
        raise NotFoundError
    locks.deciding(tx, [place[1]])
    ports = list(load_ports(tx, [place]).values())
    order = _locked(tx, target)
    order.execute(evidence, clock.now(), tx.cause)
    for port in ports:
        port.shut(tx.cause)
    save_ports(tx, ports)
    save_orders(tx, [order])
    return order


def lift_order(tx: Tx, target: Target[Visibility], reason: str) -> Order:
    """Staff take the order back; where the port is filed and was shut it is open again, until a listing that never
    ordered it has its turn. Raises as `acknowledge_order`."""
    place = place_of_order(tx, target.id)
    if place is None:
        raise NotFoundError
    locks.deciding(tx, [place[1]])
    ports = list(load_ports(tx, [place]).values())
    order = _locked(tx, target)
    order.lift(reason, clock.now(), tx.cause)
    for port in ports:
        port.reopen(tx.cause)
    save_ports(tx, ports)
    save_orders(tx, [order])
    return_to(tx, [place])
    audit.record(tx, target.actor, "order-lifted", f"order:{order.id}", reason)
    return order


def _locked(tx: Tx, target: Target[Visibility]) -> Order:
    orders = load_orders(tx, [target.id])
    if not orders or not target.visibility.includes(orders[0].carrier, orders[0].province):
        raise NotFoundError
    target.check_version(orders[0].version)
    return orders[0]
