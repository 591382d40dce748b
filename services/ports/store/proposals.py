"""Shutdown proposals: loaded and saved in sets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from chassis import sets
from chassis.database import Read, Tx
from services.ports.model import ProposalState, ShutdownProposal
from services.ports.store.tables import SHUTDOWN_PROPOSALS

_CHANGING = ("version", "state", "decider", "decision_reason", "decided_at", "order_id")


def load_proposals(tx: Tx, ids: Iterable[UUID]) -> list[ShutdownProposal]:
    """The proposals with these ids, locked, sorted by id."""
    return _loaded(
        tx,
        sa.text("SELECT * FROM shutdown_proposals WHERE id = ANY(CAST(:ids AS uuid[])) ORDER BY id FOR UPDATE"),
        {"ids": list(ids)},
    )


def load_undecided(tx: Tx, listings: Iterable[UUID]) -> list[ShutdownProposal]:
    """The proposals of these listings that nobody has decided yet, locked, sorted by id."""
    return _loaded(
        tx,
        sa.text(
            "SELECT * FROM shutdown_proposals WHERE listing = ANY(CAST(:listings AS uuid[])) AND state = 'proposed' "
            "ORDER BY id FOR UPDATE"
        ),
        {"listings": list(listings)},
    )


def save_proposals(tx: Tx, proposals: Sequence[ShutdownProposal]) -> None:
    """Write proposals that are new or changed."""
    rows = [_row(each) for each in proposals if each.version != each.stored_version]
    sets.insert(tx, SHUTDOWN_PROPOSALS, [row for row in rows if not row["stored_version"]])
    sets.update(tx, SHUTDOWN_PROPOSALS, _CHANGING, [row for row in rows if row["stored_version"]])
    for each in proposals:
        each.stored_version = each.version


def find_proposal(read: Read, proposal: UUID) -> ShutdownProposal | None:
    """A proposal as it stands, unlocked: what it is about never changes."""
    row = read.execute(sa.select(SHUTDOWN_PROPOSALS).where(SHUTDOWN_PROPOSALS.c.id == proposal)).one_or_none()
    return None if row is None else proposal_of(row)


def is_proposed(read: Read, carrier: str, number: str) -> bool:
    """Whether a proposal of this port waits to be decided."""
    statement = sa.text(
        "SELECT EXISTS (SELECT FROM shutdown_proposals WHERE carrier = :carrier AND number = :number "
        "AND state = 'proposed')"
    )
    return bool(read.execute(statement, {"carrier": carrier, "number": number}).scalar_one())


def proposal_of(row: Any) -> ShutdownProposal:
    """The proposal in a row of its table."""
    return ShutdownProposal(
        id=row.id,
        version=row.version,
        stored_version=row.version,
        state=ProposalState(row.state),
        carrier=row.carrier,
        number=row.number,
        listing=row.listing,
        code=row.code,
        province=row.province,
        reason=row.reason,
        proposed_by=row.proposed_by,
        proposer=row.proposer,
        correlation_id=row.correlation_id,
        proposed_at=row.proposed_at,
        decider=row.decider,
        decision_reason=row.decision_reason,
        decided_at=row.decided_at,
        order=row.order_id,
    )


def _loaded(tx: Tx, statement: sa.TextClause, parameters: Mapping[str, Any]) -> list[ShutdownProposal]:
    return [proposal_of(row) for row in tx.execute(statement, parameters)]


def _row(proposal: ShutdownProposal) -> sets.Row:
    return {
        "id": proposal.id,
        "stored_version": proposal.stored_version,
        "version": proposal.version,
        "state": proposal.state,
        "carrier": proposal.carrier,
        "number": proposal.number,
        "listing": proposal.listing,
        "code": proposal.code,
        "province": proposal.province,
        "reason": proposal.reason,
        "proposed_by": proposal.proposed_by,
        "proposer": proposal.proposer,
        "correlation_id": proposal.correlation_id,
        "proposed_at": proposal.proposed_at,
        "decider": proposal.decider,
        "decision_reason": proposal.decision_reason,
        "decided_at": proposal.decided_at,
        "order_id": proposal.order,
    }
