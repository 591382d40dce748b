"""Reads, as the API answers them. No answer shows a complainant's number: texts are redacted, people are surrogates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, Field

from chassis import privacy
from chassis.database import Read
from chassis.http.citations import CitationView
from chassis.http.paging import Paging
from contracts.numbers import SenderNumber
from contracts.vocabulary import AttributionKind, Category, Consent
from services.complaints.model import Assessor, State
from services.complaints.store.complaints import assessment as read_assessment
from services.complaints.store.tables import ASSESSMENTS, COMPLAINTS
from services.complaints.views.senders import SenderView


class AttributionView(BaseModel):
    """Who answers for a message, by the register as it was filed at `as_of`."""

    kind: AttributionKind
    carrier: str | None
    holder: str | None = Field(description="unified social credit code of the port's enterprise")
    provider: str | None = Field(description="unified social credit code of the content provider")
    signature: str | None = Field(description="the signature seen, normalised")
    filed_signature: str | None
    as_of: datetime


class AssessmentView(BaseModel):
    """What a complaint was found to be."""

    version: int
    attribution: AttributionView
    industry: str
    category: Category
    confidence: float
    reasons: list[str]
    rules: list[CitationView]
    assessed_at: datetime
    assessor: Assessor
    assessed_by: str
    note: str | None
    capped: bool = Field(
        description="whether the complainant had complained so often before that it counts towards no automatic act"
    )

    @classmethod
    def of(cls, row: Any) -> AssessmentView:
        found = read_assessment(row)
        who = found.attribution
        return cls(
            version=row.version,
            attribution=AttributionView(
                kind=AttributionKind(who.kind),
                carrier=who.carrier,
                holder=who.holder,
                provider=who.provider,
                signature=who.signature,
                filed_signature=who.filed_signature,
                as_of=who.as_of,
            ),
            industry=found.industry,
            category=found.category,
            confidence=found.confidence,
            reasons=list(found.reasons),
            rules=[CitationView.model_validate(rule) for rule in found.rules],
            assessed_at=found.assessed_at,
            assessor=found.assessor,
            assessed_by=found.assessed_by,
            note=None if found.note is None else privacy.redact(found.note),
            capped=found.capped,
        )


class ComplaintRow(BaseModel):
    """A complaint as lists show it."""

    id: UUID
    version: int
    state: State
    channel: str
    sender_number: str
    province: str | None
    received_at: datetime
    filed_at: datetime
    kind: AttributionKind | None
    carrier: str | None
    industry: str | None
    category: Category | None
    assessed_at: datetime | None


class ComplaintView(BaseModel):
    """A complaint with its current assessment. `text` is redacted; `complainant` stands for a person in the
    quarter in which the complaint was received; in another quarter the same person is another one."""

    id: UUID
    version: int
    state: State
    channel: str
    external_id: str
    sender: SenderView
    complainant: UUID
    province: str | None
    sent_at: datetime
    received_at: datetime
    filed_at: datetime
    text: str
    consented: Consent
    unsubscribed: bool
    vouched: bool = Field(description="whether the channel vouches for the complainant: only then it counts")
    assessment: AssessmentView | None


class FollowUp(BaseModel):
    """What became of a complaint, for whoever filed it."""

    state: State
    filed_at: datetime
    assessed_at: datetime | None
    sender_number: str
    kind: AttributionKind | None
    industry: str | None
    category: Category | None


_ROW = [COMPLAINTS.c[name] for name in ComplaintRow.model_fields]


def list_complaints(
    read: Read, page: Paging, filters: Mapping[str, str | None], province: str | None
) -> list[ComplaintRow]:
    """Complaints, newest first; `filters` are columns and the value each must have (None: any)."""
    statement = sa.select(*_ROW).order_by(COMPLAINTS.c.id.desc()).limit(page.limit)
    for column, value in {**filters, "province": province or filters.get("province")}.items():
        if value is not None:
            statement = statement.where(COMPLAINTS.c[column] == value)
    after = page.after(UUID)
    if after is not None:
        statement = statement.where(COMPLAINTS.c.id < after[0])
    return [ComplaintRow.model_validate(dict(row._mapping)) for row in read.execute(statement)]


def find_complaint(read: Read, identifier: UUID, province: str | None) -> ComplaintView | None:
    """One complaint, if it is one of this province (None: of any)."""
    row = _find(read, COMPLAINTS.c.id == identifier, province)
    if row is None:
        return None
    newest = (
        sa.select(ASSESSMENTS)
        .where(ASSESSMENTS.c.complaint_id == identifier)
        .order_by(ASSESSMENTS.c.version.desc())
        .limit(1)
    )
    current = read.execute(newest).one_or_none()
    return ComplaintView(
        id=row.id,
        version=row.version,
        state=State(row.state),
        channel=row.channel,
        external_id=row.external_id,
        sender=SenderView.of(SenderNumber.parse(row.sender_number)),
        complainant=row.surrogate or row.complainant_id,
        province=row.province,
        sent_at=row.sent_at,
        received_at=row.received_at,
        filed_at=row.filed_at,
        text=privacy.redact(row.text),
        consented=Consent(row.consented),
        unsubscribed=row.unsubscribed,
        vouched=row.vouched,
        assessment=None if current is None else AssessmentView.of(current),
    )


def list_assessments(
    read: Read, page: Paging, identifier: UUID, province: str | None
) -> Sequence[AssessmentView] | None:
    """Every assessment of a complaint, the oldest first; None where there is no such complaint."""
    if _find(read, COMPLAINTS.c.id == identifier, province) is None:
        return None
    statement = (
        sa.select(ASSESSMENTS)
        .where(ASSESSMENTS.c.complaint_id == identifier)
        .order_by(ASSESSMENTS.c.version)
        .limit(page.limit)
    )
    after = page.after(int)
    if after is not None:
        statement = statement.where(ASSESSMENTS.c.version > after[0])
    return [AssessmentView.of(row) for row in read.execute(statement)]


def follow_up(read: Read, receipt: str) -> FollowUp | None:
    """What became of the complaint that a receipt was given for."""
    row = _find(read, COMPLAINTS.c.receipt == receipt, None)
    if row is None:
        return None
    return FollowUp(
        state=State(row.state),
        filed_at=row.filed_at,
        assessed_at=row.assessed_at,
        sender_number=row.sender_number,
        kind=row.kind,
        industry=row.industry,
        category=row.category,
    )


def _find(read: Read, condition: sa.ColumnElement[bool], province: str | None) -> Any | None:
    statement = sa.select(COMPLAINTS).where(condition)
    if province is not None:
        statement = statement.where(COMPLAINTS.c.province == province)
    return read.execute(statement).one_or_none()
