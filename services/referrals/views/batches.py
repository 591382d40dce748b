"""Batches, as authorities and staff read them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field

from chassis.database import Read
from chassis.http.paging import PageRows, Paging
from chassis.http.queries import Conditions, equal, one_row, page_rows, select_one, select_page
from services.referrals.access import Visibility
from services.referrals.model import Batch, BatchState, SealingTrigger
from services.referrals.store.batches import batch_of, load_contents
from services.referrals.store.tables import BATCHES


class BatchView(BaseModel):
    """Clues that were sealed for an authority."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int = Field(description="also the ETag")
    authority: str
    because: SealingTrigger = Field(description="the end of a quarter, an order of staff, or an urgent suspected crime")
    state: BatchState
    clues: int = Field(description="how many it contains")
    digest: str = Field(description="SHA-256 of the manifest, the first line of its content, in hexadecimal")
    sealed_at: datetime
    received_at: datetime | None


def list_batches(
    read: Read, page: Paging, visibility: Visibility, wanted: dict[str, str | None]
) -> PageRows[BatchView]:
    """Batches, the oldest first; `wanted` are columns and the value each must have (None: any)."""
    conditions = [*_visible(visibility), *equal(BATCHES, wanted)]
    rows = select_page(read, BATCHES, conditions, page)
    return page_rows(rows, lambda row: BatchView.model_validate(batch_of(row)))


def find_batch(read: Read, identifier: UUID, visibility: Visibility) -> BatchView:
    """One batch. Raises NotFoundError where it does not exist or is not visible, and UnreadableRowError."""
    return BatchView.model_validate(_batch(read, identifier, visibility))


def content_of_batch(read: Read, identifier: UUID, visibility: Visibility) -> bytes:
    """The manifest of a batch and its documents, one per line. Raises as `find_batch`."""
    batch = _batch(read, identifier, visibility)
    return b"".join(line + b"\n" for line in (batch.manifest, *load_contents(read, identifier)))


def _batch(read: Read, identifier: UUID, visibility: Visibility) -> Batch:
    return one_row(select_one(read, BATCHES, [*_visible(visibility), BATCHES.c.id == identifier]), batch_of)


def _visible(visibility: Visibility) -> Conditions:
    """A batch concerns the ministry and the authority only: provincial staff see none."""
    if visibility.province is not None:
        return [sa.false()]
    return [] if visibility.authority is None else [BATCHES.c.authority == visibility.authority]
