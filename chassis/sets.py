"""Rows in sets: one COPY or one statement for any number of rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import JSONB

from chassis.database import StaleAggregateError, Tx

Row = Mapping[str, Any]


def insert(tx: Tx, table: sa.Table, rows: Sequence[Row]) -> None:
    """Add rows by COPY; a value that a row does not have is NULL."""
    if rows:
        columns = [(column.name, isinstance(column.type, JSONB)) for column in table.columns]
        tx.copy(
            table.name,
            [name for name, _ in columns],
            ([_json(row.get(name)) if json else row.get(name) for name, json in columns] for row in rows),
        )


def update(tx: Tx, table: sa.Table, columns: Sequence[str], rows: Sequence[Row]) -> None:
    """Set `columns` of the rows with these ids, where each is still at the version in `stored_version`.

    Raises StaleAggregateError where one is not.
    """
    if not rows:
        return
    parameters = {name: [row[name] for row in rows] for name in ("id", "stored_version", *columns)}
    for name in columns:
        if isinstance(table.c[name].type, JSONB):
            parameters[name] = [_json(value) for value in parameters[name]]
    if tx.execute(_update(table, tuple(columns)), parameters).rowcount != len(rows):
        raise StaleAggregateError(f"{table.name}: a row has changed since it was read")


@cache
def _update(table: sa.Table, columns: tuple[str, ...]) -> sa.TextClause:
    sets = ", ".join(f"{name} = new.{name}" for name in columns)
    return sa.text(
        f"UPDATE {table.name} AS old SET {sets} "  # noqa: S608
        f"FROM unnest({arrays(table, ('id', *columns))}, CAST(:stored_version AS integer[])) "
        f"AS new(id, {', '.join(columns)}, stored_version) "
        "WHERE old.id = new.id AND old.version = new.stored_version"
    )


def arrays(table: sa.Table, columns: Iterable[str]) -> str:
    """The parameters of a statement over rows: one array per column, named like it and of its type."""
    return ", ".join(f"CAST(:{name} AS {_type_of(table.c[name])}[])" for name in columns)


def by_column(names: Sequence[str], rows: Iterable[Sequence[Any]]) -> dict[str, list[Any]]:
    """The values of such parameters: a list per name, from rows of values in the order of the names."""
    listed = list(rows)
    return {name: [row[place] for row in listed] for place, name in enumerate(names)}


def _type_of(column: sa.Column[Any]) -> str:
    """The column's type in SQL, without its collation."""
    return column.type.compile(postgresql.dialect()).partition(" COLLATE")[0]  # type: ignore[no-untyped-call]


def _json(value: Any) -> str | None:
    return None if value is None else json_text(value)


def json_text(value: Any) -> str:
    """The value of a JSONB column as COPY and arrays of parameters take it."""
    return msgspec.json.encode(value).decode()
