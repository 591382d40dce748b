"""Complaints, as staff and citizens read them. No view identifies a complainant: texts are redacted, and there is
neither a number nor a surrogate."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field

from chassis.database import Read
from chassis.http.citations import CitationView
from chassis.http.paging import PageRows, Paging
from chassis.http.queries import Conditions, equal, one_row, page_rows, select_one
from chassis.http.replies import HourMoment
from chassis.redaction import Redacted, Written
from contracts.numbers import SenderNumber
from contracts.vocabulary import AttributionKind, Category, Consent
from services.complaints.access import EVERYTHING, Visibility
from services.complaints.model import Assessor, ComplaintState
from services.complaints.policy.assessment import NOT_SHOWN
from services.complaints.policy.receipts import digest_of
from services.complaints.policy.rulebook import ComplaintCap
from services.complaints.store.contents import keys_for, text_in
from services.complaints.store.tables import ASSESSMENTS, COMPLAINTS
from services.complaints.views.shared import SenderView


class FiledView(BaseModel):
    """A complaint that was filed. Its complainant follows it with the receipt: GET /receipts/{receipt}."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    state: ComplaintState
    receipt: str | None = Field(
        description="a secret; null for a complaint that was imported from a file, and for a repeated one that was"
        " filed with release 0.1.0"
    )


class AttributionView(BaseModel):
    """Who is responsible for a message, by the register as it was filed at `as_of`."""

    kind: AttributionKind
    carrier: str | None
    holder: str | None = Field(description="unified social credit code of the port's enterprise")
    provider: str | None = Field(description="unified social credit code of the content provider")
    signature: Written | None = Field(description="the signature seen, normalised")
    filed_signature: Written | None
    as_of: datetime
    signature_unreadable: bool = Field(
        description="whether the message appears to be signed, but the name cannot be read, or has another signature"
        " beside the filed one: a filing alone names no provider then"
    )
    claimed_holder: str | None = Field(
        description="the port's enterprise by a filing that was recorded too late for this message (declared-late):"
        " claimed, not responsible by that"
    )
    claimed_provider: str | None = Field(description="the content provider by such a filing: claimed as well")


class AssessmentView(BaseModel):
    """One version of the assessment of a complaint."""

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
    note: Redacted | None


class ComplaintRow(BaseModel):
    """A complaint as lists show it."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    state: ComplaintState
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
    """A complaint with its current assessment. `text` is redacted. It does not show whether another complaint is of the
    same person: not by a surrogate, and not by what counts towards an automatic act."""

    id: UUID
    version: int = Field(description="also the ETag; send it as If-Match with a correction")
    state: ComplaintState
    channel: str
    external_id: Written
    sender: SenderView
    province: str | None
    sent_at: datetime
    received_at: datetime
    filed_at: datetime
    text: Redacted | None = Field(description="null where it is erased")
    consented: Consent
    unsubscribed: bool
    vouched: bool = Field(description="whether the channel vouches for the complainant; otherwise it does not count")
    assessment: AssessmentView | None


class FollowUp(BaseModel):
    """What became of a complaint, for its complainant. Moments are cut to the hour."""

    model_config = ConfigDict(from_attributes=True)

    state: ComplaintState
    filed_at: HourMoment
    assessed_at: HourMoment | None
    sender_number: str
    kind: AttributionKind | None
    industry: str | None
    category: Category | None


_ROW = [COMPLAINTS.c[name] for name in ComplaintRow.model_fields]


def list_complaints(
    read: Read, page: Paging, visibility: Visibility, wanted: Mapping[str, str | None]
) -> PageRows[ComplaintRow]:
    """Complaints, the newest first; `wanted` are columns and the value each must have (None: any). The visible province
    takes the place of a wanted one."""
    province = visibility.province or wanted.get("province")
    conditions = [*_visible(visibility), *equal(COMPLAINTS, {**wanted, "province": province})]
    after = page.after(UUID)
    if after is not None:
        conditions.append(COMPLAINTS.c.id < after[0])
    statement = sa.select(*_ROW).where(*conditions).order_by(COMPLAINTS.c.id.desc()).limit(page.limit)
    return page_rows(read.execute(statement), ComplaintRow.model_validate)


def find_complaint(read: Read, identifier: UUID, visibility: Visibility) -> ComplaintView:
    """One complaint. Raises NotFoundError where it does not exist or is not visible, and UnreadableRowError."""
    row = _find(read, visibility, COMPLAINTS.c.id == identifier)
    newest = _assessments_of(identifier).order_by(ASSESSMENTS.c.version.desc()).limit(1)
    current = read.execute(newest).one_or_none()
    return one_row(row, partial(_complaint, read, current=current))


def list_assessments(read: Read, page: Paging, identifier: UUID, visibility: Visibility) -> PageRows[AssessmentView]:
    """Every assessment of a complaint, the oldest first. Raises as `find_complaint`."""
    _find(read, visibility, COMPLAINTS.c.id == identifier)
    statement = _assessments_of(identifier).order_by(ASSESSMENTS.c.version).limit(page.limit)
    after = page.after(int)
    if after is not None:
        statement = statement.where(ASSESSMENTS.c.version > after[0])
    return page_rows(read.execute(statement), _assessment, key=lambda row: (row.version,))


def find_follow_up(read: Read, receipt: str) -> FollowUp:
    """What became of the complaint with this receipt. Raises NotFoundError where no complaint has it, and
    UnreadableRowError."""
    columns = COMPLAINTS.c
    given = sa.or_(columns.receipt_digest == digest_of(receipt), columns.receipt == receipt)
    return one_row(_find(read, EVERYTHING, given), FollowUp.model_validate)


def _visible(visibility: Visibility) -> Conditions:
    return equal(COMPLAINTS, {"province": visibility.province, "channel": visibility.channel})


def _find(read: Read, visibility: Visibility, condition: sa.ColumnElement[bool]) -> sa.Row[Any]:
    return select_one(read, COMPLAINTS, [condition, *_visible(visibility)])


def _assessments_of(complaint: UUID) -> sa.Select[Any]:
    return sa.select(ASSESSMENTS).where(ASSESSMENTS.c.complaint_id == complaint)


def _complaint(read: Read, row: sa.Row[Any], current: sa.Row[Any] | None) -> ComplaintView:
    return ComplaintView.model_validate(
        {
            **row._mapping,
            "text": text_in(row, keys_for(read, [row])),
            "sender": SenderNumber.of(row.sender_number),
            "assessment": None if current is None else _assessment(current),
        }
    )


def _assessment(row: sa.Row[Any]) -> AssessmentView:
    shown = {
        "attribution": row._mapping,
        "reasons": [each for each in row.reasons if each not in NOT_SHOWN],
        "rules": [each for each in row.rules if each["rule"] != ComplaintCap.code],
    }
    return AssessmentView.model_validate({**row._mapping, **shown})
