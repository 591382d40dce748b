"""Orders to seal, and how far they are worked off."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, Field

from chassis.database import Read
from chassis.http.paging import Paging
from services.referrals.model import Because
from services.referrals.store.sealings import Sealing, sealing_of
from services.referrals.store.tables import BATCHES, SEALINGS


class SealingState(StrEnum):
    """Whether clues that the order covers may be left."""

    OPEN = "open"
    DONE = "done"


class SealingView(BaseModel):
    """An order to seal what was open when it was given."""

    id: UUID
    because: Because
    state: SealingState
    authority: str | None = Field(description="for whom; null: for all")
    through: str | None = Field(description="of the quarters through this one; null: of all")
    reason: str
    requested_by: str
    requested_at: datetime
    done_at: datetime | None
    batches: int = Field(description="how many were sealed by it so far")
    clues: int = Field(description="how many are in them")

    @classmethod
    def of(cls, sealing: Sealing, batches: int = 0, clues: int = 0) -> SealingView:
        """The order, and what was sealed by it."""
        return cls(
            id=sealing.id,
            because=sealing.because,
            state=SealingState.OPEN if sealing.done_at is None else SealingState.DONE,
            authority=sealing.authority,
            through=sealing.through,
            reason=sealing.reason,
            requested_by=sealing.requested_by,
            requested_at=sealing.requested_at,
            done_at=sealing.done_at,
            batches=batches,
            clues=clues,
        )


def list_sealings(read: Read, page: Paging) -> list[SealingView]:
    """Orders to seal, the newest first."""
    after = page.after(UUID)
    conditions = [] if after is None else [SEALINGS.c.id < after[0]]
    return [_view(row) for row in _rows(read, conditions, page.limit)]


def find_sealing(read: Read, identifier: UUID) -> SealingView | None:
    """One order to seal."""
    rows = _rows(read, [SEALINGS.c.id == identifier], 1)
    return _view(rows[0]) if rows else None


def _rows(read: Read, conditions: Sequence[sa.ColumnElement[bool]], limit: int) -> Sequence[Any]:
    sealed = (
        sa.select(sa.func.count().label("batches"), sa.func.coalesce(sa.func.sum(BATCHES.c.clues), 0).label("clues"))
        .where(BATCHES.c.sealing_id == SEALINGS.c.id)
        .lateral("sealed")
    )
    statement = (
        sa.select(SEALINGS, sealed.c.batches, sealed.c.clues)
        .join_from(SEALINGS, sealed, sa.true())
        .where(*conditions)
        .order_by(SEALINGS.c.id.desc())
        .limit(limit)
    )
    return read.execute(statement).all()


def _view(row: Any) -> SealingView:
    return SealingView.of(sealing_of(row), row.batches, row.clues)
