"""Orders against ports: one row per order that was executed, at the newest version that was heard."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from chassis import sets
from chassis.database import Read, Tx
from chassis.events.envelope import Message
from contracts.ports import OrderFact
from services.credit.policy.attribution import LISTING, counts, enterprise_of, has_fallen
from services.credit.policy.windows import ShutPort
from services.credit.store.tables import ORDERS

_COLUMNS = ("id", "version", "code", "carrier", "number", "ground", "executed_at", "fallen", "counts")
_UPSERT = sa.text(
    f"INSERT INTO orders ({', '.join(_COLUMNS)}) "  # noqa: S608 - our columns
    f"SELECT * FROM unnest({', '.join(f'CAST(:{each} AS {sets.type_of(ORDERS.c[each])}[])' for each in _COLUMNS)}) "
    f"AS new({', '.join(_COLUMNS)}) ORDER BY id "
    "ON CONFLICT (id) DO UPDATE SET "
    + ", ".join(f"{each} = excluded.{each}" for each in _COLUMNS if each != "id")
    + " WHERE orders.version < excluded.version RETURNING id, code, counts"
)


@dataclass(frozen=True, slots=True)
class TakenOrder:
    """An order whose row was written: against whom, and whether it counts now."""

    order: UUID
    code: str | None
    counts: bool


def take_orders(tx: Tx, messages: Sequence[Message[OrderFact]]) -> dict[UUID, TakenOrder]:
    """Write what is newer than what is there; what is stale is left out of the answer. One message per order."""
    facts = [each.event for each in messages]
    columns: dict[str, Sequence[Any]] = {
        "id": [each.order for each in facts],
        "version": [each.version for each in messages],
        "code": [enterprise_of(each) for each in facts],
        "carrier": [each.carrier for each in facts],
        "number": [each.number for each in facts],
        "ground": [each.ground for each in facts],
        "executed_at": [each.executed_at for each in facts],
        "fallen": [has_fallen(each) for each in facts],
        "counts": [counts(each) for each in facts],
    }
    rows = tx.execute(_UPSERT, columns)
    return {row.id: TakenOrder(row.id, row.code, row.counts) for row in rows}


def counting(read: Read, codes: Sequence[str]) -> dict[str, list[ShutPort]]:
    """The orders that count against each of these enterprises, sorted by when they were executed."""
    rows = read.execute(
        sa.text(
            "SELECT code, id, carrier, number, executed_at FROM orders "
            "WHERE code = ANY(CAST(:codes AS text[])) AND counts ORDER BY code, executed_at, id"
        ),
        {"codes": list(codes)},
    )
    found: dict[str, list[ShutPort]] = defaultdict(list)
    for row in rows.all():
        found[row.code].append(ShutPort(row.id, row.carrier, row.number, row.executed_at))
    return found


def never_a_ground(read: Read, orders: Iterable[UUID]) -> set[UUID]:
    """Those of these orders that are known to be no ground for a listing: fallen, or themselves caused by one."""
    rows = read.execute(
        sa.text("SELECT id FROM orders WHERE id = ANY(CAST(:ids AS uuid[])) AND (fallen OR ground = :listing)"),
        {"ids": list(orders), "listing": LISTING},
    )
    return set(rows.scalars())
