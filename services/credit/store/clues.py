"""Clues that entries stand on, at the newest version that was heard: whether their decision was annulled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import UUID

import sqlalchemy as sa

from chassis.database import Read, Tx


def take_clues(tx: Tx, versions: Mapping[UUID, int], *, annulled: bool) -> set[UUID]:
    """Write clues at these versions, locking each; stale ones are left out of the answer.

    Sorted by id, in one statement: it is the first lock that anybody takes.
    """
    ordered = sorted(versions)
    rows = tx.execute(
        sa.text(
            "INSERT INTO clues (id, version, annulled) SELECT id, version, :annulled "
            "FROM unnest(CAST(:ids AS uuid[]), CAST(:versions AS integer[])) AS new(id, version) ORDER BY id "
            "ON CONFLICT (id) DO UPDATE SET version = excluded.version, annulled = excluded.annulled "
            "WHERE clues.version < excluded.version RETURNING id"
        ),
        {"ids": ordered, "versions": [versions[each] for each in ordered], "annulled": annulled},
    )
    return set(rows.scalars())


def annulled_among(read: Read, clues: Iterable[UUID]) -> set[UUID]:
    """Those of these clues whose decision is known to be annulled."""
    rows = read.execute(
        sa.text("SELECT id FROM clues WHERE id = ANY(CAST(:ids AS uuid[])) AND annulled"), {"ids": list(clues)}
    )
    return set(rows.scalars())
