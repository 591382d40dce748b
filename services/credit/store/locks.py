"""The fixed order in which this service locks, so that nobody waits in a circle:

1. reactions: one advisory lock, held by one batch at a time
2. clues: rows, sorted by id
3. enterprises: rows, sorted by credit code
4. entries: rows, sorted by id
5. standings: rows, sorted by credit code

Lock before you read: whoever decides on an enterprise, names a clue, or changes what such a decision looks at (an
order's lifting, a decision's annulment) first locks its row. Otherwise two of them see half each, and nobody or both
act. Rows of `orders` are written under the lock of their enterprise.

A batch of facts comes in runs of one type, each of which locks what it is about: over the whole batch in no order at
all. And unlike elsewhere what is locked is not what topics are ordered by: the orders against one enterprise come by
many partitions. Two workers would meet in a circle time and again; there is little to hear, so they take turns.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from uuid import UUID

import sqlalchemy as sa

from chassis.database import Tx

_REACTIONS = zlib.crc32(b"credit: reactions")


def reacting(tx: Tx) -> None:
    """Wait until no other batch of facts is being reacted to; the first lock of every reaction."""
    tx.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": _REACTIONS})


def deciding(tx: Tx, codes: Iterable[str]) -> list[str]:
    """Lock these enterprises to decide on them; returns their codes, sorted."""
    wanted = sorted(set(codes))
    if not wanted:
        return []
    # Two that add the same new enterprise meet here, in the same order as at the locks below.
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


def deciding_if_free(tx: Tx, codes: Iterable[str]) -> list[str]:
    """Lock those of these enterprises, decided on before, that nobody else has; returns their codes, sorted."""
    rows = tx.execute(
        sa.text(
            "SELECT code FROM enterprises WHERE code = ANY(CAST(:codes AS text[])) ORDER BY code FOR UPDATE SKIP LOCKED"
        ),
        {"codes": sorted(set(codes))},
    )
    return list(rows.scalars())


def naming(tx: Tx, clues: Iterable[UUID]) -> None:
    """Lock these clues to let an entry stand on them: none is annulled before the transaction ends."""
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
