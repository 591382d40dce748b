"""Entries: loaded and saved in sets, and found by enterprise and by cause."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from chassis.database import Read, Tx
from chassis.quarantine import HELD
from chassis.stored import Stored
from chassis.sweeper import Slice
from services.credit.model import ACTIVE, OPEN, Entry, EntryState, ListingGround
from services.credit.policy.proposals import PastEntry
from services.credit.store.tables import ENTRIES

_STORED = Stored(ENTRIES, Entry, changing=("rules",))

Unique = tuple[str, str, str | None]
"""The unique key of an entry: credit code, ground, cause."""


def load_entries(tx: Tx, ids: Iterable[UUID]) -> list[Entry]:
    """The entries with these ids, locked, sorted by id."""
    return _STORED.lock(tx, ids)


def load_active_entries(tx: Tx, codes: Sequence[str], causes: Sequence[str]) -> list[Entry]:
    """The active entries of these enterprises with one of these causes, locked, sorted by id."""
    return _load(
        tx,
        sa.text(
            "SELECT * FROM entries WHERE code = ANY(CAST(:codes AS text[])) AND causes ?| CAST(:causes AS text[]) "
            "AND state = ANY(CAST(:states AS text[])) ORDER BY id FOR UPDATE"
        ),
        {"codes": list(codes), "causes": list(causes), "states": sorted(ACTIVE)},
    )


def load_open_entries_for_orders(tx: Tx, codes: Iterable[str]) -> list[Entry]:
    """The open proposals because of orders against these enterprises, locked, sorted by id."""
    return _load(
        tx,
        sa.text(
            "SELECT * FROM entries WHERE code = ANY(CAST(:codes AS text[])) AND ground = :ground "
            "AND state = ANY(CAST(:states AS text[])) ORDER BY id FOR UPDATE"
        ),
        {"codes": list(codes), "ground": ListingGround.ORDERS, "states": sorted(OPEN)},
    )


def load_entries_due(tx: Tx, ids: Sequence[str], codes: Sequence[str], now: datetime) -> list[Entry]:
    """Those of these entries that are effective, of these enterprises, and whose period is over at `now`; locked,
    sorted by id."""
    return _load(
        tx,
        sa.text(
            "SELECT * FROM entries WHERE id = ANY(CAST(:ids AS uuid[])) AND code = ANY(CAST(:codes AS text[])) "
            "AND state = 'effective' AND until <= :now ORDER BY id FOR UPDATE"
        ),
        {"ids": list(ids), "codes": list(codes), "now": now},
    )


def load_effective_entries(tx: Tx, codes: Sequence[str]) -> list[Entry]:
    """The effective entries of these enterprises, locked, sorted by id."""
    return _load(
        tx,
        sa.text(
            "SELECT * FROM entries WHERE code = ANY(CAST(:codes AS text[])) AND state = 'effective' "
            "ORDER BY id FOR UPDATE"
        ),
        {"codes": list(codes)},
    )


def save_entries(tx: Tx, entries: Sequence[Entry]) -> None:
    """Write entries that changed and publish what they recorded."""
    _STORED.save(tx, entries)


def find_known_entries(read: Read, wanted: Sequence[Unique]) -> set[Unique]:
    """Those of these keys that have an entry, in any state."""
    codes, grounds, causes = zip(*wanted, strict=True) if wanted else ((), (), ())
    rows = read.execute(
        sa.text(
            "SELECT e.code, e.ground, e.cause FROM entries AS e "
            "JOIN unnest(CAST(:codes AS text[]), CAST(:grounds AS text[]), CAST(:causes AS text[])) "
            "AS wanted(code, ground, cause) "
            "ON e.code = wanted.code AND e.ground = wanted.ground AND e.cause = wanted.cause"
        ),
        {"codes": list(codes), "grounds": list(grounds), "causes": list(causes)},
    )
    return {(row.code, row.ground, row.cause) for row in rows}


def load_past_entries(read: Read, codes: Sequence[str]) -> dict[str, list[PastEntry]]:
    """All entries because of orders against these enterprises, in any state."""
    rows = read.execute(
        sa.text(
            "SELECT code, cause, causes, state, effective_at FROM entries "
            "WHERE code = ANY(CAST(:codes AS text[])) AND ground = :ground"
        ),
        {"codes": list(codes), "ground": ListingGround.ORDERS},
    )
    entries: dict[str, list[PastEntry]] = defaultdict(list)
    for row in rows.all():
        took_effect = row.effective_at is not None
        entries[row.code].append(PastEntry(row.cause, tuple(row.causes), EntryState(row.state), took_effect))
    return entries


def find_code(read: Read, entry: UUID) -> str | None:
    """The enterprise of an entry, which never changes; None where the entry does not exist."""
    return read.execute(sa.select(ENTRIES.c.code).where(ENTRIES.c.id == entry)).scalar_one_or_none()


def find_codes_with_causes(read: Read, causes: Sequence[str]) -> list[str]:
    """The enterprises with an entry that has one of these causes."""
    rows = read.execute(
        sa.text("SELECT DISTINCT code FROM entries WHERE causes ?| CAST(:causes AS text[])"), {"causes": list(causes)}
    )
    return list(rows.scalars())


def find_entries_due(read: Read, now: datetime, piece: Slice) -> list[str]:
    """The effective entries whose period is over at `now`, the longest overdue first."""
    rows = read.execute(
        sa.text(
            "SELECT id FROM entries WHERE state = 'effective' AND until <= :now "  # noqa: S608 - a constant
            f"AND CAST(id AS text) NOT IN {HELD} ORDER BY until LIMIT :limit"
        ),
        {"now": now, "limit": piece.limit, "sweep": piece.sweep},
    )
    return [str(each) for each in rows.scalars()]


def find_codes(read: Read, ids: Sequence[str]) -> list[str]:
    """The enterprises of these entries, which never change."""
    statement = sa.text("SELECT DISTINCT code FROM entries WHERE id = ANY(CAST(:ids AS uuid[]))")
    return sorted(read.execute(statement, {"ids": list(ids)}).scalars())


def _load(tx: Tx, statement: sa.TextClause, parameters: dict[str, Any]) -> list[Entry]:
    return [entry_of(row) for row in tx.execute(statement, parameters)]


def entry_of(row: sa.Row[Any]) -> Entry:
    """The entry in a row of its table."""
    return _STORED.load(row)
