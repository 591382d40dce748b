"""Standings: loaded and saved in sets, and asked about by credit code."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
import sqlalchemy as sa

from chassis import sets
from chassis.aggregate import Cause
from chassis.database import Read, Tx
from contracts.credit import Restriction
from services.credit.model import Standing
from services.credit.store.entries import load_effective
from services.credit.store.tables import STANDINGS

_FIND: Final = "SELECT restrictions FROM standings WHERE code = %(code)s"
# As text: what it says is decoded once, not first by the driver into what is converted then.
_FIND_ALL: Final = (
    "SELECT code, restrictions::text AS restrictions FROM standings"
    " WHERE code = ANY(%(codes)s::text[]) AND restrictions <> '[]'"
)
_RESTRICTIONS: Final = msgspec.json.Decoder(tuple[Restriction, ...])


def restate(tx: Tx, changed: Mapping[str, Cause]) -> None:
    """Bring the standings of these enterprises, which are locked, to what their entries say, once those are saved.
    `changed` says what changed each one's entries."""
    codes = sorted(changed)
    if not codes:
        return
    restrictions: dict[str, list[Restriction]] = defaultdict(list)
    for entry in load_effective(tx, codes):
        restrictions[entry.code].append(entry.restriction())
    known = _load_standings(tx, codes)
    standings = [known.get(code) or Standing.unlisted(code) for code in codes]
    for standing in standings:
        standing.restate(restrictions[standing.code], changed[standing.code])
    _save_standings(tx, standings)


def restrictions_of(read: Read, code: str) -> tuple[Restriction, ...]:
    """What an enterprise is restricted in; nothing where nobody ever listed it."""
    found = read.rows(_FIND, {"code": code})
    return msgspec.convert(found[0].restrictions, tuple[Restriction, ...]) if found else ()


def restricted_among(read: Read, codes: Sequence[str]) -> dict[str, tuple[Restriction, ...]]:
    """What those of these enterprises are restricted in that are restricted at all: one statement for thousands."""
    rows = read.rows(_FIND_ALL, {"codes": list(codes)})
    return {row.code: _RESTRICTIONS.decode(row.restrictions) for row in rows}


def _load_standings(tx: Tx, codes: Sequence[str]) -> dict[str, Standing]:
    rows = tx.execute(
        sa.text("SELECT * FROM standings WHERE code = ANY(CAST(:codes AS text[])) ORDER BY code FOR UPDATE"),
        {"codes": list(codes)},
    )
    return {
        row.code: Standing(
            id=row.id,
            version=row.version,
            code=row.code,
            restrictions=msgspec.convert(row.restrictions, tuple[Restriction, ...]),
        )
        for row in rows
    }


def _save_standings(tx: Tx, standings: Sequence[Standing]) -> None:
    changed = [each for each in standings if each.recorded]
    new = [each for each in changed if not each.stored_version]
    sets.insert(
        tx,
        STANDINGS,
        [
            {"code": each.code, "id": each.id, "version": each.version, "restrictions": each.restrictions}
            for each in new
        ],
    )
    sets.update(
        tx,
        STANDINGS,
        ("version", "restrictions"),
        [
            {
                "id": each.id,
                "stored_version": each.stored_version,
                "version": each.version,
                "restrictions": msgspec.json.encode(each.restrictions).decode(),
            }
            for each in changed
            if each.stored_version
        ],
    )
    tx.publish(changed)
