"""Orders: loaded and saved in sets, and looked up by number."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from chassis import sets
from chassis.database import Read, Tx
from chassis.quarantine import HELD
from chassis.stored import Stored, read_as
from chassis.sweeper import Slice
from contracts.vocabulary import ReviewOutcome
from services.ports.model import Order, PortKey, ShutdownGround
from services.ports.model.order import IN_FORCE
from services.ports.policy.situation import PastOrder
from services.ports.store.tables import ORDERS

_STORED = Stored(ORDERS, Order)


def load_orders(tx: Tx, ids: Iterable[UUID]) -> list[Order]:
    """The orders with these ids, locked, sorted by id."""
    return _STORED.lock(tx, ids)


def load_open_orders(tx: Tx, numbers: Iterable[str]) -> list[Order]:
    """The open orders about these numbers, locked, sorted by id."""
    return _loaded(
        tx,
        sa.text(
            "SELECT * FROM orders WHERE number = ANY(CAST(:numbers AS text[])) AND state <> 'lifted' "
            "ORDER BY id FOR UPDATE"
        ),
        {"numbers": sorted(numbers)},
    )


def find_orders_due(tx: Tx, now: datetime, piece: Slice) -> list[str]:
    """The orders with a deadline that passed before `now`, locked; skips rows locked by another worker."""
    statement = sa.text(
        f"SELECT id FROM orders WHERE due_at < :now AND CAST(id AS text) NOT IN {HELD} "  # noqa: S608 - a constant
        "ORDER BY due_at LIMIT :limit FOR UPDATE SKIP LOCKED"
    )
    rows = tx.execute(statement, {"now": now, "limit": piece.limit, "sweep": piece.sweep})
    return [str(each) for each in rows.scalars()]


def load_orders_due(tx: Tx, ids: Iterable[str], now: datetime) -> list[Order]:
    """Those of these orders with a deadline that passed before `now`, locked; skips rows locked by another worker."""
    return _loaded(
        tx,
        sa.text(
            "SELECT * FROM orders WHERE id = ANY(CAST(:ids AS uuid[])) AND due_at < :now "
            "ORDER BY id FOR UPDATE SKIP LOCKED"
        ),
        {"ids": list(ids), "now": now},
    )


def save_orders(tx: Tx, orders: Sequence[Order]) -> None:
    """Write the orders that changed and publish their events."""
    _STORED.save(tx, orders)


def past_orders(read: Read, numbers: Sequence[str]) -> dict[str, list[PastOrder]]:
    """Every order about these numbers, open or lifted."""
    rows = read.execute(
        sa.text(
            "SELECT id, number, carrier, lifted_at, cause,"
            " ground <> :listing AND lift_review IS DISTINCT FROM :reversed AS judges"
            " FROM orders WHERE number = ANY(CAST(:numbers AS text[]))"
        ),
        {"numbers": list(numbers), "listing": ShutdownGround.LISTING, "reversed": ReviewOutcome.REVERSED},
    )
    orders: dict[str, list[PastOrder]] = defaultdict(list)
    for row in rows.all():
        orders[row.number].append(read_as(row, PastOrder))
    return orders


def orders_in_force(read: Read, ports: Sequence[PortKey]) -> dict[PortKey, UUID]:
    """The orders because of which these ports must not be used."""
    rows = read.execute(
        sa.text(
            "SELECT o.carrier, o.number, o.id FROM orders AS o "
            "JOIN unnest(CAST(:carriers AS text[]), CAST(:numbers AS text[])) AS wanted(carrier, number) "
            "ON o.carrier = wanted.carrier AND o.number = wanted.number "
            "WHERE o.state = ANY(CAST(:states AS text[]))"
        ),
        {**sets.by_column(("carriers", "numbers"), ports), "states": sorted(IN_FORCE)},
    )
    return {(row.carrier, row.number): row.id for row in rows}


def find_port_of_order(read: Read, order: UUID) -> PortKey | None:
    """The port of an order, which never changes; None where the order does not exist."""
    row = read.execute(sa.select(ORDERS.c.carrier, ORDERS.c.number).where(ORDERS.c.id == order)).one_or_none()
    return None if row is None else (row.carrier, row.number)


def _loaded(tx: Tx, statement: sa.TextClause, parameters: dict[str, Any]) -> list[Order]:
    return [order_of(row) for row in tx.execute(statement, parameters)]


def order_of(row: sa.Row[Any]) -> Order:
    """The order in a row of its table."""
    return _STORED.load(row)
