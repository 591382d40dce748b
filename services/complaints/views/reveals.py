"""Reveals, as staff read them, and what they reveal."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, Field

from chassis import privacy
from chassis.database import Read
from chassis.http.citations import CitationView
from chassis.http.paging import Paging
from services.complaints.model import Reveal, RevealState
from services.complaints.store.reveals import reveal_of
from services.complaints.store.tables import REVEALS


class RevealView(BaseModel):
    """A request to see who complained, and what a colleague decided. Numbers in its reasons are redacted."""

    id: UUID
    version: int = Field(description="also the ETag; send it as If-Match with the decision")
    complaint: UUID
    state: RevealState
    reason: str
    requested_by: str
    requested_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    decision_reason: str | None
    expires_at: datetime | None = Field(description="until when whoever asked sees the number; null unless approved")
    rules: list[CitationView]

    @classmethod
    def of(cls, reveal: Reveal) -> RevealView:
        """The reveal without what it reveals."""
        why = reveal.decision_reason
        return cls(
            id=reveal.id,
            version=reveal.version,
            complaint=reveal.complaint,
            state=reveal.state,
            reason=privacy.redact(reveal.reason),
            requested_by=reveal.requested_by,
            requested_at=reveal.requested_at,
            decided_by=reveal.decided_by,
            decided_at=reveal.decided_at,
            decision_reason=None if why is None else privacy.redact(why),
            expires_at=reveal.expires_at,
            rules=[CitationView.model_validate(rule) for rule in reveal.rules],
        )


class DisclosureView(BaseModel):
    """Who complained, and of what: the one answer that holds a complainant's number. Not to be kept."""

    complainant_number: str
    text: str = Field(description="the message, word for word")


def list_reveals(read: Read, page: Paging, wanted: Mapping[str, Any], province: str | None) -> list[RevealView]:
    """Reveals of a province's complaints (None: of all), the oldest first; `wanted` are columns and the value each
    must have (None: any)."""
    statement = _seen(province).order_by(REVEALS.c.id).limit(page.limit)
    for column, value in wanted.items():
        if value is not None:
            statement = statement.where(REVEALS.c[column] == value)
    after = page.after(UUID)
    if after is not None:
        statement = statement.where(REVEALS.c.id > after[0])
    return [RevealView.of(reveal_of(row)) for row in read.execute(statement)]


def find_reveal(read: Read, identifier: UUID, province: str | None) -> RevealView | None:
    """One reveal, if it is about a complaint of this province (None: of any)."""
    row = read.execute(_seen(province).where(REVEALS.c.id == identifier)).one_or_none()
    return None if row is None else RevealView.of(reveal_of(row))


def _seen(province: str | None) -> sa.Select[Any]:
    statement = sa.select(REVEALS)
    return statement if province is None else statement.where(REVEALS.c.province == province)
