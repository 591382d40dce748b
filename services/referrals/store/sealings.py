"""Orders to seal, and the clues that are there to be sealed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from chassis.database import Read, Tx
from chassis.ids import new_id
from services.referrals.model import Because
from services.referrals.policy.competence import Addressees
from services.referrals.store.tables import SEALINGS

BY_ITSELF = "calendar"
"""Who requested a sealing that nobody asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealing:
    """An order to seal what was open when it was given: for one authority or all, of the quarters through one or
    all."""

    id: UUID
    because: Because
    authority: str | None
    through: str | None
    reason: str
    requested_by: str
    requested_at: datetime
    done_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A clue that may be sealed, and who receives it."""

    clue: UUID
    addressee: str


def order_sealing(tx: Tx, authority: str | None, through: str | None, reason: str, by: str, at: datetime) -> Sealing:
    """Keep staff's order to seal."""
    sealing = Sealing(
        id=new_id(),
        because=Because.COMMAND,
        authority=authority,
        through=through,
        reason=reason,
        requested_by=by,
        requested_at=at,
    )
    tx.execute(SEALINGS.insert().values(**_values(sealing)))
    return sealing


def order_quarter(tx: Tx, quarter: str, at: datetime) -> bool:
    """Keep the order to seal what was received through this quarter, once. False when it was given before.

    Where no quarter was ever sealed there is none to be: the first is done as it is ordered.
    """
    return bool(tx.execute(_ORDER_QUARTER, {"id": new_id(), "quarter": quarter, "by": BY_ITSELF, "now": at}).rowcount)


def open_sealing(tx: Tx) -> Sealing | None:
    """The oldest order that is not worked off and that nobody else works on, locked."""
    row = tx.execute(_OPEN).one_or_none()
    return None if row is None else sealing_of(row)


def close_sealing(tx: Tx, sealing: UUID, at: datetime) -> None:
    """Nothing that the order covers is left."""
    tx.execute(SEALINGS.update().where(SEALINGS.c.id == sealing).values(done_at=at))


def covered(tx: Tx, sealing: Sealing, addressees: Addressees, limit: int) -> list[Candidate]:
    """At most `limit` clues that the order covers, of the first authority that has one; their subjects are locked,
    those that others have are left out."""
    return _first_addressee(tx.execute(_COVERED_FREE, _of(sealing, addressees) | {"limit": limit}).all())


def covers_any(read: Read, sealing: Sealing, addressees: Addressees) -> bool:
    """Whether there is a clue that the order covers, also one whose subject somebody has locked."""
    return bool(read.execute(_COVERED, _of(sealing, addressees)).one_or_none())


def urgent(
    tx: Tx, police: str, complainants: int, rested_since: datetime, addressees: Addressees, limit: int
) -> list[Candidate]:
    """At most `limit` clues for the police with so many vouched complainants, of places of which nothing was sealed
    since; their subjects are locked, those that others have are left out."""
    parameters = {"police": police, "complainants": complainants, "since": rested_since, "limit": limit}
    return _first_addressee(tx.execute(_URGENT, parameters | _given(addressees)).all())


def sealing_of(row: Any) -> Sealing:
    """The order in a row of its table."""
    return Sealing(
        id=row.id,
        because=Because(row.because),
        authority=row.authority,
        through=row.through,
        reason=row.reason,
        requested_by=row.requested_by,
        requested_at=row.requested_at,
        done_at=row.done_at,
    )


def _values(sealing: Sealing) -> dict[str, Any]:
    return {name: getattr(sealing, name) for name in SEALINGS.c.keys()}  # noqa: SIM118 - of columns, not of a dict


def _first_addressee(rows: Sequence[Any]) -> list[Candidate]:
    return [Candidate(row.id, row.addressee) for row in rows if row.addressee == rows[0].addressee]


def _of(sealing: Sealing, addressees: Addressees) -> dict[str, Any]:
    own = {"authority": sealing.authority, "through": sealing.through, "opened_by": sealing.requested_at}
    return own | _given(addressees)


def _given(addressees: Addressees) -> dict[str, Any]:
    return {
        "standing": addressees.standing,
        "gone": [each.authority for each in addressees.heirs],
        "industries": [each.industry for each in addressees.heirs],
        "heirs": [each.addressee for each in addressees.heirs],
    }


_ORDER_QUARTER = sa.text(
    "INSERT INTO sealings (id, because, through, reason, requested_by, requested_at, done_at) "
    "SELECT :id, 'calendar', :quarter, 'the quarter is over', :by, :now, "
    "CASE WHEN EXISTS (SELECT FROM sealings WHERE because = 'calendar') THEN NULL ELSE CAST(:now AS timestamptz) END "
    "WHERE NOT EXISTS (SELECT FROM sealings WHERE because = 'calendar' AND through >= :quarter) "
    "ON CONFLICT DO NOTHING"
)
_OPEN = sa.text("SELECT * FROM sealings WHERE done_at IS NULL ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED")

_SEALABLE = (
    "SELECT c.id, coalesce(heir.addressee, c.authority) AS addressee FROM clues AS c "
    "JOIN subjects AS s ON s.kind = c.subject_kind AND s.value = c.subject_value "
    "LEFT JOIN unnest(CAST(:gone AS text[]), CAST(:industries AS text[]), CAST(:heirs AS text[])) "
    "AS heir(authority, industry, addressee) ON heir.authority = c.authority AND heir.industry = c.industry "
    "WHERE c.state IN ('open', 'routed') "
    "AND (c.authority = ANY(CAST(:standing AS text[])) OR heir.addressee IS NOT NULL) "
    # Clue by clue in the index: as EXISTS it would be joined, by a reading of all evidence there is.
    "AND (SELECT true FROM evidence AS e WHERE e.clue_id = c.id LIMIT 1) "
)
_THAT_ARE_COVERED = (
    "AND (CAST(:authority AS text) IS NULL OR coalesce(heir.addressee, c.authority) = CAST(:authority AS text)) "
    "AND (CAST(:through AS text) IS NULL OR c.period <= CAST(:through AS text)) AND c.opened_at <= :opened_by "
)
_THAT_ARE_URGENT = (
    "AND c.authority = :police "
    # Cheapest first, which a subquery that is a value lets PostgreSQL do: most clues here rest.
    "AND coalesce((SELECT max(o.referred_at) FROM clues AS o WHERE o.subject_kind = c.subject_kind "
    "AND o.subject_value = c.subject_value AND o.industry = c.industry AND o.period = c.period "
    "AND o.id <> c.id) <= :since, true) "
    "AND (SELECT count(DISTINCT e.complainant) FROM evidence AS e WHERE e.clue_id = c.id AND e.vouched) "
    ">= :complainants "
)
# Sorted, so that a slice that is full is of one authority.
_FREE = "ORDER BY addressee, c.id LIMIT :limit FOR UPDATE OF s SKIP LOCKED"

_COVERED = sa.text(f"{_SEALABLE}{_THAT_ARE_COVERED}LIMIT 1")
_COVERED_FREE = sa.text(f"{_SEALABLE}{_THAT_ARE_COVERED}{_FREE}")
_URGENT = sa.text(f"{_SEALABLE}{_THAT_ARE_URGENT}{_FREE}")
