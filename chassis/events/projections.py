"""The state of projections: which reading of the topics each is at.

A projection is read into its tables by one consumer group per generation. To rebuild it, its tables are emptied and
its generation counted up in one transaction; every worker that still writes for the old one is refused and starts
again from the beginning of the topics, in the new group. Nothing has to be stopped for it.
"""

from __future__ import annotations

import sqlalchemy as sa

from chassis.database import MECHANISM, Key, Read, Tx
from chassis.service import Projection

PROJECTIONS = sa.Table(
    "projections",
    MECHANISM,
    sa.Column("name", Key, primary_key=True),
    sa.Column("generation", sa.Integer, nullable=False),
)


class SupersededError(Exception):
    """The projection is being rebuilt: this reading of it is no longer the current one."""


def generation(read: Read, name: str) -> int:
    """The current generation of a projection; 1 for one that was never rebuilt."""
    found = read.execute(sa.select(PROJECTIONS.c.generation).where(PROJECTIONS.c.name == name)).scalar_one_or_none()
    return found or 1


def hold(tx: Tx, name: str, expected: int) -> None:
    """Keep a projection from being rebuilt until this transaction ends.

    Raises SupersededError when it was rebuilt already.
    """
    tx.execute(
        sa.text("INSERT INTO projections (name, generation) VALUES (:name, 1) ON CONFLICT DO NOTHING"), {"name": name}
    )
    current = tx.execute(
        sa.select(PROJECTIONS.c.generation).where(PROJECTIONS.c.name == name).with_for_update(read=True)
    ).scalar_one()
    if current != expected:
        raise SupersededError(f"projection {name} is at generation {current}, not {expected}")


def rebuild(tx: Tx, projection: Projection) -> int:
    """Empty a projection and let every worker read it anew; returns its new generation."""
    current = tx.execute(
        sa.text(
            "INSERT INTO projections (name, generation) VALUES (:name, 2)"
            " ON CONFLICT (name) DO UPDATE SET generation = projections.generation + 1 RETURNING generation"
        ),
        {"name": projection.name},
    ).scalar_one()
    for table in projection.tables:
        tx.execute(table.delete())
    return int(current)
