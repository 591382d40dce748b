"""Listings at the existing ports of their enterprises: ordered shut while a listing is in force, and the orders lifted
when it is over, both in slices."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from uuid import UUID

from chassis import clock
from chassis.database import Read, Tx
from services.ports.commands.grounds import situations_of
from services.ports.commands.measures import order_for_listing
from services.ports.model import ListingPhase, Order, PortKey
from services.ports.model.order import OF_A_FILED_PORT
from services.ports.policy.decisions import Situation, ground_holds
from services.ports.policy.listings import successor
from services.ports.policy.rulebook import rule_for
from services.ports.store.listings import (
    ListedPort,
    entries_without_order,
    load_listings,
    load_listings_in,
    ports_to_lift,
    ports_to_shut,
    save_listed_ports,
    save_listings,
)
from services.ports.store.locks import lock_numbers
from services.ports.store.orders import load_orders, save_orders
from services.ports.store.register import load_ports, save_ports

RemainingPorts = Callable[[Read, int | None, Iterable[UUID]], list[ListedPort]]
"""The ports at which some listings still have to act."""


def shut_listed_ports(tx: Tx, limit: int) -> int:
    """Order at most `limit` ports of listed enterprises shut; where none remain, conclude the listings.

    Returns how many ports, or else listings, were processed: 0 where there were none and nothing was locked.
    """
    found = ports_to_shut(tx, limit)
    if not found:
        return _conclude(tx, ListingPhase.SHUTTING, limit, ports_to_shut)
    numbers = set(lock_numbers(tx, (each.number for each in found)))
    ports = load_ports(tx, (each.key for each in found))
    listings = load_listings(tx, {each.entry for each in found})
    now = clock.now()
    orders: dict[PortKey, Order] = {}
    ordered: list[ListedPort] = []
    # Select again under the locks: another transaction may have acted since.
    for each in ports_to_shut(tx, limit, listings):
        port = ports.get(each.key)
        if each.number not in numbers or port is None or port.last is None or each.key in orders:
            continue
        order = order_for_listing(listings[each.entry], each.key, port.last, now, tx.cause)
        orders[each.key] = order
        ordered.append(replace(each, order_id=order.id))
    save_orders(tx, list(orders.values()))
    save_listed_ports(tx, ordered)
    return len(found)


def lift_after_listings(tx: Tx, limit: int) -> int:
    """Lift at most `limit` orders of listings that are over; where none remain, end the listings.

    An order is lifted where only that listing had shut the port. Where another listing wants the port shut, the order
    passes to it; where complaints give a ground by now, the order stays, and its own ground falls for staff to decide.
    Returns as `shut_listed_ports`.
    """
    found = ports_to_lift(tx, limit)
    if not found:
        return _conclude(tx, ListingPhase.LIFTING, limit, ports_to_lift)
    numbers = lock_numbers(tx, (each.number for each in found))
    ports = load_ports(tx, (each.key for each in found))
    orders = {order.id: order for order in load_orders(tx, {each.order_id for each in found if each.order_id})}
    entries = entries_without_order(tx, (each.key for each in found))
    over = {each.entry for each in found}
    listings = load_listings(tx, over.union(*entries.values()))
    now = clock.now()
    situations = situations_of(tx, numbers, now)
    passed: list[ListedPort] = []
    decided: set[UUID] = set()
    for each in ports_to_lift(tx, limit, over):
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
    return len(found)


def _has_ground(order: Order, situation: Situation) -> bool:
    """Whether complaints now give a ground to shut its port."""
    return any(ground_holds(ground, order.carrier, situation, rule_for) for ground in OF_A_FILED_PORT)


def _conclude(tx: Tx, phase: ListingPhase, limit: int, remaining: RemainingPorts) -> int:
    """Let the listings in this phase without a remaining port leave it.

    A transaction that adds a remaining port locks the listing's row: it either waits and finds the listing out of the
    phase, or it came first and its port is found here.
    """
    listings = load_listings_in(tx, phase, limit)
    if listings:
        busy = {each.entry for each in remaining(tx, None, listings)}
        done = [each for each in listings.values() if each.entry not in busy]
        for each in done:
            each.conclude()
        save_listings(tx, done)
    return len(listings)
