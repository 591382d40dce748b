"""Reveals, as staff read them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field

from chassis.database import Read
from chassis.http.citations import CitationView
from chassis.http.paging import PageRows, Paging
from chassis.http.queries import Conditions, equal, one_row, page_rows, select_one, select_page
from chassis.redaction import Redacted
from services.complaints.access import Visibility
from services.complaints.model import RevealState
from services.complaints.store.reveals import reveal_of
from services.complaints.store.tables import REVEALS


class RevealView(BaseModel):
    """A request to see who complained, and its decision. Numbers in its reasons are redacted."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int = Field(description="also the ETag; send it as If-Match with the decision")
    complaint: UUID = Field(validation_alias="complaint_id")
    state: RevealState
    reason: Redacted
    requested_by: str
    requested_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    decision_reason: Redacted | None
    expires_at: datetime | None = Field(description="until when its requester sees the number; null unless approved")
    rules: list[CitationView]


class DisclosureView(BaseModel):
    """Who complained, and about which message: the one response with a complainant's number. Do not store it."""

    model_config = ConfigDict(from_attributes=True)

    complainant_number: str
    text: str | None = Field(description="the message, word for word; null where it is erased")


def list_reveals(read: Read, page: Paging, visibility: Visibility, wanted: Mapping[str, Any]) -> PageRows[RevealView]:
    """Reveals, the oldest first; `wanted` are columns and the value each must have (None: any)."""
    conditions = [*_visible(visibility), *equal(REVEALS, wanted)]
    return page_rows(select_page(read, REVEALS, conditions, page), _view)


def find_reveal(read: Read, identifier: UUID, visibility: Visibility) -> RevealView:
    """One reveal. Raises NotFoundError where it does not exist or its complaint is not visible, and
    UnreadableRowError."""
    return one_row(select_one(read, REVEALS, [REVEALS.c.id == identifier, *_visible(visibility)]), _view)


def _view(row: sa.Row[Any]) -> RevealView:
    return RevealView.model_validate(reveal_of(row))


def _visible(visibility: Visibility) -> Conditions:
    return equal(REVEALS, {"province": visibility.province})
