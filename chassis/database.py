"""PostgreSQL: one transaction per request, batch or sweep, with the outbox flushed just before the commit.

Reads and writes have different types: a view takes `Read`, a command takes `Tx`, so that no view can write.
"""

from __future__ import annotations

import select
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import psycopg
import sqlalchemy as sa
from psycopg.abc import Buffer
from psycopg.adapt import Loader
from psycopg.rows import namedtuple_row
from sqlalchemy import event
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Connection, CursorResult, Engine, make_url

from chassis.aggregate import UNKNOWN_ACTOR, Aggregate, Cause, Recorded
from chassis.arrays import ArrayDumper
from chassis.calendar import EARLIEST, LATEST
from chassis.ids import new_id
from chassis.wakeup import EVENTS, WORK

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

Key = sa.Text(collation="C")
"""Text compared by its bytes: codes, numbers, keys. Never sorted by the rules of a language."""

MECHANISM = sa.MetaData(naming_convention=NAMING)
"""The tables of the chassis itself, which every service has in addition to its own."""

Parameters = Mapping[str, Any] | Sequence[Mapping[str, Any]]
Flush = Callable[["Tx", Sequence[Recorded]], None]


def metadata() -> sa.MetaData:
    """The metadata of a service's own tables."""
    return sa.MetaData(naming_convention=NAMING)


def moment(name: str, **options: Any) -> sa.Column[datetime]:
    """A column for a time with time zone, from EARLIEST to LATEST; `options` as those of `sa.Column`."""
    bounds = f"{name} BETWEEN '{EARLIEST.isoformat()}' AND '{LATEST.isoformat()}'"
    return sa.Column(name, sa.DateTime(timezone=True), sa.CheckConstraint(bounds, name=f"{name}_in_bounds"), **options)


def persons(name: str = "actors") -> sa.Column[Any]:
    """A column for the persons in a chain (`chassis.aggregate.Ground`). The rows that processes of earlier releases
    write have UNKNOWN_ACTOR."""
    return sa.Column(name, JSONB, nullable=False, server_default=sa.text(f"""'["{UNKNOWN_ACTOR}"]'::jsonb"""))


class StaleAggregateError(Exception):
    """A row has another version than when it was loaded: another transaction has changed it."""


class Read:
    """A read-only view of one service's database."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def execute(self, statement: sa.Executable, parameters: Parameters | None = None) -> CursorResult[Any]:
        """Run a Core statement or `sa.text`; SQLAlchemy's own errors pass through."""
        return self.connection.execute(statement, parameters)

    def rows(self, statement: str, parameters: Mapping[str, Any]) -> list[Any]:
        """Run a statement with the driver's parameters (`%(name)s`) and fetch its rows as named tuples.

        For statements of every request: SQLAlchemy takes twice as long as the driver alone. The driver's errors pass
        through.
        """
        cursor = self._driver.cursor(row_factory=namedtuple_row)
        cursor.execute(statement.encode(), parameters)
        return cursor.fetchall() if cursor.description else []

    @property
    def _driver(self) -> psycopg.Connection[Any]:
        driver = self.connection.connection.driver_connection
        assert isinstance(driver, psycopg.Connection)
        return driver


