"""The fixed order in which this service takes locks, to prevent deadlock:

1. clues: rows, sorted by id
2. enterprises: rows, sorted by credit code
3. entries: rows, sorted by id
4. standings: rows, sorted by credit code

Lock before reading. A transaction that decides on an enterprise, names a clue, or changes the input of such a decision
(an order is lifted, a decision is annulled) locks its row first. Otherwise two transactions each read half of the
input, and neither or both act. Rows of `orders` are written under the lock of their enterprise.

A batch of facts locks all its clues and enterprises before the first of them is handled. Topics are not partitioned by
enterprise, so several workers have orders against one enterprise: they wait for each other, and only there.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

import sqlalchemy as sa

from chassis.database import Tx


def lock_clues(tx: Tx, clues: Iterable[UUID]) -> None:
    """Lock these clues, so that none is concluded or annulled while an entry that names them is written."""
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
