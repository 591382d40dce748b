"""Rows and items of work that fail, set aside so that the others continue.

A set of items is applied as a whole. Where that fails, `isolate` halves it until the failing items are alone. A sweep
holds each of them in `quarantined_items` and tries it again, alone, with growing pauses.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

import msgspec
import psycopg
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from chassis import clock, privacy
from chassis.database import MECHANISM, Key, Read, Tx, is_transient, moment

QUARANTINED_ITEMS = sa.Table(
    "quarantined_items",
    MECHANISM,
    sa.Column("sweep", Key, primary_key=True),
    sa.Column("item", Key, primary_key=True),
    sa.Column("error", sa.Text, nullable=False),
    sa.Column("tries", sa.Integer, nullable=False),
    moment("next_at", nullable=False),
    moment("quarantined_at", nullable=False),
    comment="Items of a sweep that failed alone; each is tried again at `next_at`",
)

QUARANTINED_ROWS = sa.Table(
    "quarantined_rows",
    MECHANISM,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("table_name", Key, nullable=False),
    sa.Column("content", JSONB, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    moment("quarantined_at", nullable=False),
    comment="Rows that a migration moved out of their table, because no later release can read them",
)

HELD = "(SELECT item FROM quarantined_items WHERE sweep = :sweep)"
"""The items that are set aside, for `item NOT IN {HELD}` in a statement that finds due items: PostgreSQL reads them
once, and the plan is otherwise that of the statement without it."""

_REASON_LENGTH = 500

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantinedItem:
    """An item of a sweep that failed alone: why, how often, since when, and when it is tried again."""

    sweep: str
    item: str
    error: str
    tries: int
    next_at: datetime
    quarantined_at: datetime


def isolate(
    items: Sequence[T],
    apply: Callable[[Sequence[T]], None],
    failure: Exception | None = None,
    concerns_all: Callable[[Exception], bool] = is_transient,
) -> Iterator[tuple[T, Exception]]:
    """Apply items as a set; where that fails, in halves, in their order, down to the items that fail alone.

    Yields each failing item with its error as soon as it is found; the others are applied. `apply` does a set or
    nothing. `failure` is given where the whole set has failed just now. Raises errors that concern all items: as a
    rule those of the database that are transient.
    """
    if failure is None:
        try:
            apply(items)
            return
        except Exception as error:
            if concerns_all(error):
                raise
            failure = error
    if len(items) == 1:
        yield items[0], failure
        return
    middle = len(items) // 2
    yield from isolate(items[:middle], apply, concerns_all=concerns_all)
    yield from isolate(items[middle:], apply, concerns_all=concerns_all)


def reason_of(error: Exception) -> str:
    """The class and the message of an error, without parameters of statements and without numbers: they can be
    personal data."""
    cause = error.orig if isinstance(error, sa.exc.DBAPIError) else error
    message = cause.diag.message_primary if isinstance(cause, psycopg.Error) else str(cause)
    return privacy.redact(f"{type(cause).__name__}: {message}")[:_REASON_LENGTH]


def place_of(error: Exception) -> str:
    """Where an error occurred: its traceback without its message, which can contain personal data."""
    return "".join(traceback.format_tb(error.__traceback__))


def hold(tx: Tx, sweep: str, item: str, error: Exception) -> QuarantinedItem:
    """Set an item aside after it failed alone, at first for two seconds, after each further failure for twice as long,
    up to an hour."""
    parameters = {"sweep": sweep, "item": item, "error": reason_of(error), "now": clock.now()}
    return _read(tx.execute(_HOLD, parameters).one())


def release(tx: Tx, sweep: str, item: str) -> bool:
    """Take an item out of the quarantine, to apply it in this transaction. False where another worker does."""
    return tx.execute(_RELEASE, {"sweep": sweep, "item": item}).rowcount == 1


def count_held(read: Read, sweep: str) -> int:
    """How many items of this sweep are set aside."""
    table = QUARANTINED_ITEMS.c
    return int(read.execute(sa.select(sa.func.count()).where(table.sweep == sweep)).scalar_one())


def find_held_due(read: Read, sweep: str, limit: int) -> list[str]:
    """At most `limit` items of this sweep that are to be tried again, the longest due first."""
    table = QUARANTINED_ITEMS.c
    due = sa.select(table.item).where(table.sweep == sweep, table.next_at <= clock.now())
    return list(read.execute(due.order_by(table.next_at, table.item).limit(limit)).scalars())


def list_quarantined_items(read: Read, *, limit: int, after: tuple[str, str] | None = None) -> list[QuarantinedItem]:
    """At most `limit` items that are set aside, by sweep and item; `after` is the sweep and item of the last one
    before."""
    table = QUARANTINED_ITEMS.c
    page = sa.select(QUARANTINED_ITEMS).order_by(table.sweep, table.item).limit(limit)
    if after is not None:
        page = page.where(sa.tuple_(table.sweep, table.item) > sa.tuple_(*map(sa.literal, after)))
    return [_read(row) for row in read.execute(page)]


def retry(tx: Tx) -> int:
    """Make every item that is set aside due now; returns how many."""
    return tx.execute(QUARANTINED_ITEMS.update().values(next_at=clock.now())).rowcount


def list_rows(read: Read) -> list[tuple[str, object]]:
    """The rows that migrations moved out of their tables, as (table, content), the oldest first."""
    columns = QUARANTINED_ROWS.c
    rows = read.execute(sa.select(columns.table_name, columns.content).order_by(columns.id))
    return [(row.table_name, row.content) for row in rows]


def _read(row: sa.Row[tuple[object, ...]]) -> QuarantinedItem:
    return msgspec.convert(row._mapping, QuarantinedItem)


_HOLD = sa.text(
    "INSERT INTO quarantined_items AS held (sweep, item, error, tries, next_at, quarantined_at)"
    " VALUES (:sweep, :item, :error, 1, CAST(:now AS timestamptz) + interval '2 seconds', :now)"
    " ON CONFLICT (sweep, item) DO UPDATE SET error = excluded.error, tries = held.tries + 1,"
    " next_at = CAST(:now AS timestamptz) + least(3600, 2 ^ least(held.tries + 1, 12)) * interval '1 second'"
    " RETURNING *"
)
_RELEASE = sa.text(
    "DELETE FROM quarantined_items WHERE (sweep, item) IN (SELECT sweep, item FROM quarantined_items"
    " WHERE sweep = :sweep AND item = :item FOR UPDATE SKIP LOCKED)"
)