class Tx(Read):
    """One transaction. Events that its aggregates recorded are published with its commit, or not at all."""

    def __init__(self, connection: Connection, cause: Cause) -> None:
        super().__init__(connection)
        self.cause = cause
        self.announced = False
        self._events: list[Recorded] = []

    def publish(self, aggregates: Iterable[Aggregate]) -> None:
        """Publish the events that the aggregates recorded. Call it after their rows are written: the row lock puts the
        events of two writers in order."""
        for each in aggregates:
            self._events.extend(each.drain())

    def announce(self) -> None:
        """Notify this service's workers of new work after the commit; without it they find the work by polling.
        Published events always wake the relay, and only the relay."""
        self.announced = True

    def copy(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """COPY rows into a table (78,000 rows/s where executemany does 30,200)."""
        names = ", ".join(f'"{column}"' for column in columns)
        with self.cursor().copy(f'COPY "{table}" ({names}) FROM STDIN') as copy:
            for row in rows:
                copy.write_row(row)

    def cursor(self) -> Any:
        """A cursor of the driver within this transaction, for what Core does not support."""
        return self._driver.cursor()

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """A part of the transaction that an exception rolls back alone, with the events that it published."""
        published, announced = len(self._events), self.announced
        try:
            with self.connection.begin_nested():
                yield
        except BaseException:
            del self._events[published:]
            self.announced = announced
            raise

    def take_events(self) -> list[Recorded]:
        """Return and clear the events published so far, in order."""
        events, self._events = self._events, []
        return events


class Database:
    """The database of one service in one process."""

    def __init__(
        self,
        url: str,
        *,
        pool: int = 10,
        flush: Flush | None = None,
        committed: Callable[[str], None] | None = None,
        lock_timeout_ms: int = 10_000,
        statement_timeout_ms: int = 120_000,
    ) -> None:
        """`flush` writes published events to the outbox. `committed` is called after a commit with EVENTS or WORK of
        `chassis.wakeup`."""
        options = f"-c lock_timeout={lock_timeout_ms} -c statement_timeout={statement_timeout_ms} -c timezone=UTC"
        self.url = make_url(url).set(drivername="postgresql+psycopg")
        self.engine: Engine = sa.create_engine(
            self.url,
            pool_size=pool,
            max_overflow=0,
            pool_timeout=5,
            hide_parameters=True,  # they can be personal data, and errors are logged
            connect_args={"options": options, "connect_timeout": 5, "application_name": "anning"},
        )
        event.listen(self.engine, "connect", _adapt)
        event.listen(self.engine, "checkout", _check)
        self._readers = self.engine.execution_options(postgresql_readonly=True)
        self._flush = flush
        self._committed = committed

    @contextmanager
    def begin(self, cause: Cause | None = None) -> Iterator[Tx]:
        """A transaction: commits at the end of the block, rolls back on an exception."""
        with self.engine.connect() as connection:
            with connection.begin():
                tx = Tx(connection, cause or Cause.beginning(new_id()))
                yield tx
                events = tx.take_events()
                if events:
                    if self._flush is None:
                        raise RuntimeError("events were published, but this database has no outbox")
                    self._flush(tx, events)
            if (events or tx.announced) and self._committed is not None:
                self._committed(WORK if tx.announced else EVENTS)

    @property
    def conninfo(self) -> str:
        """The address for connections outside the pool: owners of locks, listeners."""
        return self.url.set(drivername="postgresql").render_as_string(hide_password=False)

    @contextmanager
    def read(self) -> Iterator[Read]:
        """A read-only transaction."""
        with self._readers.connect() as connection, connection.begin():
            yield Read(connection)

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


class MomentLoader(Loader):
    """Loads times. One that Python has no value for (infinity, before the year 1) is loaded as its text.

    The driver's own loader raises an error, so that one such row makes every set unreadable that contains it. A text
    where a time is expected fails only the row's own view or aggregate.
    """

    def load(self, data: Buffer) -> datetime | str:
        """The time in PostgreSQL's text format; the time zone of the session is UTC."""
        text = bytes(data).decode()
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            return text


def _adapt(connection: Any, _: object) -> None:
    connection.adapters.register_dumper(list, ArrayDumper)
    connection.adapters.register_loader("timestamptz", MomentLoader)


def _check(connection: psycopg.Connection[Any], *_: object) -> None:
    """Discard connections that the server has closed: an idle socket with readable data has received EOF.

    A query to the server on every checkout would cost one more round trip per request.
    """
    readable = select.poll()
    try:
        readable.register(connection.fileno(), select.POLLIN)
        if not readable.poll(0):
            return
        connection.execute("SELECT 1")
        connection.rollback()
    except psycopg.Error as error:
        raise sa.exc.InvalidatePoolError from error


_CONTENTION_STATES = {
    "40001",  # serialization_failure
    "40P01",  # deadlock_detected
    "55P03",  # lock_not_available
}
_TRANSIENT_STATES = _CONTENTION_STATES | {
    "57P01",  # admin_shutdown
    "57P02",  # crash_shutdown
    "57P03",  # cannot_connect_now
    "53300",  # too_many_connections
    "25006",  # read_only_sql_transaction: the server is a standby
}


def is_transient(error: BaseException) -> bool:
    """Whether the same transaction can succeed when it is run again: after a lost connection, a deadlock, a lock
    time-out, or a start or stop of the server."""
    if isinstance(error, sa.exc.TimeoutError):
        return True
    if isinstance(error, sa.exc.DBAPIError):
        if error.connection_invalidated:
            return True
        error = error.orig or error
    if isinstance(error, psycopg.Error):
        state = error.sqlstate
        if state is None:
            return isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
        return state in _TRANSIENT_STATES or state.startswith("08")
    return False


def is_contention(error: BaseException) -> bool:
    """Whether a transaction lost against another one: a deadlock, a serialization failure, a lock time-out."""
    cause = error.orig if isinstance(error, sa.exc.DBAPIError) else error
    return isinstance(cause, psycopg.Error) and cause.sqlstate in _CONTENTION_STATES


class Patience:
    """How often a set is retried as a whole. Contention usually passes; where it does not, one row is the cause, as
    one that a forgotten transaction has locked, and the set is divided as after any other failure."""

    RETRIES = 3
    SHORT_LOCK_TIMEOUT = sa.text("SET LOCAL lock_timeout = '500ms'")
    """For the parts of a divided set: each part with that row waits so long."""

    def __init__(self) -> None:
        self._contentions = 0

    @property
    def is_over(self) -> bool:
        """Whether contention is now a failure of an item."""
        return self._contentions > self.RETRIES

    def expects_success(self, error: BaseException) -> bool:
        """Whether the whole set is to be retried after this error."""
        if is_contention(error):
            self._contentions += 1
            return not self.is_over
        return is_transient(error)

    def renew(self) -> None:
        """Everything has succeeded."""
        self._contentions = 0
