"""Listings at the existing ports of their enterprises: ordered shut while a listing is in force, and the orders lifted
when it is over, both in slices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from chassis import clock
from chassis.database import Tx
from chassis.sweeper import Slice
from services.ports.commands.grounds import situations_of
from services.ports.commands.measures import order_for_listing
from services.ports.model import Order, PortKey
from services.ports.model.order import OF_A_FILED_PORT
from services.ports.policy.decisions import ground_holds
from services.ports.policy.listings import successor
from services.ports.policy.rulebook import rule_for
from services.ports.policy.situation import Situation
from services.ports.store.listings import (
    ListedPort,
    entries_without_order,
    find_listings_without_ports,
    find_ports_to_lift,
    find_ports_to_shut,
    load_listings,
    lock_listings_without_ports,
    save_listed_ports,
    save_listings,
    still_to_lift,
    still_to_shut,
)
from services.ports.store.locks import lock_numbers
from services.ports.store.orders import load_orders, save_orders
from services.ports.store.register import load_ports, save_ports

SHUT, LIFT, CONCLUDE = "shut", "lift", "conclude"
"""The first part of the key of an item: what is to be done at a port, or with a listing."""


def find_listing_work(tx: Tx, piece: Slice) -> list[str]:
    """Ports of listed enterprises that are to be ordered shut; else listings that have shut or lifted all of theirs;
    else ports whose orders are to be lifted. All of one act: each takes locks from the start of the lock order."""
    if shut := find_ports_to_shut(tx, piece):
        return [f"{SHUT}/{each.item}" for each in shut]
    if done := find_listings_without_ports(tx, piece):
        return [f"{CONCLUDE}/{each}" for each in done]
    return [f"{LIFT}/{each.item}" for each in find_ports_to_lift(tx, piece)]


def enforce_listings(tx: Tx, keys: Sequence[str]) -> int:
    """Do what is still to be done with these items, which are all of one act; returns how many it did."""
    parts = [key.partition("/") for key in keys]
    act, items = parts[0][0], [item for _, _, item in parts]
    if act == CONCLUDE:
        return conclude_listings(tx, [UUID(each) for each in items])
    ports = [ListedPort.of_item(each) for each in items]
    return shut_listed_ports(tx, ports) if act == SHUT else lift_after_listings(tx, ports)


def shut_listed_ports(tx: Tx, found: Sequence[ListedPort]) -> int:
    """Order those of these ports of listed enterprises shut that still have to be; returns how many."""
    lock_numbers(tx, (each.number for each in found))
    ports = load_ports(tx, (each.key for each in found))
    listings = load_listings(tx, {each.entry for each in found})
    now = clock.now()
    orders: dict[PortKey, Order] = {}
    ordered: list[ListedPort] = []
    # Select again under the locks: another transaction may have acted since.
    for each in still_to_shut(tx, found):
        port = ports.get(each.key)
        if port is None or port.last is None or each.key in orders:
            continue
        order = order_for_listing(listings[each.entry], each.key, port.last, now, tx.cause)
        orders[each.key] = order
        ordered.append(replace(each, order_id=order.id))
    save_orders(tx, list(orders.values()))
    save_listed_ports(tx, ordered)
    return len(ordered)


def lift_after_listings(tx: Tx, found: Sequence[ListedPort]) -> int:
    """Lift the orders of listings that are over at those of these ports where they still have to be.

    An order is lifted where only that listing had shut the port. Where another listing wants the port shut, the order
    passes to it; where complaints give a ground by now, the order stays, and its own ground falls for staff to decide.
    Returns how many orders were decided on.
    """
    numbers = lock_numbers(tx, (each.number for each in found))
    ports = load_ports(tx, (each.key for each in found))
    # An order changes hands under the lock of its number only.
    found = still_to_lift(tx, found)
    orders = {order.id: order for order in load_orders(tx, {each.order_id for each in found if each.order_id})}
    entries = entries_without_order(tx, (each.key for each in found))
    over = {each.entry for each in found}
    listings = load_listings(tx, over.union(*entries.values()))
    now = clock.now()
    situations = situations_of(tx, numbers, now)
    passed: list[ListedPort] = []
    decided: set[UUID] = set()
    # Select again under the locks of the listings.
    for each in still_to_lift(tx, found):
        order, port = orders.get(each.order_id) if each.order_id else None, ports.get(each.key)
        if order is None or order.id in decided:
            continue
        decided.add(order.id)
        candidates = (listings[entry] for entry in entries.get(each.key, ()))
        other = successor(candidates, port.last if port else None)
        if other is not None:
            passed.append(replace(each, entry=other.entry))
        elif _has_ground(order, situations[order.number]):
            order.lose_ground(now, tx.cause)
        else:
            order.lift(f"the listing {each.entry} ended", now, tx.cause)
            if port is not None:
                port.reopen(tx.cause)
    save_ports(tx, list(ports.values()))
    save_orders(tx, list(orders.values()))
    save_listed_ports(tx, passed)
    return len(decided)


def conclude_listings(tx: Tx, entries: Sequence[UUID]) -> int:
    """Let those of these listings without a remaining port leave their phase; returns how many."""
    done = lock_listings_without_ports(tx, entries)
    for each in done:
        each.conclude()
    save_listings(tx, done)
    return len(done)


def _has_ground(order: Order, situation: Situation) -> bool:
    """Whether complaints now give a ground to shut its port."""
    return any(ground_holds(ground, order.carrier, situation, rule_for) for ground in OF_A_FILED_PORT)
