"""Clues: loaded and saved in sets, and looked up by place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from chassis.aggregate import union
from chassis.database import Read, Tx
from chassis.quarantine import HELD
from chassis.stored import Stored, of_row, read_as, values_of
from chassis.sweeper import Slice
from contracts.referrals import Conclusion, Counts
from services.referrals.model import EMPTY, Clue, ClueState, Place, PlaceKey, Tally
from services.referrals.store.evidence import load_tallies
from services.referrals.store.tables import CLUES

_STORED = Stored(
    CLUES,
    Clue,
    changing=("subject_name", "authority", "tally"),
    parts=("place", "tally", "conclusion"),
    columns={"carriers": "frozen_carriers"},
)


@dataclass(frozen=True, slots=True)
class CluesInPlace:
    """The clues of one place: the open one, if any, and the last sequence number (0: none)."""

    open: UUID | None = None
    last: int = 0


def load_clues(tx: Tx, ids: Iterable[UUID]) -> list[Clue]:
    """The clues with these ids, locked, sorted by id. Lock their subjects first: open clues are counted from the
    evidence."""
    statement = sa.text("SELECT * FROM clues WHERE id = ANY(CAST(:ids AS uuid[])) ORDER BY id FOR UPDATE")
    return _loaded(tx, statement, {"ids": list(ids)})


def find_clues_due(tx: Tx, now: datetime, piece: Slice) -> list[str]:
    """The clues with a deadline that passed before `now`, locked; skips rows locked by others."""
    statement = sa.text(
        f"SELECT id FROM clues WHERE due_at < :now AND CAST(id AS text) NOT IN {HELD} "  # noqa: S608 - a constant
        "ORDER BY due_at LIMIT :limit FOR UPDATE SKIP LOCKED"
    )
    rows = tx.execute(statement, {"now": now, "limit": piece.limit, "sweep": piece.sweep})
    return [str(each) for each in rows.scalars()]


def load_clues_due(tx: Tx, ids: Iterable[str], now: datetime) -> list[Clue]:
    """Those of these clues with a deadline that passed before `now`, locked; skips rows locked by others."""
    statement = sa.text(
        "SELECT * FROM clues WHERE id = ANY(CAST(:ids AS uuid[])) AND due_at < :now ORDER BY id FOR UPDATE SKIP LOCKED"
    )
    return _loaded(tx, statement, {"ids": list(ids), "now": now})


def load_clues_of_batch(tx: Tx, batch_id: UUID) -> list[Clue]:
    """The clues that were last handed over in this batch, locked, sorted by id."""
    statement = sa.text("SELECT * FROM clues WHERE batch_id = :batch_id ORDER BY id FOR UPDATE")
    return _loaded(tx, statement, {"batch_id": batch_id})


def save_clues(tx: Tx, clues: Sequence[Clue]) -> None:
    """Write clues that changed and publish what they recorded."""
    _STORED.save(tx, clues)


def load_places(read: Read, ids: Iterable[UUID]) -> dict[UUID, Place]:
    """The places of these clues, which never change."""
    wanted = list(ids)
    if not wanted:
        return {}
    statement = sa.text(
        "SELECT id, subject_kind, subject_value, industry, period FROM clues WHERE id = ANY(CAST(:ids AS uuid[]))"
    )
    rows = read.execute(statement, {"ids": wanted})
    return {row.id: _place(row) for row in rows}


def load_clues_in(read: Read, places: Iterable[Place]) -> dict[PlaceKey, CluesInPlace]:
    """The clues of these places. Lock their subjects first, or the result is out of date at once."""
    keys = sorted({each.key for each in places})
    if not keys:
        return {}
    rows = read.execute(
        sa.text(
            "SELECT wanted.*, found.* "
            "FROM unnest(CAST(:kinds AS text[]), CAST(:values AS text[]), CAST(:industries AS text[]), "
            "CAST(:periods AS text[])) AS wanted(subject_kind, subject_value, industry, period) "
            "CROSS JOIN LATERAL (SELECT max(c.sequence) AS last, "
            "(array_agg(c.id) FILTER (WHERE c.state = 'open'))[1] AS open FROM clues AS c "
            "WHERE c.subject_kind = wanted.subject_kind AND c.subject_value = wanted.subject_value "
            "AND c.industry = wanted.industry AND c.period = wanted.period) AS found WHERE found.last IS NOT NULL"
        ),
        dict(zip(("kinds", "values", "industries", "periods"), map(list, zip(*keys, strict=True)), strict=True)),
    )
    return {_place(row).key: CluesInPlace(row.open, row.last) for row in rows}


def open_tallies(read: Read, rows: Sequence[sa.Row[Any]]) -> dict[UUID, Tally]:
    """The tallies of the open clues in these rows, counted from the evidence by one statement for all of them."""
    return load_tallies(read, [row.id for row in rows if row.state == ClueState.OPEN])


def _loaded(tx: Tx, statement: sa.TextClause, parameters: dict[str, Any]) -> list[Clue]:
    rows = tx.execute(statement, parameters).all()
    tallies = open_tallies(tx, rows)
    return [clue_of(row, tallies) for row in rows]


@of_row
def clue_of(row: sa.Row[Any], tallies: Mapping[UUID, Tally]) -> Clue:
    """The clue in a row of its table; `tallies` are those of `open_tallies`. Raises UnreadableRowError."""
    if row.state == ClueState.OPEN:
        tally = tallies.get(row.id, EMPTY)
    else:
        tally = Tally(read_as(row, Counts), tuple(row.carriers))
    clue = _STORED.load(row, place=_place(row), tally=tally, conclusion=_conclusion(row))
    # What collects has the chain of the complaints that are in it now.
    clue.actors = union(clue.actors, tally.actors)
    return clue


def _place(row: sa.Row[Any]) -> Place:
    return read_as(row, Place)


def _conclusion(row: sa.Row[Any]) -> Conclusion | None:
    if row.conclusion_code is None:
        return None
    renamed = {"code": row.conclusion_code, "note": row.conclusion_note}
    return msgspec.convert(values_of(row) | renamed, Conclusion)
