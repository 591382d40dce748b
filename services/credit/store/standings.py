"""Standings: loaded and saved in sets, and found by credit code."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from chassis.database import Read, Tx
from chassis.stored import Stored, of_row
from contracts.credit import Restriction
from services.credit.model import EnterpriseStanding
from services.credit.store.tables import STANDINGS

_STORED = Stored(STANDINGS, EnterpriseStanding)

_FIND: Final = "SELECT code, restrictions FROM standings WHERE code = %(code)s"
# As text: the restrictions are decoded once, not first by the driver and then converted.
_FIND_ALL: Final = (
    "SELECT code, restrictions::text AS restrictions FROM standings"
    " WHERE code = ANY(%(codes)s::text[]) AND restrictions <> '[]'"
)
_RESTRICTIONS: Final = msgspec.json.Decoder(tuple[Restriction, ...])


def load_standings(tx: Tx, codes: Sequence[str]) -> dict[str, EnterpriseStanding]:
    """The standings of these enterprises, where one is stored, locked, sorted by code."""
    rows = tx.execute(
        sa.text("SELECT * FROM standings WHERE code = ANY(CAST(:codes AS text[])) ORDER BY code FOR UPDATE"),
        {"codes": list(codes)},
    )
    return {row.code: _STORED.load(row) for row in rows}


def save_standings(tx: Tx, standings: Sequence[EnterpriseStanding]) -> None:
    """Write standings that changed and publish what they recorded."""
    _STORED.save(tx, standings)


def find_standing_row(read: Read, code: str) -> Any | None:
    """The row of an enterprise's standing; None where it was never listed."""
    return next(iter(read.rows(_FIND, {"code": code})), None)


@of_row
def restrictions_of(row: Any) -> tuple[Restriction, ...]:
    """The restrictions in the row of a standing."""
    return msgspec.convert(row.restrictions, tuple[Restriction, ...])


def find_all_restrictions(read: Read, codes: Sequence[str]) -> dict[str, tuple[Restriction, ...]]:
    """The restrictions of those of these enterprises that have any, in one statement for thousands of codes."""
    rows = read.rows(_FIND_ALL, {"codes": list(codes)})
    return {row.code: _decoded(row) for row in rows}


@of_row
def _decoded(row: Any) -> tuple[Restriction, ...]:
    return _RESTRICTIONS.decode(row.restrictions)
