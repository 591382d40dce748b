"""Figures, for staff: how many there are of what, counted when they are asked for."""

from __future__ import annotations

import sqlalchemy as sa
from pydantic import BaseModel, Field

from chassis.database import Read
from services.credit.model import EntryState, Ground


class EntryFigures(BaseModel):
    """Entries. `proposed` are all there ever were; the others count who ever came that far."""

    proposed: int
    contested: int
    effective: int
    repaired: int
    expired: int
    withdrawn: int


class StandingFigures(BaseModel):
    """Enterprises that ever were on a list, those that are, and those of them that are given no new port."""

    codes: int
    listed: int
    refused: int


class OrderFigures(BaseModel):
    """Orders that are held against an enterprise."""

    counting: int


class Statistics(BaseModel):
    """What this service has. `states` and `grounds` each sum up to `entries.proposed`."""

    entries: EntryFigures
    states: dict[EntryState, int] = Field(description="where the entries stand now")
    grounds: dict[Ground, int]
    standings: StandingFigures
    orders: OrderFigures


def count_everything(read: Read) -> Statistics:
    """All figures, of one moment: they add up while others write. Must be the first that its transaction reads."""
    read.execute(sa.text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
    states, grounds = _by(read, "state"), _by(read, "ground")
    return Statistics(
        entries=EntryFigures(**dict(read.execute(_ENTRIES).one()._mapping)),
        states={each: states.get(each, 0) for each in EntryState},
        grounds={each: grounds.get(each, 0) for each in Ground},
        standings=StandingFigures(**dict(read.execute(_STANDINGS).one()._mapping)),
        orders=OrderFigures(counting=read.execute(_ORDERS).scalar_one()),
    )


_ENTRIES = sa.text(
    "SELECT count(*) AS proposed, count(contested_at) AS contested, count(effective_at) AS effective, "
    "count(repaired_at) AS repaired, count(expired_at) AS expired, count(withdrawn_at) AS withdrawn FROM entries"
)
_STANDINGS = sa.text(
    "SELECT count(*) AS codes, count(*) FILTER (WHERE restrictions <> '[]') AS listed, "
    """count(*) FILTER (WHERE restrictions @> '[{"new_resources": "refuse"}]') AS refused FROM standings"""
)
_ORDERS = sa.text("SELECT count(*) FROM orders WHERE counts")


def _by(read: Read, column: str) -> dict[str, int]:
    """How many entries there are of each value."""
    value: sa.ColumnClause[str] = sa.column(column)
    statement = (
        sa.select(value.label("value"), sa.func.count().label("count")).select_from(sa.table("entries")).group_by(value)
    )
    return {row.value: row._mapping["count"] for row in read.execute(statement).all()}
