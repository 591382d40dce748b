"""The fixed order of locks in this service, to prevent deadlock:

1. sealings: one row, locked by the sweep that works on it; never waited for
2. evidence: rows, sorted by complaint; all messages of a complaint are in one partition, so one worker writes it
3. subjects: rows, sorted by kind and value
4. clues: rows, sorted by id
5. batches: rows, sorted by id

Lock before you read. A transaction that opens a clue, moves complaints into or out of it, seals it, or routes or
concludes an open one first locks the row of its subject (both subjects, where a complaint moves), and then reads which
clue is open and which complaints it has. Otherwise a complaint joins a clue that is sealed without it, or two clues are
opened for one place. A clue that is no longer open changes under the lock of its own row. Sealing and overdue marks
skip rows locked by others (SKIP LOCKED).

Workers that add complaints to an open clue share the lock of its subject: they exclude its sealing, not each other.
Every other transaction has the lock alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from uuid import UUID

import sqlalchemy as sa

from chassis.database import Tx

Subject = tuple[str, str]
"""Kind and value."""

_ADD = sa.text(
    "INSERT INTO subjects (kind, value) SELECT kind, value "
    "FROM unnest(CAST(:kinds AS text[]), CAST(:values AS text[])) AS new(kind, value) "
    'ORDER BY kind COLLATE "C", value COLLATE "C" ON CONFLICT DO NOTHING'
)
# LATERAL looks the subjects up one by one in the index, in the given order; a plain join would read the whole table.
_FIND = "SELECT FROM subjects AS s WHERE s.kind = wanted.kind AND s.value = wanted.value"
_LOCK = sa.text(
    "SELECT FROM unnest(CAST(:kinds AS text[]), CAST(:values AS text[]), CAST(:shared AS boolean[])) "
    f"AS wanted(kind, value, shared) LEFT JOIN LATERAL ({_FIND} AND NOT wanted.shared FOR UPDATE) AS alone ON true "
    f"LEFT JOIN LATERAL ({_FIND} AND wanted.shared FOR SHARE) AS together ON true"
)
_OF_OPEN_CLUES = sa.text(
    "SELECT DISTINCT subject_kind AS kind, subject_value AS value FROM clues "
    "WHERE id = ANY(CAST(:ids AS uuid[])) AND state = 'open'"
)


def lock_subjects(tx: Tx, subjects: Iterable[Subject], shared: Collection[Subject] = ()) -> None:
    """Lock these subjects, so that the caller may change what is collected about them. Those in `shared` are locked
    together with other workers: the caller may add complaints to their open clues and remove complaints."""
    keys = sorted(set(subjects))
    parameters = {
        "kinds": [kind for kind, _ in keys],
        "values": [value for _, value in keys],
        "shared": [each in shared for each in keys],
    }
    # Two transactions that add the same subject wait for each other here, in the same order as at the locks below.
    tx.execute(_ADD, parameters)
    tx.execute(_LOCK, parameters)


def lock_open_subjects(tx: Tx, clues: Iterable[UUID]) -> None:
    """Lock the subjects of those of these clues that are open, to act on the clues. A clue never becomes open again."""
    found = [(row.kind, row.value) for row in tx.execute(_OF_OPEN_CLUES, {"ids": sorted(set(clues))})]
    if found:
        lock_subjects(tx, found)
