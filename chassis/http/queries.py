"""The queries of views: a page of rows and what they show, one row, and counts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any, TypeVar
from uuid import UUID

import sqlalchemy as sa
import structlog

from chassis import metrics
from chassis.aggregate import NotFoundError
from chassis.database import Read
from chassis.http.paging import PageRows, Paging, Part
from chassis.stored import UnreadableRowError, of_row

Conditions = list[sa.ColumnElement[bool]]
KeyOf = Callable[[sa.Row[Any]], tuple[Part, ...]]

T = TypeVar("T")
V = TypeVar("V", bound=StrEnum)

log = structlog.get_logger()


def select_page(read: Read, table: sa.Table, conditions: Conditions, page: Paging) -> Sequence[sa.Row[Any]]:
    """The rows of a page that meet all conditions, by id."""
    statement = sa.select(table).where(*conditions).order_by(table.c.id).limit(page.limit)
    after = page.after(UUID)
    return read.execute(statement if after is None else statement.where(table.c.id > after[0])).all()


def _id(row: sa.Row[Any]) -> tuple[Part, ...]:
    return (row.id,)


def page_rows(rows: Iterable[sa.Row[Any]], view: Callable[[sa.Row[Any]], T], key: KeyOf = _id) -> PageRows[T]:
    """What the rows of a page show, each by `view`. A row on which it fails is logged and left out."""
    keys: list[tuple[Part, ...]] = []
    items: list[T | None] = []
    read = of_row(view)
    for row in rows:
        keys.append(key(row))
        try:
            items.append(read(row))
        except UnreadableRowError as error:  # the others are listed
            report(error)
            items.append(None)
    return PageRows(keys, items)


def one_row(row: sa.Row[Any], view: Callable[[sa.Row[Any]], T]) -> T:
    """What a row shows, by `view`. Raises UnreadableRowError where that fails."""
    return of_row(view)(row)


def report(error: UnreadableRowError) -> None:
    """Log and count a row that cannot be read, for the operators."""
    log.error("a row cannot be read", key=error.key, error=error.reason)
    metrics.UNREADABLE_ROWS.inc()


def select_one(read: Read, table: sa.Table, conditions: Conditions) -> sa.Row[Any]:
    """The one row that meets all conditions. Raises NotFoundError where it does not exist."""
    row = read.execute(sa.select(table).where(*conditions)).one_or_none()
    if row is None:
        raise NotFoundError
    return row


def given(wanted: Mapping[str, object]) -> str:
    """The names of the filters that a request has, without their values, for the audit log."""
    return ", ".join(name for name, value in wanted.items() if value is not None)


def equal(table: sa.Table, wanted: Mapping[str, Any]) -> Conditions:
    """One condition per column that has a wanted value."""
    return [table.c[name] == value for name, value in wanted.items() if value is not None]


def present(wanted: Iterable[tuple[sa.Column[Any], bool | None]]) -> Conditions:
    """One condition per column for which it is wanted that it has a value, or that it has none."""
    return [condition for column, yes in wanted for condition in whether(column.is_not(None), yes)]


def whether(condition: sa.ColumnElement[bool], wanted: bool | None) -> Conditions:
    """The condition where it is wanted, its opposite where that is; none where either will do (None)."""
    if wanted is None:
        return []
    return [condition if wanted else ~condition]


def count_by(read: Read, column: sa.Column[Any], values: type[V]) -> dict[V, int]:
    """How many rows have each of these values in a column."""
    rows = read.execute(
        sa.select(column.label("value"), sa.func.count().label("rows")).where(column.is_not(None)).group_by(column)
    )
    counted = {row.value: row.rows for row in rows}
    return {each: counted.get(each, 0) for each in values}
