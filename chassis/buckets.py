"""Sixteen buckets of a key, each processed by one owner at a time, divided evenly among the owners.

Work that must keep its order per key (the relay, assessment) is divided by bucket. An owner holds a session-level
advisory lock per bucket, so that PostgreSQL itself releases the buckets when the owner's connection dies. It is counted
by one more lock of that connection, so that there is no list of owners that could be wrong.
"""

from __future__ import annotations

import zlib
from collections.abc import Collection
from types import TracebackType

import psycopg
import structlog

COUNT = 16
ALL = tuple(range(COUNT))

# Advisory locks belong to a database, but the view shows those of all databases of the server.
_COUNT_OWNERS = (
    "SELECT count(*), count(*) FILTER (WHERE pid < pg_backend_pid()) FROM pg_locks"
    " WHERE locktype = 'advisory' AND objsubid = 2 AND classid = CAST(%s::int AS oid) AND granted"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)

log = structlog.get_logger()


def bucket_of(key: str) -> int:
    """The bucket of a key: the same in every process and every release."""
    return zlib.crc32(key.encode()) % COUNT


def share_of(rank: int, owners: int) -> int:
    """How many buckets the owner with this rank (from 0) has among so many owners: with more than sixteen, some have
    none."""
    return COUNT // owners + (rank < COUNT % owners)


class Ownership:
    """The buckets of one kind of work that this process owns, held on a dedicated connection."""

    def __init__(self, conninfo: str, work: str) -> None:
        self._conninfo = conninfo
        self._work = work
        self._buckets = _lock_class(work)
        self._owners = _lock_class(f"owners of {work}")
        self._connection: psycopg.Connection | None = None
        self.owned: frozenset[int] = frozenset()

    def __enter__(self) -> Ownership:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.release()

    def claim(self, busy: Collection[int] = ()) -> tuple[int, ...]:
        """Release the buckets above this owner's share, or lock free ones up to it; returns all held now, sorted.

        Call it about once a second: every owner adapts to the others at its next call. Nothing of the buckets may be in
        progress, except of those in `busy`, which are kept. The round trip proves that the locks are still held. Raises
        psycopg.OperationalError when the database is unreachable; all buckets count as lost then.
        """
        before = self.owned
        try:
            if self._connection is None:
                self._connection = psycopg.connect(self._conninfo, autocommit=True, connect_timeout=5)
                self._join(self._connection)
            ((owners, rank),) = self._connection.execute(_COUNT_OWNERS, [self._owners])
            share = share_of(rank, owners)
            self._unlock(self._connection, sorted(self.owned.difference(busy))[: max(0, len(self.owned) - share)])
            self._lock_free(self._connection, share)
        except psycopg.Error:
            self.release()
            raise
        if self.owned != before:
            log.info("buckets claimed", work=self._work, owners=owners, buckets=sorted(self.owned))
        return tuple(sorted(self.owned))

    def release(self) -> None:
        """Release all buckets by closing the connection that holds them."""
        connection, self._connection = self._connection, None
        self.owned = frozenset()
        if connection is not None:
            connection.close()

    def _join(self, connection: psycopg.Connection) -> None:
        # With the default of TCP a dead host would keep its buckets for two hours.
        connection.execute("SET tcp_keepalives_idle = 5")
        connection.execute("SET tcp_keepalives_interval = 2")
        connection.execute("SET tcp_keepalives_count = 3")
        connection.execute("SELECT pg_advisory_lock(%s::int, pg_backend_pid())", [self._owners])

    def _unlock(self, connection: psycopg.Connection, surplus: list[int]) -> None:
        if surplus:
            connection.execute(
                "SELECT pg_advisory_unlock(%s::int, b) FROM unnest(%s::int[]) AS b", [self._buckets, surplus]
            )
            self.owned = self.owned.difference(surplus)

    def _lock_free(self, connection: psycopg.Connection, share: int) -> None:
        for bucket in ALL:
            if len(self.owned) >= share:
                break
            if bucket not in self.owned:
                ((locked,),) = connection.execute(
                    "SELECT pg_try_advisory_lock(%s::int, %s::int)", [self._buckets, bucket]
                )
                if locked:
                    self.owned |= {bucket}


def _lock_class(work: str) -> int:
    return zlib.crc32(work.encode()) - 2**31
