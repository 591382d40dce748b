"""Sealings and their progress, as staff read them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field

from chassis.aggregate import NotFoundError
from chassis.database import Read
from chassis.http.paging import PageRows, Paging
from chassis.http.queries import Conditions, one_row, page_rows
from chassis.redaction import Written
from services.referrals.model import SealingTrigger
from services.referrals.store.tables import BATCHES, SEALINGS


class SealingState(StrEnum):
    """Whether clues that the sealing covers may be left."""

    OPEN = "open"
    DONE = "done"


class SealingView(BaseModel):
    """An order to seal the clues that were open when it was given."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    because: SealingTrigger
    state: SealingState
    authority: str | None = Field(description="the authority whose clues are sealed; null: all authorities")
    through: str | None = Field(description="the last quarter that is sealed; null: all quarters")
    reason: Written
    requested_by: str
    requested_at: datetime
    done_at: datetime | None
    batches: int = Field(description="how many it has sealed so far")
    clues: int = Field(description="how many are in these batches")


def list_sealings(read: Read, page: Paging) -> PageRows[SealingView]:
    """Sealings, the newest first."""
    after = page.after(UUID)
    rows = _rows(read, [] if after is None else [SEALINGS.c.id < after[0]], page.limit)
    return page_rows(rows, SealingView.model_validate)


def find_sealing(read: Read, identifier: UUID) -> SealingView:
    """One sealing. Raises NotFoundError where it does not exist, and UnreadableRowError."""
    found = _rows(read, [SEALINGS.c.id == identifier], 1)
    if not found:
        raise NotFoundError
    return one_row(found[0], SealingView.model_validate)


_STATE = sa.case((SEALINGS.c.done_at.is_(None), sa.literal(SealingState.OPEN.value)), else_=SealingState.DONE.value)


def _rows(read: Read, conditions: Conditions, limit: int) -> Sequence[sa.Row[Any]]:
    sealed = (
        sa.select(sa.func.count().label("batches"), sa.func.coalesce(sa.func.sum(BATCHES.c.clues), 0).label("clues"))
        .where(BATCHES.c.sealing_id == SEALINGS.c.id)
        .lateral("sealed")
    )
    statement = (
        sa.select(SEALINGS, _STATE.label("state"), sealed.c.batches, sealed.c.clues)
        .join_from(SEALINGS, sealed, sa.true())
        .where(*conditions)
        .order_by(SEALINGS.c.id.desc())
        .limit(limit)
    )
    return read.execute(statement).all()
