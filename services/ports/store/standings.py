"""Standings: what the credit lists forbid enterprises now, one row per credit code at its newest version."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from chassis.database import Read, Tx
from chassis.stored import of_row
from contracts.credit import Restriction, StandingChanged


def save_standings(tx: Tx, standings: Sequence[StandingChanged], versions: Sequence[int]) -> set[str]:
    """Write the standings that are newer than the stored ones, one per code; returns the codes that were written."""
    rows = tx.execute(
        sa.text(
            "INSERT INTO standings (code, version, restrictions) "
            "SELECT * FROM unnest(CAST(:codes AS text[]), CAST(:versions AS integer[]), "
            "CAST(:restrictions AS jsonb[])) "
            "ON CONFLICT (code) DO UPDATE SET version = excluded.version, restrictions = excluded.restrictions "
            "WHERE standings.version < excluded.version RETURNING code"
        ),
        {
            "codes": [each.code for each in standings],
            "versions": list(versions),
            "restrictions": [msgspec.json.encode(each.restrictions).decode() for each in standings],
        },
    )
    return set(rows.scalars())


def restrictions_on(read: Read, codes: Iterable[str]) -> dict[str, tuple[Restriction, ...]]:
    """The restrictions on those of these enterprises that have any."""
    rows = read.execute(
        sa.text(
            "SELECT code, restrictions FROM standings "
            "WHERE code = ANY(CAST(:codes AS text[])) AND restrictions <> '[]'::jsonb"
        ),
        {"codes": sorted(set(codes))},
    )
    return {row.code: _restrictions(row) for row in rows}


@of_row
def _restrictions(row: sa.Row[Any]) -> tuple[Restriction, ...]:
    return msgspec.convert(row.restrictions, tuple[Restriction, ...])
