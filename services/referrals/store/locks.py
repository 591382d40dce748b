"""The fixed order in which this service locks, so that nobody waits in a circle:

1. sealings: one row, by who works it off; never waited for
2. collecting: one advisory lock, for who is to lock several subjects
3. evidence: rows, sorted by complaint; only who is collecting writes them
4. subjects: rows, sorted by kind and value
5. clues: rows, sorted by id
6. batches: rows, sorted by id

Lock before you read: whoever opens a clue, lets complaints join or leave it, seals it, or routes or concludes one that
is open first locks the row of its subject (both subjects', where a complaint moves), and only then asks which clue is
open and what it stands on. Otherwise a complaint joins a clue that was sealed without it, or two clues are opened for
one place. A clue that is not open any more changes under its own row's lock. Sealing and overdue marks pass over what
others have locked (SKIP LOCKED).

A batch of messages is worked off in runs of one type, and no run knows which subjects the next one needs: two workers
with the same enterprises in their batches would lock them crosswise. So one collects at a time.
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
# One after the other in the index, in the order given: joined as a whole, all subjects there are would be read.
_LOCK = sa.text(
    "SELECT FROM unnest(CAST(:kinds AS text[]), CAST(:values AS text[])) AS wanted(kind, value) "
    "CROSS JOIN LATERAL (SELECT FROM subjects AS s WHERE s.kind = wanted.kind AND s.value = wanted.value FOR UPDATE) "
    "AS locked"
)
_OF_OPEN_CLUES = sa.text(
    "SELECT DISTINCT subject_kind AS kind, subject_value AS value FROM clues "
    "WHERE id = ANY(CAST(:ids AS uuid[])) AND state = 'open'"
)
_COLLECTING = zlib.crc32(b"referrals: collecting")


def collecting(tx: Tx) -> None:
    """Lock what it takes to lock several subjects, in this transaction perhaps several times."""
    tx.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": _COLLECTING})


def subjects(tx: Tx, wanted: Iterable[tuple[str, str]]) -> None:
    """Lock these subjects (kind and value) to change what is collected about them."""
    keys = sorted(set(wanted))
    parameters = {"kinds": [kind for kind, _ in keys], "values": [value for _, value in keys]}
    # Two that add the same new subject meet here, in the same order as at the locks below.
    tx.execute(_ADD, parameters)
    tx.execute(_LOCK, parameters)


def acting(tx: Tx, clues: Iterable[UUID]) -> None:
    """Lock the subjects of those of these clues that are open, to act on them. What is not open never is again."""
    found = [(row.kind, row.value) for row in tx.execute(_OF_OPEN_CLUES, {"ids": sorted(set(clues))})]
    if len(found) > 1:
        collecting(tx)
    if found:
        subjects(tx, found)
