"""Orders: loaded and saved in sets, and asked about by number."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from chassis import sets
from chassis.database import Read, Tx
from contracts.complaints import Citation
from services.ports.model import Ground, Order, OrderState
from services.ports.model.order import IN_FORCE
from services.ports.policy.decisions import PastOrder
from services.ports.store.register import Place
from services.ports.store.tables import ORDERS

_CHANGING = (
    "version", "state", "acknowledged_at", "executed_at", "evidence", "refused_at", "refusal_code", "refusal_note",
    "overdue_since", "acknowledgement_missed_at", "execution_missed_at", "lifted_at", "lift_reason", "ground_fell_at",
    "due_at",
)  # fmt: skip


def load_orders(tx: Tx, ids: Iterable[UUID]) -> list[Order]:
    """The orders with these ids, locked, sorted by id."""
    return _loaded(
        tx,
        sa.text("SELECT * FROM orders WHERE id = ANY(CAST(:ids AS uuid[])) ORDER BY id FOR UPDATE"),
        {"ids": list(ids)},
    )


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


def load_orders_due(tx: Tx, now: datetime, limit: int) -> list[Order]:
    """At most `limit` orders with a deadline that passed before `now`, locked; not those that others have."""
    return _loaded(
        tx,
        sa.text("SELECT * FROM orders WHERE due_at < :now ORDER BY due_at LIMIT :limit FOR UPDATE SKIP LOCKED"),
        {"now": now, "limit": limit},
    )


def save_orders(tx: Tx, orders: Sequence[Order]) -> None:
    """Write orders that changed and publish what they recorded."""
    changed = [each for each in orders if each.recorded]
    rows = [_row(each) for each in changed]
    sets.insert(tx, ORDERS, [row for row in rows if not row["stored_version"]])
    sets.update(tx, ORDERS, _CHANGING, [row for row in rows if row["stored_version"]])
    tx.publish(changed)


def past_orders(read: Read, numbers: Sequence[str]) -> dict[str, list[PastOrder]]:
    """Every order there was about these numbers."""
    rows = read.execute(
        sa.text(
            "SELECT number, carrier, lifted_at, cause, ground FROM orders WHERE number = ANY(CAST(:numbers AS text[]))"
        ),
        {"numbers": list(numbers)},
    )
    orders: dict[str, list[PastOrder]] = defaultdict(list)
    for row in rows.all():
        by_listing = row.ground == Ground.LISTING
        orders[row.number].append(PastOrder(row.carrier, row.lifted_at, row.cause, by_listing))
    return orders


def orders_in_force(read: Read, places: Sequence[Place]) -> dict[Place, UUID]:
    """The orders because of which these ports must not be used."""
    rows = read.execute(
        sa.text(
            "SELECT o.carrier, o.number, o.id FROM orders AS o "
            "JOIN unnest(CAST(:carriers AS text[]), CAST(:numbers AS text[])) AS wanted(carrier, number) "
            "ON o.carrier = wanted.carrier AND o.number = wanted.number "
            "WHERE o.state = ANY(CAST(:states AS text[]))"
        ),
        {
            "carriers": [carrier for carrier, _ in places],
            "numbers": [number for _, number in places],
            "states": sorted(IN_FORCE),
        },
    )
    return {(row.carrier, row.number): row.id for row in rows}


def place_of_order(read: Read, order: UUID) -> Place | None:
    """Where an order's port is, which never changes; None where there is no such order."""
    row = read.execute(sa.select(ORDERS.c.carrier, ORDERS.c.number).where(ORDERS.c.id == order)).one_or_none()
    return None if row is None else (row.carrier, row.number)


def _loaded(tx: Tx, statement: sa.TextClause, parameters: dict[str, Any]) -> list[Order]:
    return [order_of(row) for row in tx.execute(statement, parameters)]


def order_of(row: Any) -> Order:
    """The order in a row of its table."""
    return Order(
        id=row.id,
        version=row.version,
        carrier=row.carrier,
        number=row.number,
        cause=row.cause,
        correlation_id=row.correlation_id,
        ground=Ground(row.ground),
        attribution=row.attribution,
        holder=row.holder,
        provider=row.provider,
        signature=row.signature,
        province=row.province,
        complainants=row.complainants,
        reasons=tuple(row.reasons),
        rules=msgspec.convert(row.rules, tuple[Citation, ...]),
        causes=tuple(row.causes),
        ordered_at=row.ordered_at,
        acknowledge_by=row.acknowledge_by,
        execute_by=row.execute_by,
        state=OrderState(row.state),
        acknowledged_at=row.acknowledged_at,
        executed_at=row.executed_at,
        evidence=row.evidence,
        refused_at=row.refused_at,
        refusal_code=row.refusal_code,
        refusal_note=row.refusal_note,
        overdue_since=row.overdue_since,
        acknowledgement_missed_at=row.acknowledgement_missed_at,
        execution_missed_at=row.execution_missed_at,
        lifted_at=row.lifted_at,
        lift_reason=row.lift_reason,
        ground_fell_at=row.ground_fell_at,
    )


def _row(order: Order) -> sets.Row:
    return {
        "id": order.id,
        "stored_version": order.stored_version,
        "version": order.version,
        "carrier": order.carrier,
        "number": order.number,
        "cause": order.cause,
        "correlation_id": order.correlation_id,
        "ground": order.ground,
        "attribution": order.attribution,
        "holder": order.holder,
        "provider": order.provider,
        "signature": order.signature,
        "province": order.province,
        "complainants": order.complainants,
        "reasons": order.reasons,
        "rules": order.rules,
        "causes": order.causes,
        "ordered_at": order.ordered_at,
        "acknowledge_by": order.acknowledge_by,
        "execute_by": order.execute_by,
        "state": order.state,
        "acknowledged_at": order.acknowledged_at,
        "executed_at": order.executed_at,
        "evidence": order.evidence,
        "refused_at": order.refused_at,
        "refusal_code": order.refusal_code,
        "refusal_note": order.refusal_note,
        "overdue_since": order.overdue_since,
        "acknowledgement_missed_at": order.acknowledgement_missed_at,
        "execution_missed_at": order.execution_missed_at,
        "lifted_at": order.lifted_at,
        "lift_reason": order.lift_reason,
        "ground_fell_at": order.ground_fell_at,
        "due_at": order.due_at,
    }
