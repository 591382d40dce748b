"""Rows that cannot be read, in every table of a service: what its lists and its single resources show then, and what
its acts answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from typing import Any

import sqlalchemy as sa
from fastapi import FastAPI
from httpx2 import Response

from chassis import clock
from chassis.database import MECHANISM, Database
from chassis.events.quarantine import QUARANTINE
from chassis.ids import new_id
from chassis.quarantine import QUARANTINED_ITEMS, QUARANTINED_ROWS
from chassis.version import API_PREFIX
from tests.integration.http.walking import Operation, operations, problem_of, traces


def lists(app: FastAPI) -> Iterator[Operation]:
    """Every operation that returns a page."""
    return (operation for operation in operations(app) if _is_list(app, operation))


def single_resources(app: FastAPI) -> Iterator[Operation]:
    """Every operation that returns one resource by its address, or a file of it."""
    for operation in operations(app):
        if operation.method == "GET" and "{" in operation.path and not _is_list(app, operation):
            yield operation


def _is_list(app: FastAPI, operation: Operation) -> bool:
    document = app.state.document
    declared = document["paths"].get(API_PREFIX + operation.path) or document["paths"][operation.path]
    content = declared[operation.method.lower()]["responses"].get("200", {}).get("content", {})
    name = content.get("application/json", {}).get("schema", {}).get("$ref", "").rpartition("/")[2]
    return "next_page_token" in document["components"]["schemas"].get(name, {}).get("properties", {})


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


def assert_unreadable_rows_are_set_aside(
    app: FastAPI,
    call: Callable[[Operation], Response],
    database: Database,
    own: sa.MetaData,
    *,
    without_times: AbstractSet[str] = frozenset(),
    beginning: AbstractSet[str],
) -> None:
    """Check every operation of an API before and after its rows become unreadable: lists leave them out and count them;
    a resource that is asked for alone is a conflict, and so is every act on it, which changes nothing. `call` returns
    the response of an operation; `database` is that of the API, for its owner.

    Each list needs a row, and each resource exists, except those of `without_times`: their rows show no time and stay
    readable. The acts of `beginning` begin something new and need none of the rows.
    """
    fill_quarantine(database)
    alone = list(single_resources(app))
    pages = {operation: call(operation).json() for operation in lists(app)}
    assert without_times <= {str(each) for each in (*pages, *alone)}
    assert [each for each in alone if call(each).status_code != 200] == []
    make_unreadable(database, own)
    for operation, page in pages.items():
        shown = len(page["items"])
        kept = str(operation) in without_times
        assert (shown > 0 or kept, page["omitted"]) == (True, 0), operation
        after = call(operation).json()
        assert (len(after["items"]), after["omitted"]) == ((shown, 0) if kept else (0, shown)), operation
    for operation in alone:
        answer = call(operation)
        if str(operation) in without_times:
            assert answer.status_code == 200, operation
        else:
            assert problem_of(answer) == (409, "unreadable-row"), operation
    acts = [operation for operation in operations(app) if operation.method != "GET"]
    assert beginning <= {str(each) for each in acts}
    before = traces(database, own)
    for operation in sorted(acts, key=lambda each: str(each) in beginning):
        if str(operation) in beginning:
            assert call(operation).status_code < 300, operation
        else:
            assert problem_of(call(operation)) == (409, "unreadable-row"), operation
            assert traces(database, own) == before, operation
