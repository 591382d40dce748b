"""Tables of the parcels service; parcels are loaded and saved in sets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from chassis.database import Key, Read, Tx, metadata, moment
from chassis.quarantine import HELD
from chassis.stored import Stored
from chassis.sweeper import Slice
from examples.parcels.model import Parcel

METADATA = metadata()
PARCELS = sa.Table(
    "parcels",
    METADATA,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("sender", Key, nullable=False),
    sa.Column("recipient", sa.Text, nullable=False),
    sa.Column("correlation_id", Key, nullable=False),
    sa.Column("rules", JSONB, nullable=False),
    moment("sent_at", nullable=False),
    moment("deliver_by", nullable=False),
    sa.Column("state", Key, nullable=False),
    moment("delivered_at"),
    moment("overdue_since"),
    sa.Index("ix_parcels_sender", "sender", "id"),
    sa.Index("ix_parcels_due", "deliver_by", postgresql_where=sa.text("state = 'sent' AND overdue_since IS NULL")),
    comment="Parcels, each at its newest version",
)

ARRIVALS = sa.Table(
    "arrivals",
    METADATA,
    sa.Column("parcel_id", sa.Uuid, primary_key=True),
    sa.Column("sender", Key, nullable=False),
    moment("delivered_at", nullable=False),
    sa.Column("late", sa.Boolean, nullable=False),
    comment="One row per delivered parcel, written by the reaction",
)

_STORED = Stored(PARCELS, Parcel)


def load_parcels(tx: Tx, ids: Iterable[UUID]) -> list[Parcel]:
    """The parcels with these ids, locked, sorted by id."""
    return _STORED.lock(tx, ids)


_DUE = "state = 'sent' AND overdue_since IS NULL AND deliver_by < :now"


def find_parcels_due(tx: Tx, now: datetime, piece: Slice) -> list[str]:
    """The parcels whose deadline has passed, locked; skips rows locked by another worker."""
    statement = sa.text(
        f"SELECT id FROM parcels WHERE {_DUE} AND CAST(id AS text) NOT IN {HELD} "  # noqa: S608 - constants
        "ORDER BY deliver_by LIMIT :limit FOR UPDATE SKIP LOCKED"
    )
    rows = tx.execute(statement, {"now": now, "limit": piece.limit, "sweep": piece.sweep})
    return [str(each) for each in rows.scalars()]


def load_parcels_due(tx: Tx, ids: Iterable[str], now: datetime) -> list[Parcel]:
    """Those of these parcels whose deadline has passed, locked; skips rows locked by another worker."""
    statement = sa.text(
        f"SELECT * FROM parcels WHERE id = ANY(CAST(:ids AS uuid[])) AND {_DUE} "  # noqa: S608 - a constant
        "ORDER BY id FOR UPDATE SKIP LOCKED"
    )
    return [_STORED.load(row) for row in tx.execute(statement, {"ids": list(ids), "now": now})]


def save_parcels(tx: Tx, parcels: Sequence[Parcel]) -> None:
    """Write parcels that changed and publish what they recorded."""
    _STORED.save(tx, parcels)


def add_arrivals(tx: Tx, rows: Sequence[dict[str, Any]]) -> None:
    """Add arrivals; a known parcel changes nothing."""
    statement = sa.text(
        "INSERT INTO arrivals (parcel_id, sender, delivered_at, late)"
        " VALUES (:parcel_id, :sender, :delivered_at, :late) ON CONFLICT DO NOTHING"
    )
    tx.execute(statement, rows)


def count_arrivals(read: Read, sender: str) -> tuple[int, int]:
    """How many parcels of a sender have arrived, and how many of them late."""
    columns = sa.func.count().label("arrived"), sa.func.count().filter(ARRIVALS.c.late).label("late")
    row = read.execute(sa.select(*columns).where(ARRIVALS.c.sender == sender)).one()
    return row.arrived, row.late
