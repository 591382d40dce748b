"""Transactions on every table of a database, with the columns of the last release, as its processes execute them."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

import psycopg

from chassis.database import is_transient
from chassis.seals import APPEND_ONLY

ROWS = 3
"""The number of rows that a statement reads or writes."""

RETRIES = 3
"""The maximum number of consecutive retries of a transaction after transient errors."""

LOCK_TIMEOUT_MS = 10_000
"""The value that services use (`chassis.database`)."""

PATIENCE_SECONDS = 30

TABLES = """
SELECT quote_ident(c.relname),
       array_agg(quote_ident(a.attname) ORDER BY a.attnum) FILTER (WHERE a.attidentity = '' AND a.attgenerated = ''),
       array_agg(quote_ident(a.attname) ORDER BY a.attnum) FILTER (WHERE a.attnum = ANY(k.conkey))
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_constraint k ON k.conrelid = c.oid AND k.contype = 'p'
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relname <> 'alembic_version'
GROUP BY c.relname ORDER BY c.relname
"""
"""Each table, its writable columns, and its primary key."""


@dataclass
class Load:
    """Executes transactions in a separate thread during the `with` block.

    Statements name every column that existed at the start. Values do not change: rows are read, locked, updated with
    the same values, and inserted again with ON CONFLICT DO NOTHING, which checks every other constraint first. No
    process locks or updates rows of the audit log.
    """

    url: str
    passes: int = 0
    """The number of completed passes through all tables."""
    slowest: float = 0.0
    """The longest duration of a transaction in seconds, lock waits included."""
    retried: int = 0
    error: Exception | None = None
    """The error that ended the thread; None while there was none."""
    _stop: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        with psycopg.connect(self.url) as connection:
            self._tables = [_statements(*row) for row in connection.execute(TABLES).fetchall()]
        assert self._tables
        self._thread = threading.Thread(target=self._run, name="load", daemon=True)
        self._thread.start()
        self.complete_pass()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(PATIENCE_SECONDS)

    def complete_pass(self) -> None:
        """Wait until another full pass through all tables is complete, or the thread has ended with an error."""
        wanted, deadline = self.passes + 2, time.monotonic() + PATIENCE_SECONDS
        while self.passes < wanted and self.error is None:
            assert time.monotonic() < deadline, "the load makes no progress"
            time.sleep(0.01)

    def _run(self) -> None:
        try:
            with psycopg.connect(self.url, options=f"-c lock_timeout={LOCK_TIMEOUT_MS}") as connection:
                while not self._stop.is_set():
                    for statements in self._tables:
                        self._transact(connection, statements)
                    self.passes += 1
        except Exception as error:
            self.error = error

    def _transact(self, connection: psycopg.Connection, statements: Sequence[str]) -> None:
        for attempt in range(RETRIES + 1):
            began = time.monotonic()
            try:
                with connection.transaction():
                    for statement in statements:
                        connection.execute(statement.encode())
            except psycopg.Error as error:
                if attempt == RETRIES or not is_transient(error):
                    raise
                self.retried += 1
            else:
                return
            finally:
                self.slowest = max(self.slowest, time.monotonic() - began)


def _statements(table: str, columns: Sequence[str], key: Sequence[str]) -> tuple[str, ...]:
    written, same = ", ".join(columns), ", ".join(f"{column} = {table}.{column}" for column in columns)
    own = ", ".join(f"{table}.{column}" for column in key)
    first = f"FROM {table} ORDER BY {', '.join(key)} LIMIT {ROWS}"
    read = f"SELECT {written} {first}"
    update = f"UPDATE {table} SET {same} WHERE ({own}) IN (SELECT {', '.join(key)} {first} FOR UPDATE)"
    insert = f"INSERT INTO {table} ({written}) SELECT {written} {first} ON CONFLICT DO NOTHING"
    return (read, insert) if table in {each.name for each in APPEND_ONLY} else (read, update, insert)
