"""What several views have in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from pydantic import Field

from chassis.database import Read
from services.ports.access import Visibility


def causes_seen(causes: Sequence[str], visibility: Visibility) -> list[str]:
    """The causes that whoever has this visibility may know of.

    A carrier files complaints of its own subscribers: a reference would lead it from an order to one of them. What
    staff propose and decide among themselves is no carrier's business either.
    """
    return [each for each in causes if visibility.carrier is None or not each.startswith(("complaint:", "proposal:"))]


def select_rows(
    read: Read, table: sa.Table, conditions: Sequence[sa.ColumnElement[bool]], *, limit: int
) -> Sequence[Any]:
    """The first rows, by id, that fulfil all conditions."""
    return read.execute(sa.select(table).where(*conditions).order_by(table.c.id).limit(limit)).all()


def equal(table: sa.Table, wanted: Mapping[str, Any]) -> list[sa.ColumnElement[bool]]:
    """Conditions on columns, where a value is wanted at all."""
    return [table.c[name] == value for name, value in wanted.items() if value is not None]


COMPLAINANTS = Field(description="how many different people's complaints it stands on")
