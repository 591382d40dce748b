"""Listings at the ports that their enterprises have: ordered shut while a listing wants it, and let go when it is
over, both in slices."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from uuid import UUID

from chassis import clock
from chassis.database import Read, Tx
from services.ports.commands.grounds import facts_on
from services.ports.commands.measures import order_for_listing
from services.ports.model import ListingPhase, Order
from services.ports.model.order import OF_A_FILED_PORT
from services.ports.policy.decisions import Facts, ground_stands
from services.ports.policy.listings import taking_over
from services.ports.policy.rulebook import rule_for
from services.ports.store import locks
from services.ports.store.listings import (
    ListedPort,
    listings_after,
    load_listings,
    load_listings_at_work,
    note_orders,
    ports_to_lift,
    ports_to_shut,
    save_listings,
)
from services.ports.store.orders import load_orders, save_orders
from services.ports.store.register import Place, load_ports, save_ports

Left = Callable[[Read, int | None, Iterable[UUID]], list[ListedPort]]
"""The ports that are left to some listings."""


def shut_listed_ports(tx: Tx, limit: int) -> int:
    """Order at most `limit` ports of listed enterprises shut; where none is left, the listings are through with it.

    Returns how many ports, or else listings, were looked at: 0 where there were none and nothing was locked.
    """
    found = ports_to_shut(tx, limit)
    if not found:
        return _conclude(tx, ListingPhase.SHUTTING, limit, ports_to_shut)
    numbers = set(locks.deciding(tx, (each.number for each in found)))
    ports = load_ports(tx, (each.place for each in found))
    listings = load_listings(tx, {each.entry for each in found})
    now = clock.now()
    orders: dict[Place, Order] = {}
    noted: list[ListedPort] = []
    # What was found without locks is asked for again: others may have come first.
    for each in ports_to_shut(tx, limit, listings):
        port = ports.get(each.place)
        if each.number not in numbers or port is None or port.last is None or each.place in orders:
            continue
        order = order_for_listing(listings[each.entry], each.place, port.last, now, tx.cause)
        orders[each.place] = order
        noted.append(replace(each, order=order.id))
    save_orders(tx, list(orders.values()))
    note_orders(tx, noted)
    return len(found)


def lift_after_listings(tx: Tx, limit: int) -> int:
    """Lift at most `limit` orders of listings that are over; where none is left, the listings have ended.

    Lifted is what the listing alone had shut. Where another listing wants the port shut the order stands for that one
    from now on; where complaints give a ground for it by now it stands, and staff are told that its own is gone.
    Returns as `shut_listed_ports`.
    """
    found = ports_to_lift(tx, limit)
    if not found:
        return _conclude(tx, ListingPhase.LIFTING, limit, ports_to_lift)
    numbers = locks.deciding(tx, (each.number for each in found))
    ports = load_ports(tx, (each.place for each in found))
    orders = {order.id: order for order in load_orders(tx, {each.order for each in found if each.order})}
    after = listings_after(tx, (each.place for each in found))
    ended = {each.entry for each in found}
    listings = load_listings(tx, ended.union(*after.values()))
    now = clock.now()
    facts = facts_on(tx, numbers, now)
    passed: list[ListedPort] = []
    decided: set[UUID] = set()
    for each in ports_to_lift(tx, limit, ended):
        order, port = orders.get(each.order) if each.order else None, ports.get(each.place)
        if order is None or order.id in decided:
            continue
        decided.add(order.id)
        wanting = (listings[entry] for entry in after.get(each.place, ()))
        other = taking_over(wanting, port.last if port else None)
        if other is not None:
            passed.append(replace(each, entry=other.entry))
        elif _has_a_ground(order, facts[order.number]):
            order.lose_ground(now, tx.cause)
        else:
            order.lift(f"the listing {each.entry} ended", now, tx.cause)
            if port is not None:
                port.reopen(tx.cause)
    save_ports(tx, list(ports.values()))
    save_orders(tx, list(orders.values()))
    note_orders(tx, passed)
    return len(found)


def _has_a_ground(order: Order, facts: Facts) -> bool:
    """Whether complaints would have its port shut now."""
    return any(ground_stands(ground, order.carrier, facts, rule_for) for ground in OF_A_FILED_PORT)


def _conclude(tx: Tx, phase: ListingPhase, limit: int, left: Left) -> int:
    """Let listings that have no port left come out of this phase. Whoever leaves them another port in this moment
    waits for their rows, and finds them out of it, or has come first, and is seen."""
    listings = load_listings_at_work(tx, phase, limit)
    if listings:
        busy = {each.entry for each in left(tx, None, listings)}
        through = [each for each in listings.values() if each.entry not in busy]
        for each in through:
            each.conclude()
        save_listings(tx, through)
    return len(listings)
