"""Rows that cannot be read, in every table of a service, and what its lists show then."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from typing import Any

import sqlalchemy as sa
from fastapi import FastAPI

from chassis import clock
from chassis.database import MECHANISM, Database
from chassis.events.quarantine import QUARANTINE
from chassis.ids import new_id
from chassis.quarantine import QUARANTINED_ITEMS, QUARANTINED_ROWS
from chassis.version import API_PREFIX
from tests.integration.http.walking import Operation, operations


def lists(app: FastAPI) -> Iterator[Operation]:
    """Every operation that returns a page."""
    document = app.state.document
    for operation in operations(app):
        declared = document["paths"].get(API_PREFIX + operation.path) or document["paths"][operation.path]
        content = declared[operation.method.lower()]["responses"].get("200", {}).get("content", {})
        name = content.get("application/json", {}).get("schema", {}).get("$ref", "").rpartition("/")[2]
        if "next_page_token" in document["components"]["schemas"].get(name, {}).get("properties", {}):
            yield operation


def fill_quarantine(database: Database, number: int = 0) -> None:
    """A row in each list of the quarantine; another one for another number."""
    now = clock.now()
    times = {"next_at": now, "quarantined_at": now}
    event = {"group": "g", "topic": "t", "partition": 0, "offset": number, "key": "k", "event_id": new_id()}
    with database.begin() as tx:
        tx.execute(QUARANTINE.insert().values(**event, **times, payload=b"", error="a bug", tries=3))
        tx.execute(QUARANTINED_ITEMS.insert().values(**times, sweep="s", item=str(number), error="a bug", tries=1))
        row = {"table_name": "t", "content": {"id": "1"}, "reason": "r"}
        tx.execute(QUARANTINED_ROWS.insert().values(**row, quarantined_at=now))


def make_unreadable(database: Database, *own: sa.MetaData) -> None:
    """Set every time in every row to one before the year 1, which Python cannot represent: no check prevents it here.

    Ends of periods stay, because lists select by them.
    """
    with database.begin() as tx:
        for table in (table for metadata in (MECHANISM, *own) for table in metadata.sorted_tables):
            for column in table.columns:
                if isinstance(column.type, sa.DateTime) and column.name != "until":
                    name = f"ck_{table.name}_{column.name}_in_bounds"
                    tx.execute(sa.text(f"ALTER TABLE {table.name} DROP CONSTRAINT {name}"))
                    broken: sa.ColumnElement[Any] = sa.literal_column("timestamptz '0001-01-01 BC'")
                    tx.execute(table.update().where(column.is_not(None)).values({column: broken}))


def assert_unreadable_rows_are_counted(
    app: FastAPI,
    call: Callable[[Operation], Any],
    database: Database,
    own: sa.MetaData,
    *,
    without_times: AbstractSet[str] = frozenset(),
) -> None:
    """Check every list of an API before and after its rows become unreadable. `call` returns the page of an operation.

    Each list needs a row, except those of `without_times`: their rows show no time and stay readable.
    """
    fill_quarantine(database)
    before = {operation: call(operation) for operation in lists(app)}
    assert without_times <= {str(each) for each in before}
    make_unreadable(database, own)
    for operation, page in before.items():
        shown = len(page["items"])
        kept = str(operation) in without_times
        assert (shown > 0 or kept, page["omitted"]) == (True, 0), operation
        after = call(operation)
        assert (len(after["items"]), after["omitted"]) == ((shown, 0) if kept else (0, shown)), operation
