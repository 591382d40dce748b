"""The state of projections: the current generation of each.

Each generation of a projection is built by its own consumer group. A rebuild empties the tables and increments the
generation in one transaction. A worker that still writes for the old generation is refused and starts again from the
beginning of the topics, in the new group. Decisions that depend on the projection are refused until the new generation
has caught up. Nothing has to be stopped for a rebuild.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping

import sqlalchemy as sa

from chassis.database import MECHANISM, Key, Read, Tx
from chassis.events import quarantine
from chassis.events.routing import Projection

PROJECTIONS = sa.Table(
    "projections",
    MECHANISM,
    sa.Column("name", Key, primary_key=True),
    sa.Column("generation", sa.Integer, nullable=False),
)


class SupersededError(Exception):
    """A projection is being rebuilt: the expected generation is no longer the current one."""

    def __init__(self, name: str, expected: int, current: int) -> None:
        super().__init__(f"projection {name} is at generation {current}, not {expected}")
        self.name = name
        self.expected = expected


_LOCKS = zlib.crc32(b"projections") - 2**31
"""The class of the advisory locks. They queue: a rebuild waits for running batches, but not for later ones, as it would
with shared row locks."""


def generation(read: Read, name: str) -> int:
    """The current generation of a projection; 1 where it was never rebuilt."""
    found = read.execute(sa.select(PROJECTIONS.c.generation).where(PROJECTIONS.c.name == name)).scalar_one_or_none()
    return found or 1


def lock_generation(tx: Tx, expected: Mapping[str, int]) -> None:
    """Block rebuilds of projections (name → expected generation) until this transaction ends.

    Raises SupersededError where one has another generation.
    """
    if not expected:
        return
    names = sorted(expected)
    tx.execute(
        sa.text("SELECT pg_advisory_xact_lock_shared(:class, key) FROM unnest(CAST(:keys AS int[])) AS key"),
        {"class": _LOCKS, "keys": [_lock_key(name) for name in names]},
    )
    statement = sa.select(PROJECTIONS.c.name, PROJECTIONS.c.generation).where(PROJECTIONS.c.name.in_(names))
    current = {row.name: row.generation for row in tx.execute(statement)}
    for name in names:
        if current.get(name, 1) != expected[name]:
            raise SupersededError(name, expected[name], current.get(name, 1))


def rebuild(tx: Tx, projection: Projection) -> int:
    """Empty a projection, so that the workers build it again; returns its new generation."""
    tx.execute(
        sa.text("SELECT pg_advisory_xact_lock(:class, :key)"), {"class": _LOCKS, "key": _lock_key(projection.name)}
    )
    current = tx.execute(
        sa.text(
            "INSERT INTO projections (name, generation) VALUES (:name, 2)"
            " ON CONFLICT (name) DO UPDATE SET generation = projections.generation + 1 RETURNING generation"
        ),
        {"name": projection.name},
    ).scalar_one()
    for table in projection.tables:
        tx.execute(table.delete())
    quarantine.forget(tx, group_suffix(projection.name, current - 1))
    return int(current)


def group_suffix(name: str, number: int) -> str:
    """The end of the name of the consumer group that builds this generation of a projection."""
    return f".{name}.{number}"


def _lock_key(name: str) -> int:
    return zlib.crc32(name.encode()) - 2**31
