"""Batches, as authorities fetch them and staff see them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, Field

from chassis.database import Read
from chassis.http.paging import Paging
from services.referrals.model import Batch, BatchState, Because
from services.referrals.store.batches import batch_of, contents_of
from services.referrals.store.sight import Sight
from services.referrals.store.tables import BATCHES


class BatchView(BaseModel):
    """Clues that were sealed for an authority."""

    id: UUID
    version: int = Field(description="also the ETag")
    authority: str
    because: Because = Field(description="the quarter is over, staff had it sealed, or a suspected crime cannot wait")
    state: BatchState
    clues: int = Field(description="how many it holds")
    digest: str = Field(description="SHA-256 of the manifest, the first line of its content, in hexadecimal")
    sealed_at: datetime
    received_at: datetime | None

    @classmethod
    def of(cls, batch: Batch) -> BatchView:
        """The batch as it is read."""
        return cls(
            id=batch.id,
            version=batch.version,
            authority=batch.authority,
            because=batch.because,
            state=batch.state,
            clues=batch.clues,
            digest=batch.digest,
            sealed_at=batch.sealed_at,
            received_at=batch.received_at,
        )


def list_batches(read: Read, page: Paging, sight: Sight, wanted: dict[str, str | None]) -> list[BatchView]:
    """Batches, the oldest first; `wanted` are columns and the value each must have (None: any)."""
    conditions = [*_seen(sight), *(BATCHES.c[name] == value for name, value in wanted.items() if value is not None)]
    after = page.after(UUID)
    if after is not None:
        conditions.append(BATCHES.c.id > after[0])
    return [BatchView.of(batch_of(row)) for row in _rows(read, conditions, page.limit)]


def find_batch(read: Read, identifier: UUID, sight: Sight) -> BatchView | None:
    """One batch, if it is seen."""
    rows = _rows(read, [*_seen(sight), BATCHES.c.id == identifier], 1)
    return BatchView.of(batch_of(rows[0])) if rows else None


def content_of_batch(read: Read, identifier: UUID, sight: Sight) -> bytes | None:
    """The manifest of a batch and its documents, a line each, if it is seen."""
    rows = _rows(read, [*_seen(sight), BATCHES.c.id == identifier], 1)
    if not rows:
        return None
    return b"".join(line + b"\n" for line in (batch_of(rows[0]).manifest, *contents_of(read, identifier)))


def _seen(sight: Sight) -> list[sa.ColumnElement[bool]]:
    """What is handed over is between the ministry and the authority: provincial staff see no batch."""
    if sight.province is not None:
        return [sa.false()]
    return [] if sight.authority is None else [BATCHES.c.authority == sight.authority]


def _rows(read: Read, conditions: list[sa.ColumnElement[bool]], limit: int) -> list[Any]:
    return list(read.execute(sa.select(BATCHES).where(*conditions).order_by(BATCHES.c.id).limit(limit)).all())
