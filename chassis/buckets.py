"""Sixteen buckets of a key, each processed by one owner at a time.

Work that must keep its order per key (the relay, assessment) is divided by bucket. An owner holds a session-level
advisory lock, so that PostgreSQL itself releases the bucket when the owner's connection dies.
"""

from __future__ import annotations

import zlib
from types import TracebackType

import psycopg
import structlog

COUNT = 16
ALL = tuple(range(COUNT))

log = structlog.get_logger()


def bucket_of(key: str) -> int:
    """The bucket of a key: the same in every process and every release."""
    return zlib.crc32(key.encode()) % COUNT


class Ownership:
    """The buckets of one kind of work that this process owns, held on a dedicated connection."""

    def __init__(self, conninfo: str, work: str) -> None:
        self._conninfo = conninfo
        self._namespace = zlib.crc32(work.encode()) - 2**31
        self._connection: psycopg.Connection | None = None
        self.owned: frozenset[int] = frozenset()

    def __enter__(self) -> Ownership:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.release()

    def claim(self) -> tuple[int, ...]:
        """Lock every free bucket and return all buckets held now, sorted.

        The round trip proves that the locks are still held. Raises psycopg.OperationalError when the database is
        unreachable; all buckets count as lost then.
        """
        try:
            if self._connection is None:
                self._connection = psycopg.connect(self._conninfo, autocommit=True, connect_timeout=5)
                # With the default of TCP a dead host would keep its buckets for two hours.
                self._connection.execute("SET tcp_keepalives_idle = 5")
                self._connection.execute("SET tcp_keepalives_interval = 2")
                self._connection.execute("SET tcp_keepalives_count = 3")
            free = [bucket for bucket in ALL if bucket not in self.owned]
            # With no free bucket this is still the round trip that proves the connection, and so the locks, alive.
            rows = self._connection.execute(
                "SELECT b FROM unnest(%s::int[]) AS b WHERE pg_try_advisory_lock(%s, b)", (free, self._namespace)
            ).fetchall()
        except psycopg.Error:
            self.release()
            raise
        if rows:
            self.owned |= {row[0] for row in rows}
            log.info("buckets claimed", buckets=sorted(self.owned))
        return tuple(sorted(self.owned))

    def release(self) -> None:
        """Release all buckets by closing the connection that holds them."""
        connection, self._connection = self._connection, None
        self.owned = frozenset()
        if connection is not None:
            connection.close()
