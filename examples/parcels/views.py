"""Parcels, as the API returns them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field

from chassis.aggregate import NotFoundError
from chassis.database import Read
from chassis.http.citations import CitationView
from chassis.http.paging import Paging
from examples.parcels.access import Visibility
from examples.parcels.model import ParcelState
from examples.parcels.store import PARCELS


class ParcelView(BaseModel):
    """A parcel: when it was sent, until when it must be delivered, and its delivery."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int = Field(description="also the ETag; send it as If-Match")
    sender: str
    recipient: str
    state: ParcelState
    rules: list[CitationView]
    sent_at: datetime
    deliver_by: datetime
    delivered_at: datetime | None
    overdue_since: datetime | None


def list_parcels(read: Read, page: Paging, visibility: Visibility, state: ParcelState | None) -> list[ParcelView]:
    """Parcels, the oldest first."""
    statement = _visible(visibility).order_by(PARCELS.c.id).limit(page.limit)
    if state is not None:
        statement = statement.where(PARCELS.c.state == state)
    after = page.after(UUID)
    if after is not None:
        statement = statement.where(PARCELS.c.id > after[0])
    return [ParcelView.model_validate(row) for row in read.execute(statement)]


def find_parcel(read: Read, identifier: UUID, visibility: Visibility) -> ParcelView:
    """One parcel. Raises NotFoundError where it does not exist or is not visible."""
    row = read.execute(_visible(visibility).where(PARCELS.c.id == identifier)).one_or_none()
    if row is None:
        raise NotFoundError
    return ParcelView.model_validate(row)


def _visible(visibility: Visibility) -> sa.Select[tuple[object, ...]]:
    statement = sa.select(PARCELS)
    return statement if visibility.sender is None else statement.where(PARCELS.c.sender == visibility.sender)
