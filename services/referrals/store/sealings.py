"""Sealings, and the clues that can be sealed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from chassis.aggregate import Cause
from chassis.database import Read, Tx
from chassis.ids import new_id
from chassis.quarantine import HELD
from chassis.stored import read_as
from chassis.sweeper import Slice
from services.referrals.model import SealingTrigger
from services.referrals.policy.competence import Addressees
from services.referrals.store.tables import SEALINGS

BY_CALENDAR = "calendar"
"""`requested_by` of a sealing that the calendar ordered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealing:
    """An order to seal the clues that were open when it was given: for one authority or all, of the quarters up to
    `through` or all. Its attributes are its columns."""

    id: UUID
    because: SealingTrigger
    authority: str | None
    through: str | None
    reason: str
    requested_by: str
    requested_at: datetime
    done_at: datetime | None = None

    def caused(self, traceparent: str | None) -> Cause:
        """The cause of what it seals: it began a story, and the person who ordered it is in the chain."""
        actors = () if self.requested_by == BY_CALENDAR else (self.requested_by,)
        return Cause.beginning(self.id, traceparent, actors)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A clue that can be sealed, and the authority that receives it."""

    clue_id: UUID
    addressee: str


def save_sealing(tx: Tx, sealing: Sealing) -> None:
    """Write a new sealing."""
    tx.execute(SEALINGS.insert().values({column.name: getattr(sealing, column.name) for column in SEALINGS.columns}))


def order_quarter(tx: Tx, quarter: str, at: datetime) -> bool:
    """Write the sealing of what was received up to the end of this quarter, once. False where it exists already.

    The first one is done as soon as it is written: before a fresh installation there is nothing to seal.
    """
    parameters = {"id": new_id(), "quarter": quarter, "by": BY_CALENDAR, "now": at}
    return bool(tx.execute(_ORDER_QUARTER, parameters).rowcount)


def find_open_sealings(read: Read, sweep: str) -> list[UUID]:
    """The sealings that are not done, the oldest first, without those that the sweep has set aside."""
    return list(read.execute(_OPEN, {"sweep": sweep}).scalars())


def load_open_sealing(tx: Tx, sealing: UUID) -> Sealing | None:
    """This sealing, locked; None where it is done, or locked by another worker."""
    row = tx.execute(_LOCK_OPEN, {"id": sealing}).one_or_none()
    return None if row is None else read_as(row, Sealing)


def close_sealing(tx: Tx, sealing: UUID, at: datetime) -> None:
    """Mark that the sealing is done."""
    tx.execute(SEALINGS.update().where(SEALINGS.c.id == sealing).values(done_at=at))


def find_covered(tx: Tx, sealing: Sealing, addressees: Addressees, piece: Slice) -> list[Candidate]:
    """The clues that the sealing covers, of the first authority that has any. Their subjects are locked; skips
    subjects locked by others."""
    parameters = {"limit": piece.limit, "sweep": piece.sweep, "sealing": str(sealing.id)}
    return _first_addressee(tx.execute(_FIND_COVERED, _scope(sealing, addressees) | parameters).all())


def load_covered(tx: Tx, sealing: Sealing, addressees: Addressees, clues: Sequence[UUID]) -> list[Candidate]:
    """Those of these clues that the sealing covers, as `find_covered` does."""
    return _first_addressee(tx.execute(_LOAD_COVERED, _scope(sealing, addressees) | {"clues": list(clues)}).all())


def covers_any(read: Read, sealing: Sealing, addressees: Addressees) -> bool:
    """Whether the sealing covers any clue, including those whose subject is locked."""
    return bool(read.execute(_COVERED, _scope(sealing, addressees)).one_or_none())


@dataclass(frozen=True, slots=True)
class Urgency:
    """Which clues are urgent: those for the police with this many vouched complainants, of places from which nothing
    was sealed after `rested_since`."""

    police: str
    complainants: int
    rested_since: datetime

    def scope(self, addressees: Addressees) -> dict[str, Any]:
        """The parameters of a statement about urgent clues."""
        own = {"police": self.police, "complainants": self.complainants, "since": self.rested_since}
        return own | _receivers(addressees)


def find_urgent(tx: Tx, urgency: Urgency, addressees: Addressees, piece: Slice) -> list[Candidate]:
    """The clues that are urgent. Their subjects are locked; skips subjects locked by others."""
    parameters = {"limit": piece.limit, "sweep": piece.sweep}
    return _first_addressee(tx.execute(_FIND_URGENT, urgency.scope(addressees) | parameters).all())


def load_urgent(tx: Tx, urgency: Urgency, addressees: Addressees, clues: Sequence[UUID]) -> list[Candidate]:
    """Those of these clues that are urgent, as `find_urgent` does."""
    return _first_addressee(tx.execute(_LOAD_URGENT, urgency.scope(addressees) | {"clues": list(clues)}).all())


def _first_addressee(rows: Sequence[Any]) -> list[Candidate]:
    return [Candidate(row.id, row.addressee) for row in rows if row.addressee == rows[0].addressee]


def _scope(sealing: Sealing, addressees: Addressees) -> dict[str, Any]:
    own = {"authority": sealing.authority, "through": sealing.through, "opened_by": sealing.requested_at}
    return own | _receivers(addressees)


def _receivers(addressees: Addressees) -> dict[str, Any]:
    return {
        "existing": addressees.existing,
        "dissolved": [each.authority for each in addressees.successions],
        "industries": [each.industry for each in addressees.successions],
        "successors": [each.successor for each in addressees.successions],
    }


_ORDER_QUARTER = sa.text(
    "INSERT INTO sealings (id, because, through, reason, requested_by, requested_at, done_at) "
    "SELECT :id, 'calendar', :quarter, 'the quarter is over', :by, :now, "
    "CASE WHEN EXISTS (SELECT FROM sealings WHERE because = 'calendar') THEN NULL ELSE CAST(:now AS timestamptz) END "
    "WHERE NOT EXISTS (SELECT FROM sealings WHERE because = 'calendar' AND through >= :quarter) "
    "ON CONFLICT DO NOTHING"
)
_OPEN = sa.text(
    f"SELECT id FROM sealings WHERE done_at IS NULL AND CAST(id AS text) NOT IN {HELD} ORDER BY id"  # noqa: S608
)
_LOCK_OPEN = sa.text("SELECT * FROM sealings WHERE id = :id AND done_at IS NULL FOR UPDATE SKIP LOCKED")

_SEALABLE = (
    "SELECT c.id, coalesce(succession.successor, c.authority) AS addressee FROM clues AS c "
    "JOIN subjects AS s ON s.kind = c.subject_kind AND s.value = c.subject_value "
    "LEFT JOIN unnest(CAST(:dissolved AS text[]), CAST(:industries AS text[]), CAST(:successors AS text[])) "
    "AS succession(authority, industry, successor) "
    "ON succession.authority = c.authority AND succession.industry = c.industry "
    "WHERE c.state IN ('open', 'routed') "
    "AND (c.authority = ANY(CAST(:existing AS text[])) OR succession.successor IS NOT NULL) "
    # A scalar subquery is looked up clue by clue in the index; EXISTS would become a join that reads all evidence.
    "AND (SELECT true FROM evidence AS e WHERE e.clue_id = c.id LIMIT 1) "
)
_THAT_ARE_COVERED = (
    "AND (CAST(:authority AS text) IS NULL "
    "OR coalesce(succession.successor, c.authority) = CAST(:authority AS text)) "
    "AND (CAST(:through AS text) IS NULL OR c.period <= CAST(:through AS text)) AND c.opened_at <= :opened_by "
)
_THAT_ARE_URGENT = (
    "AND c.authority = :police "
    # PostgreSQL evaluates the cheapest scalar subquery first, and this one already excludes most clues: they rest.
    "AND coalesce((SELECT max(o.referred_at) FROM clues AS o WHERE o.subject_kind = c.subject_kind "
    "AND o.subject_value = c.subject_value AND o.industry = c.industry AND o.period = c.period "
    "AND o.id <> c.id) <= :since, true) "
    "AND (SELECT count(DISTINCT e.complainant) FROM evidence AS e WHERE e.clue_id = c.id AND e.vouched) "
    ">= :complainants "
)
# Sorted by addressee, so that a full slice has one authority.
_LOCKED = "FOR UPDATE OF s SKIP LOCKED"
_FREE = f"ORDER BY addressee, c.id LIMIT :limit {_LOCKED}"
_THESE = f"AND c.id = ANY(CAST(:clues AS uuid[])) ORDER BY addressee, c.id {_LOCKED}"

_COVERED = sa.text(f"{_SEALABLE}{_THAT_ARE_COVERED}LIMIT 1")
_FIND_COVERED = sa.text(
    f"{_SEALABLE}{_THAT_ARE_COVERED}AND CAST(:sealing AS text) || '/' || CAST(c.id AS text) NOT IN {HELD} {_FREE}"
)
_LOAD_COVERED = sa.text(f"{_SEALABLE}{_THAT_ARE_COVERED}{_THESE}")
_FIND_URGENT = sa.text(f"{_SEALABLE}{_THAT_ARE_URGENT}AND CAST(c.id AS text) NOT IN {HELD} {_FREE}")
_LOAD_URGENT = sa.text(f"{_SEALABLE}{_THAT_ARE_URGENT}{_THESE}")
