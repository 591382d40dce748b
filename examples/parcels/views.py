"""Parcels, as the API returns them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from chassis.database import Read
from chassis.http.citations import CitationView
from chassis.http.paging import PageRows, Paging
from chassis.http.queries import equal, one_row, page_rows, select_one, select_page
from chassis.redaction import Written
from examples.parcels.access import Visibility
from examples.parcels.model import ParcelState
from examples.parcels.store import PARCELS


class ParcelView(BaseModel):
    """A parcel: when it was sent, until when it must be delivered, and its delivery."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int = Field(description="also the ETag; send it as If-Match")
    sender: str
    recipient: Written
    state: ParcelState
    rules: list[CitationView]
    sent_at: datetime
    deliver_by: datetime
    delivered_at: datetime | None
    overdue_since: datetime | None


def list_parcels(read: Read, page: Paging, visibility: Visibility, state: ParcelState | None) -> PageRows[ParcelView]:
    """Parcels, the oldest first."""
    conditions = equal(PARCELS, {"sender": visibility.sender, "state": state})
    return page_rows(select_page(read, PARCELS, conditions, page), ParcelView.model_validate)


def find_parcel(read: Read, identifier: UUID, visibility: Visibility) -> ParcelView:
    """One parcel. Raises UnreadableRowError, and NotFoundError where none is visible."""
    conditions = equal(PARCELS, {"sender": visibility.sender, "id": identifier})
    return one_row(select_one(read, PARCELS, conditions), ParcelView.model_validate)
