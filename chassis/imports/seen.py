"""The keys that the lines of a file had so far, on disk: memory is constant for any number of lines."""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Unique(Generic[R]):
    """What only one line of a file may be about: the key of a record, and the column that errors name. Records with
    the key None are not compared: lines that are refused whatever the others are."""

    column: str
    key: Callable[[R], str | None]


class Keyed(NamedTuple):
    """A line and its key."""

    line: int
    key: str


class SeenKeys:
    """The keys of one file during its upload. Only digests under a random key are written: lines may be personal."""

    def __init__(self) -> None:
        # A database without a name is a temporary file, and deleted when it is closed. An upload changes its threads.
        self._file = sqlite3.connect("", check_same_thread=False, isolation_level=None)
        self._file.execute("PRAGMA journal_mode = OFF")
        self._file.execute("CREATE TABLE seen (key BLOB PRIMARY KEY, line INTEGER NOT NULL) WITHOUT ROWID")
        self._salt = os.urandom(16)

    def close(self) -> None:
        """Delete them."""
        self._file.close()

    def add(self, lines: Sequence[Keyed]) -> dict[int, int]:
        """Add the keys of some lines. Returns those whose key an earlier line had: line → the first line with it."""
        rows = [(self._digest(each.key), each.line) for each in lines]
        before = self._file.total_changes
        self._file.execute("BEGIN")
        self._file.executemany("INSERT INTO seen VALUES (?, ?) ON CONFLICT DO NOTHING", rows)
        self._file.execute("COMMIT")
        if self._file.total_changes - before == len(rows):
            return {}
        firsts = [(line, self._first(digest)) for digest, line in rows]
        return {line: first for line, first in firsts if first != line}

    def _first(self, digest: bytes) -> int:
        line: int
        (line,) = self._file.execute("SELECT line FROM seen WHERE key = ?", (digest,)).fetchone()
        return line

    def _digest(self, key: str) -> bytes:
        return hashlib.blake2b(key.encode(), digest_size=16, key=self._salt).digest()
