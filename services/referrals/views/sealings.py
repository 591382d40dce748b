"""Sealings and their progress, as staff read them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field

from chassis.aggregate import NotFoundError
from chassis.database import Read
from chassis.http.paging import Paging
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
    reason: str
    requested_by: str
    requested_at: datetime
    done_at: datetime | None
    batches: int = Field(description="how many it has sealed so far")
    clues: int = Field(description="how many are in these batches")


def list_sealings(read: Read, page: Paging) -> list[SealingView]:
    """Sealings, the newest first."""
    after = page.after(UUID)
    return _views(read, [] if after is None else [SEALINGS.c.id < after[0]], page.limit)


def find_sealing(read: Read, identifier: UUID) -> SealingView:
    """One sealing. Raises NotFoundError where it does not exist."""
    found = _views(read, [SEALINGS.c.id == identifier], 1)
    if not found:
        raise NotFoundError
    return found[0]


_STATE = sa.case((SEALINGS.c.done_at.is_(None), sa.literal(SealingState.OPEN.value)), else_=SealingState.DONE.value)


def _views(read: Read, conditions: Sequence[sa.ColumnElement[bool]], limit: int) -> list[SealingView]:
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
    return [SealingView.model_validate(row) for row in read.execute(statement).all()]
