"""Holds of channels, as staff read them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field

from chassis.aggregate import NotFoundError
from chassis.database import Read
from chassis.http.citations import CitationView
from chassis.http.paging import PageRows, Paging
from chassis.http.queries import Conditions, equal, one_row, page_rows, select_one, select_page
from chassis.redaction import Redacted
from services.complaints.access import Visibility
from services.complaints.store.channels import hold_of
from services.complaints.store.tables import CHANNEL_HOLDS


class ChannelHoldView(BaseModel):
    """A hold of a channel: what it files counts towards no automatic act until it is released."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int = Field(description="also the ETag; send it as If-Match with the release")
    channel: str
    reason: str
    rules: list[CitationView]
    held_at: datetime
    released_at: datetime | None
    released_by: str | None
    release_reason: Redacted | None


def list_holds(read: Read, page: Paging, visibility: Visibility, channel: str | None) -> PageRows[ChannelHoldView]:
    """Holds, the oldest first, of one channel where one is named. Channels belong to no province."""
    conditions: Conditions = [*equal(CHANNEL_HOLDS, {"channel": channel}), sa.literal(visibility.includes(None))]
    return page_rows(select_page(read, CHANNEL_HOLDS, conditions, page), _view)


def find_hold(read: Read, identifier: UUID, visibility: Visibility) -> ChannelHoldView:
    """One hold. Raises NotFoundError where it does not exist or is not visible, and UnreadableRowError."""
    if not visibility.includes(None):
        raise NotFoundError
    return one_row(select_one(read, CHANNEL_HOLDS, [CHANNEL_HOLDS.c.id == identifier]), _view)


def _view(row: sa.Row[Any]) -> ChannelHoldView:
    return ChannelHoldView.model_validate(hold_of(row))
