"""Initial loads, as national staff read them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field

from chassis.database import Read
from chassis.http.paging import PageRows, Paging
from chassis.http.queries import equal, one_row, page_rows, select_one, select_page
from chassis.redaction import Written
from services.ports.store.initial_loads import load_of
from services.ports.store.tables import INITIAL_LOADS


class InitialLoadView(BaseModel):
    """The initial load of a carrier: what was filed while it was open is on record from its own `valid_from` on."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int = Field(description="also the ETag; send it as If-Match with the closing")
    carrier: str
    reason: Written | None
    opened_at: datetime
    opened_by: str | None = Field(
        description="the person who opened it, and so cannot close it; null where the carrier had filings in release"
        " 0.1.0, which had no loads"
    )
    closed_at: datetime | None
    closed_by: str | None
    closing_reason: Written | None


def list_loads(read: Read, page: Paging, carrier: str | None) -> PageRows[InitialLoadView]:
    """Loads, the oldest first; of one carrier where one is named."""
    return page_rows(select_page(read, INITIAL_LOADS, equal(INITIAL_LOADS, {"carrier": carrier}), page), _view)


def find_load(read: Read, identifier: UUID) -> InitialLoadView:
    """One load. Raises NotFoundError where it does not exist, and UnreadableRowError."""
    return one_row(select_one(read, INITIAL_LOADS, [INITIAL_LOADS.c.id == identifier]), _view)


def _view(row: sa.Row[Any]) -> InitialLoadView:
    return InitialLoadView.model_validate(load_of(row))
