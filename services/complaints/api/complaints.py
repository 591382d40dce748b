"""Complaints: channels file them, staff read, correct and withdraw them, citizens follow theirs."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec
from fastapi import Body, Query
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from starlette.responses import Response

from chassis import audit, clock
from chassis.field_errors import InvalidFieldsError
from chassis.http.auth import Caller, public, requires
from chassis.http.limits import limited
from chassis.http.operations import located
from chassis.http.paging import Page, PageQuery
from chassis.http.preconditions import etag
from chassis.http.problems import Forbidden, responses
from chassis.http.queries import given
from chassis.http.records import RecordBody
from chassis.http.routes import Router
from chassis.http.transactions import ReadTx, RecordedReadTx, WriteTx
from chassis.http.words import Words
from chassis.ids import reference
from contracts.numbers import as_searched
from contracts.vocabulary import AttributionKind, Category
from services.complaints.access import (
    FILE,
    READ,
    WITHDRAW,
    StaffComplaint,
    may_file_for,
    visible_for_withdrawal,
    visible_to_staff,
)
from services.complaints.api.problems import ComplaintDiffers
from services.complaints.commands import complaints as commands
from services.complaints.commands import filing
from services.complaints.model import ComplaintState, WithdrawalReason
from services.complaints.policy.corrections import Correction
from services.complaints.policy.intake import Report, find_errors
from services.complaints.policy.rulebook import RULES, ComplaintForm, ComplaintRate, ReceiptRate
from services.complaints.views import complaints as views
from services.complaints.views.statistics import ComplaintStatistics
from services.complaints.views.statistics import count_complaints as count

router = Router(tags=["complaints"])


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


ComplaintIn = Annotated[Report, Body(), RecordBody("ComplaintIn")]
"""A complaint as a channel files it."""


class AttributionIn(_Strict):
    """Who is responsible for the message. Omitted parties are cleared."""

    kind: AttributionKind
    carrier: str | None = None
    holder: str | None = Field(None, description="unified social credit code")
    provider: str | None = Field(None, description="unified social credit code")


class CorrectionIn(_Strict):
    """What staff correct. Omitted fields stay as they are."""

    note: Words = Field(
        min_length=1, max_length=1_000, description="why; stored with the assessment, shown to staff only"
    )
    industry: str | None = None
    category: Category | None = None
    attribution: AttributionIn | None = None


class ComplaintWithdrawalIn(_Strict):
    """Why the complaint no longer counts."""

    reason: WithdrawalReason
    note: Words | None = Field(None, max_length=1_000)


@router.post(
    "/complaints",
    status_code=201,
    responses={200: {"description": "It was filed before", "model": views.FiledView}, **responses(ComplaintDiffers)},
)
@located("/complaints/{id}")
@limited(RULES, ComplaintRate)
def file_complaint(
    complaint: ComplaintIn, tx: WriteTx, response: Response, caller: Annotated[Caller, requires(FILE)]
) -> views.FiledView:
    """File a complaint. For a complaint that was filed before, the status is 200 and the id is that of the first."""
    if not may_file_for(caller, complaint.channel):
        raise Forbidden("A channel files only its own complaints, the regulator those of the channels of its staff.")
    now = clock.now()
    if errors := find_errors(complaint, RULES.at(ComplaintForm, now), now):
        raise InvalidFieldsError(errors)
    filed = filing.file_complaint(tx, complaint, caller.subject)
    if filed.conflicting:
        raise ComplaintDiffers
    if not filed.new:
        response.status_code = 200
    return views.FiledView.model_validate(filed)


@router.get("/complaints")
def list_complaints(
    tx: RecordedReadTx,
    page: PageQuery,
    caller: Annotated[Caller, requires(READ)],
    state: ComplaintState | None = None,
    category: Category | None = None,
    kind: AttributionKind | None = None,
    industry: str | None = None,
    carrier: str | None = None,
    channel: str | None = None,
    province: str | None = None,
    sender_number: Annotated[
        str | None, Query(description="exactly this number, in any spelling"), AfterValidator(as_searched)
    ] = None,
) -> Page[views.ComplaintRow]:
    """Complaints, the newest first; provincial staff see those of their province."""
    wanted = {
        "state": state,
        "category": category,
        "kind": kind,
        "industry": industry,
        "carrier": carrier,
        "channel": channel,
        "province": province,
        "sender_number": sender_number,
    }
    rows = views.list_complaints(tx, page, visible_to_staff(caller), wanted)
    audit.record_read(tx, caller, "complaints-listed", "complaints", given(wanted))
    return page.of(rows)


@router.get("/complaints/{id}")
def get_complaint(id: UUID, tx: RecordedReadTx, caller: Annotated[Caller, requires(READ)]) -> views.ComplaintView:
    """A complaint with its current assessment."""
    found = views.find_complaint(tx, id, visible_to_staff(caller))
    audit.record_read(tx, caller, "complaint-read", reference("complaint", id))
    return found


@router.get("/complaints/{id}/assessments")
def list_assessments(
    id: UUID, tx: RecordedReadTx, page: PageQuery, caller: Annotated[Caller, requires(READ)]
) -> Page[views.AssessmentView]:
    """Every version of a complaint's assessment, the oldest first."""
    found = views.list_assessments(tx, page, id, visible_to_staff(caller))
    audit.record_read(tx, caller, "assessments-read", reference("complaint", id))
    return page.of(found)


@router.post("/complaints/{id}/corrections", status_code=201)
@located("/complaints/{id}/assessments")
def correct_assessment(complaint: StaffComplaint, correction: CorrectionIn, tx: WriteTx) -> views.ComplaintView:
    """Add a version to a complaint's assessment."""
    commands.correct_assessment(tx, complaint, msgspec.convert(correction, Correction, from_attributes=True))
    return views.find_complaint(tx, complaint.id, complaint.visibility)


@router.post("/complaints/{id}/withdrawal")
def withdraw_complaint(
    id: UUID,
    withdrawal: ComplaintWithdrawalIn,
    tx: WriteTx,
    response: Response,
    caller: Annotated[Caller, requires(WITHDRAW)],
) -> views.FiledView:
    """Withdraw a complaint, which then no longer counts: a channel because its complainant took it back, staff also for
    other reasons."""
    visibility = visible_for_withdrawal(caller, withdrawal.reason)
    complaint = commands.withdraw_complaint(tx, id, visibility, caller, withdrawal.reason, withdrawal.note)
    response.headers["ETag"] = etag(complaint.version)
    return views.FiledView(id=complaint.id, state=complaint.state, receipt=None)


@router.get("/receipts/{receipt}")
@public
@limited(RULES, ReceiptRate)
def follow_complaint(receipt: str, read: ReadTx) -> views.FollowUp:
    """What became of the complaint with this receipt."""
    return views.find_follow_up(read, receipt)


@router.get("/statistics")
def count_complaints(read: ReadTx, caller: Annotated[Caller, requires(READ)]) -> ComplaintStatistics:
    """How many complaints there are, by state and by assessment."""
    return count(read, visible_to_staff(caller))
