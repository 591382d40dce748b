"""Parts that several views share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field

from chassis.aggregate import NotFoundError
from chassis.database import Read
from chassis.http.paging import Paging
from services.ports.access import Visibility

Conditions = list[sa.ColumnElement[bool]]


def visible_causes(causes: Sequence[str], visibility: Visibility) -> list[str]:
    """The causes that a caller with this visibility may see.

    A carrier files the complaints of its own subscribers: a reference would identify one of them. The proposals of
    staff are internal to the regulator.
    """
    return [each for each in causes if visibility.carrier is None or not each.startswith(("complaint:", "proposal:"))]


def select_page(read: Read, table: sa.Table, conditions: Conditions, page: Paging) -> Sequence[sa.Row[Any]]:
    """The rows of a page that meet all conditions, by id."""
    statement = sa.select(table).where(*conditions).order_by(table.c.id).limit(page.limit)
    after = page.after(UUID)
    return read.execute(statement if after is None else statement.where(table.c.id > after[0])).all()


def select_one(read: Read, table: sa.Table, conditions: Conditions) -> sa.Row[Any]:
    """The one row that meets all conditions. Raises NotFoundError where it does not exist."""
    row = read.execute(sa.select(table).where(*conditions)).one_or_none()
    if row is None:
        raise NotFoundError
    return row


def equal(table: sa.Table, wanted: Mapping[str, Any]) -> Conditions:
    """One condition per column that has a wanted value."""
    return [table.c[name] == value for name, value in wanted.items() if value is not None]


COMPLAINANTS = Field(description="how many different people complained")
