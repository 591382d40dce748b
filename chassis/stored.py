"""Aggregates and their rows, mapped by name: a column holds the attribute that is called like it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import MISSING, fields
from functools import wraps
from typing import Any, Concatenate, Generic, ParamSpec, Protocol, TypeVar
from uuid import UUID

import msgspec
import sqlalchemy as sa

from chassis import sets
from chassis.aggregate import Aggregate
from chassis.database import Tx

A = TypeVar("A", bound=Aggregate)
P = ParamSpec("P")
T = TypeVar("T")

MAPPINGS: list[Stored[Any]] = []
"""Every mapping that this process has loaded, for the test that proves fields and columns to agree."""

_UNSTORED = frozenset({"recorded"})


class UnreadableRowError(Exception):
    """What is stored in a row is not what its kind expects. `key` is the id of the row, or its first column."""

    def __init__(self, row: Any, reason: Exception) -> None:
        self.row = row
        self.key = str(getattr(row, "id", row[0]))
        self.reason = type(reason).__name__
        super().__init__(f"row {self.key} cannot be read: {self.reason}: {reason}")


def of_row(make: Callable[Concatenate[Any, P], T]) -> Callable[Concatenate[Any, P], T]:
    """`make`, which makes something of a row. Raises UnreadableRowError where it fails, whatever is wrong with the
    row."""

    @wraps(make)
    def made(row: Any, /, *args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return make(row, *args, **kwargs)
        except UnreadableRowError:
            raise
        except Exception as error:
            raise UnreadableRowError(row, error) from error

    return made


@of_row
def read_as(row: sa.Row[Any], kind: type[T]) -> T:
    """The value of this kind in a row: each field is the column of its name. Raises UnreadableRowError."""
    return msgspec.convert(row._mapping, kind)


def values_of(row: sa.Row[Any]) -> dict[str, Any]:
    """The values of a row by column. SQLAlchemy names columns by a subclass of str, which msgspec refuses in a dict."""
    return {str(name): value for name, value in row._mapping.items()}


@of_row
def _read_with(row: sa.Row[Any], kind: type[T], parts: dict[str, object]) -> T:
    return msgspec.convert(values_of(row) | parts, kind, from_attributes=True)


class Versioned(Protocol):
    """What records no events: its version counts its own steps. `stored_version` is that of its row (0: there is
    none)."""

    version: int
    stored_version: int


V = TypeVar("V", bound=Versioned)


class StoredSteps(Generic[V]):
    """How such things of one class are stored: each column of `table` is the attribute of its name."""

    def __init__(self, table: sa.Table, kind: type[V]) -> None:
        self._table = table
        self._kind = kind
        self._columns = tuple(column.name for column in table.columns)
        self._changing = tuple(name for name in self._columns if name != "id")

    def load(self, row: sa.Row[Any]) -> V:
        """The one in a row of the table. Raises UnreadableRowError where a column does not fit its field."""
        found = read_as(row, self._kind)
        found.stored_version = found.version
        return found

    def save(self, tx: Tx, found: Iterable[V]) -> None:
        """Insert the new ones and update the changed ones. Raises StaleAggregateError where a row has changed since it
        was read."""
        changed = [each for each in found if each.version != each.stored_version]
        rows = [{name: getattr(each, name) for name in ("stored_version", *self._columns)} for each in changed]
        sets.insert(tx, self._table, [row for row in rows if not row["stored_version"]])
        sets.update(tx, self._table, self._changing, [row for row in rows if row["stored_version"]])
        for each in changed:
            each.stored_version = each.version


class Stored(Generic[A]):
    """How the aggregates of one class are stored.

    Each column of `table` is the attribute of its name. A field without a default is known at creation: its column is
    written once. A field with a default, and a property, is written with every change.
    """

    def __init__(
        self,
        table: sa.Table,
        kind: type[A],
        *,
        changing: Iterable[str] = (),
        parts: Iterable[str] = (),
        columns: Mapping[str, str] | None = None,
    ) -> None:
        """`changing` names the fields without a default that change all the same; `parts` the fields that several
        columns make up: the aggregate has a property for each of those columns, and `load` takes the field itself.
        `columns` maps a column of a part to its property, where the column's name means something else in facts."""
        self.table = table
        self.kind = kind
        self.parts = frozenset(parts)
        created = {each.name for each in fields(kind) if each.default is MISSING and each.default_factory is MISSING}
        self.fixed = created - set(changing)
        self.attributes = {column.name: column.name for column in table.columns} | dict(columns or {})
        self._columns = tuple(self.attributes)
        self._changing = tuple(name for name in self._columns if name not in self.fixed)
        self._lock = sa.text(
            f"SELECT * FROM {table.name} WHERE id = ANY(CAST(:ids AS uuid[])) ORDER BY id FOR UPDATE"  # noqa: S608
        )
        MAPPINGS.append(self)

    @property
    def fields(self) -> frozenset[str]:
        """The names of the fields that are stored, in a column each or in several (`parts`)."""
        return frozenset(each.name for each in fields(self.kind)) - _UNSTORED

    def load(self, row: sa.Row[Any], **parts: object) -> A:
        """The aggregate in a row of its table. Raises UnreadableRowError where a column does not fit its field."""
        return _read_with(row, self.kind, parts) if parts else read_as(row, self.kind)

    def lock(self, tx: Tx, ids: Iterable[UUID]) -> list[A]:
        """The aggregates with these ids, locked, sorted by id."""
        return [self.load(row) for row in tx.execute(self._lock, {"ids": list(ids)})]

    def save(self, tx: Tx, aggregates: Iterable[A]) -> None:
        """Insert the new ones and update the changed ones among `aggregates`, then publish what they recorded.

        Raises StaleAggregateError where a row has changed since it was read.
        """
        changed = [each for each in aggregates if each.recorded]
        sets.insert(tx, self.table, self._rows([each for each in changed if not each.stored_version], self._columns))
        stored = [each for each in changed if each.stored_version]
        sets.update(tx, self.table, self._changing, self._rows(stored, ("id", "stored_version", *self._changing)))
        tx.publish(changed)

    def _rows(self, aggregates: Sequence[A], names: Sequence[str]) -> list[sets.Row]:
        read = {name: self.attributes.get(name, name) for name in names}
        return [{name: getattr(each, attribute) for name, attribute in read.items()} for each in aggregates]
