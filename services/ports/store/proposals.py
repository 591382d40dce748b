"""Shutdown proposals: loaded and saved in sets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from chassis.database import Read, Tx
from chassis.stored import StoredSteps, read_as
from services.ports.model import ShutdownProposal
from services.ports.policy.situation import PastProposal
from services.ports.store.tables import SHUTDOWN_PROPOSALS

_STORED = StoredSteps(SHUTDOWN_PROPOSALS, ShutdownProposal)


def load_proposals(tx: Tx, ids: Iterable[UUID]) -> list[ShutdownProposal]:
    """The proposals with these ids, locked, sorted by id."""
    return _loaded(
        tx,
        sa.text("SELECT * FROM shutdown_proposals WHERE id = ANY(CAST(:ids AS uuid[])) ORDER BY id FOR UPDATE"),
        {"ids": list(ids)},
    )


def load_undecided_proposals(tx: Tx, listings: Iterable[UUID]) -> list[ShutdownProposal]:
    """The proposals of these listings that are not decided yet, locked, sorted by id."""
    return _loaded(
        tx,
        sa.text(
            "SELECT * FROM shutdown_proposals WHERE listing = ANY(CAST(:listings AS uuid[])) AND state = 'proposed' "
            "ORDER BY id FOR UPDATE"
        ),
        {"listings": list(listings)},
    )


def load_pending_proposals(tx: Tx, numbers: Iterable[str]) -> list[ShutdownProposal]:
    """The proposals of the rules about these numbers that are not decided yet, locked, sorted by id."""
    return _loaded(
        tx,
        sa.text(
            "SELECT * FROM shutdown_proposals WHERE number = ANY(CAST(:numbers AS text[])) AND state = 'proposed' "
            "AND basis IS NOT NULL ORDER BY id FOR UPDATE"
        ),
        {"numbers": sorted(numbers)},
    )


def past_proposals(read: Read, numbers: Sequence[str]) -> dict[str, list[PastProposal]]:
    """The proposals about these numbers that wait for a decision, and those of the rules that were rejected."""
    rows = read.execute(
        sa.text(
            "SELECT id, number, carrier, decided_at AS rejected_at FROM shutdown_proposals "
            "WHERE number = ANY(CAST(:numbers AS text[])) "
            "AND (state = 'proposed' OR state = 'rejected' AND basis IS NOT NULL)"
        ),
        {"numbers": list(numbers)},
    )
    proposals: dict[str, list[PastProposal]] = defaultdict(list)
    for row in rows.all():
        proposals[row.number].append(read_as(row, PastProposal))
    return proposals


def save_proposals(tx: Tx, proposals: Sequence[ShutdownProposal]) -> None:
    """Write proposals that are new or changed."""
    _STORED.save(tx, proposals)


def find_proposal(read: Read, proposal: UUID) -> ShutdownProposal | None:
    """A proposal, not locked: its port or listing never changes."""
    row = read.execute(sa.select(SHUTDOWN_PROPOSALS).where(SHUTDOWN_PROPOSALS.c.id == proposal)).one_or_none()
    return None if row is None else proposal_of(row)


def is_proposed(read: Read, carrier: str, number: str) -> bool:
    """Whether a proposal of this port is not decided yet."""
    statement = sa.text(
        "SELECT EXISTS (SELECT FROM shutdown_proposals WHERE carrier = :carrier AND number = :number "
        "AND state = 'proposed')"
    )
    return bool(read.execute(statement, {"carrier": carrier, "number": number}).scalar_one())


def proposal_of(row: sa.Row[Any]) -> ShutdownProposal:
    """The proposal in a row of its table."""
    return _STORED.load(row)


def _loaded(tx: Tx, statement: sa.TextClause, parameters: Mapping[str, Any]) -> list[ShutdownProposal]:
    return [proposal_of(row) for row in tx.execute(statement, parameters)]
