"""The fixed order of locks in this service, to prevent deadlock:

1. sealings: one row, locked by the sweep that works on it; never waited for
2. collection: one advisory lock, for transactions that lock several subjects
3. evidence: rows, sorted by complaint; only written under the collection lock
4. subjects: rows, sorted by kind and value
5. clues: rows, sorted by id
6. batches: rows, sorted by id

Lock before you read. A transaction that opens a clue, moves complaints into or out of it, seals it, or routes or
concludes an open one first locks the row of its subject (both subjects, where a complaint moves), and then reads which
clue is open and which complaints it has. Otherwise a complaint joins a clue that is sealed without it, or two clues are
opened for one place. A clue that is no longer open changes under the lock of its own row. Sealing and overdue marks
skip rows locked by others (SKIP LOCKED).

A batch of messages is handled in runs of one type, and no run knows which subjects the next one needs: two workers with
the same enterprises in their batches would deadlock. So only one transaction collects at a time.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from uuid import UUID

import sqlalchemy as sa

from chassis.database import Tx

_ADD = sa.text(
    "INSERT INTO subjects (kind, value) SELECT kind, value "
    "FROM unnest(CAST(:kinds AS text[]), CAST(:values AS text[])) AS new(kind, value) "
    'ORDER BY kind COLLATE "C", value COLLATE "C" ON CONFLICT DO NOTHING'
)
# LATERAL looks the subjects up one by one in the index, in the given order; a plain join would read the whole table.
_LOCK = sa.text(
    "SELECT FROM unnest(CAST(:kinds AS text[]), CAST(:values AS text[])) AS wanted(kind, value) "
    "CROSS JOIN LATERAL (SELECT FROM subjects AS s WHERE s.kind = wanted.kind AND s.value = wanted.value FOR UPDATE) "
    "AS locked"
)
_OF_OPEN_CLUES = sa.text(
    "SELECT DISTINCT subject_kind AS kind, subject_value AS value FROM clues "
    "WHERE id = ANY(CAST(:ids AS uuid[])) AND state = 'open'"
)
_COLLECTION = zlib.crc32(b"referrals: collecting")


def lock_collection(tx: Tx) -> None:
    """Take the lock that is needed to lock several subjects. May be called repeatedly in a transaction."""
    tx.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": _COLLECTION})


def lock_subjects(tx: Tx, subjects: Iterable[tuple[str, str]]) -> None:
    """Lock these subjects (kind and value), so that the caller may change what is collected about them."""
    keys = sorted(set(subjects))
    parameters = {"kinds": [kind for kind, _ in keys], "values": [value for _, value in keys]}
    # Two transactions that add the same subject wait for each other here, in the same order as at the locks below.
    tx.execute(_ADD, parameters)
    tx.execute(_LOCK, parameters)


def lock_open_subjects(tx: Tx, clues: Iterable[UUID]) -> None:
    """Lock the subjects of those of these clues that are open, to act on the clues. A clue never becomes open again."""
    found = [(row.kind, row.value) for row in tx.execute(_OF_OPEN_CLUES, {"ids": sorted(set(clues))})]
    if len(found) > 1:
        lock_collection(tx)
    if found:
        lock_subjects(tx, found)
