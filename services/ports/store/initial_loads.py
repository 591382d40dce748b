"""Initial loads, and whether one is open: filing and closing do not pass each other."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from uuid import UUID

import sqlalchemy as sa

from chassis.database import Read, Tx
from chassis.stored import StoredSteps
from services.ports.model import InitialLoad
from services.ports.store.tables import INITIAL_LOADS

_STORED = StoredSteps(INITIAL_LOADS, InitialLoad)
_OPENING = zlib.crc32(b"ports: opening of an initial load")


def lock_open_loads(tx: Tx, carriers: Iterable[str]) -> frozenset[str]:
    """Those of these carriers whose initial load is open; none of them is closed until the transaction ends."""
    statement = sa.text(
        "SELECT carrier FROM initial_loads WHERE carrier = ANY(CAST(:carriers AS text[])) AND closed_at IS NULL "
        "ORDER BY carrier FOR SHARE"
    )
    return frozenset(tx.execute(statement, {"carriers": sorted(set(carriers))}).scalars())


def lock_opening(tx: Tx) -> None:
    """Loads are opened one after the other."""
    tx.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": _OPENING})


def find_load_of(read: Read, carrier: str) -> InitialLoad | None:
    """The load of a carrier, open or closed; None where it has had none."""
    row = read.execute(sa.select(INITIAL_LOADS).where(INITIAL_LOADS.c.carrier == carrier)).one_or_none()
    return None if row is None else load_of(row)


def load_initial_load(tx: Tx, identifier: UUID) -> InitialLoad | None:
    """The load with this id, locked: waits for the filings that are being decided. None where it does not exist."""
    row = tx.execute(sa.select(INITIAL_LOADS).where(INITIAL_LOADS.c.id == identifier).with_for_update()).one_or_none()
    return None if row is None else load_of(row)


def save_initial_load(tx: Tx, load: InitialLoad) -> None:
    """Write a load that is new or was closed. Raises StaleAggregateError where its row has changed since it was
    read."""
    _STORED.save(tx, [load])


def load_of(row: sa.Row[tuple[object, ...]]) -> InitialLoad:
    """The load in a row of its table."""
    return _STORED.load(row)
