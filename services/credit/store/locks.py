"""The fixed order in which this service takes locks, to prevent deadlock:

1. reactions: one advisory lock, held by one batch at a time
2. clues: rows, sorted by id
3. enterprises: rows, sorted by credit code
4. entries: rows, sorted by id
5. standings: rows, sorted by credit code

Lock before reading. A transaction that decides on an enterprise, names a clue, or changes the input of such a decision
(an order is lifted, a decision is annulled) locks its row first. Otherwise two transactions each read half of the
input, and neither or both act. Rows of `orders` are written under the lock of their enterprise.

A batch of facts is handled in runs of one type, each of which takes its own locks: over the whole batch they are in no
order. Topics are not partitioned by what is locked either: orders against one enterprise arrive on many partitions.
Two workers would deadlock often; the facts are few, so that the workers take turns.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from uuid import UUID

import sqlalchemy as sa

from chassis.database import Tx

_REACTIONS = zlib.crc32(b"credit: reactions")


def lock_reactions(tx: Tx) -> None:
    """Wait until no other batch of facts is being handled. The first lock of every reaction."""
    tx.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": _REACTIONS})


def lock_clues(tx: Tx, clues: Iterable[UUID]) -> None:
    """Lock these clues, so that none is annulled while an entry that names them is written."""
    wanted = sorted(set(clues))
    if not wanted:
        return
    tx.execute(
        sa.text(
            "INSERT INTO clues (id, version, annulled) "
            "SELECT id, 0, false FROM unnest(CAST(:ids AS uuid[])) AS new(id) ORDER BY id ON CONFLICT DO NOTHING"
        ),
        {"ids": wanted},
    )
    tx.execute(
        sa.text("SELECT id FROM clues WHERE id = ANY(CAST(:ids AS uuid[])) ORDER BY id FOR UPDATE"), {"ids": wanted}
    )


def lock_enterprises(tx: Tx, codes: Iterable[str]) -> list[str]:
    """Lock these enterprises, before a decision on them. Returns their codes, sorted."""
    wanted = sorted(set(codes))
    if not wanted:
        return []
    # Two transactions that insert the same new enterprise wait for each other here, in the same order as below.
    tx.execute(
        sa.text(
            "INSERT INTO enterprises (code) SELECT code FROM unnest(CAST(:codes AS text[])) AS new(code) "
            'ORDER BY code COLLATE "C" ON CONFLICT DO NOTHING'
        ),
        {"codes": wanted},
    )
    tx.execute(
        sa.text("SELECT code FROM enterprises WHERE code = ANY(CAST(:codes AS text[])) ORDER BY code FOR UPDATE"),
        {"codes": wanted},
    )
    return wanted


def lock_free_enterprises(tx: Tx, codes: Iterable[str]) -> list[str]:
    """Lock these enterprises; skips rows locked by another transaction, and enterprises that were never locked before.
    Returns the codes of the locked ones, sorted."""
    rows = tx.execute(
        sa.text(
            "SELECT code FROM enterprises WHERE code = ANY(CAST(:codes AS text[])) ORDER BY code FOR UPDATE SKIP LOCKED"
        ),
        {"codes": sorted(set(codes))},
    )
    return list(rows.scalars())
