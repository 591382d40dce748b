"""Complaints: channels file them, staff read, correct and withdraw them, citizens follow them."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec
from fastapi import Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from starlette.responses import Response

from chassis import audit, clock
from chassis.database import Tx
from chassis.http.auth import Caller, public, requires
from chassis.http.idempotency import OnceOnly
from chassis.http.paging import Page, PageQuery
from chassis.http.preconditions import IfMatch
from chassis.http.problems import Forbidden, Invalid, NotFound, responses
from chassis.http.responses import answered, created
from chassis.http.routes import Router
from chassis.http.transactions import ReadTx, WriteTx
from contracts.carriers import CARRIERS
from contracts.credit_codes import CreditCode, InvalidCreditCode
from contracts.industries import INDUSTRIES
from contracts.vocabulary import AttributionKind, Category, Consent
from services.complaints.api.callers import CORRECT, FILE, READ, WITHDRAW, may_file_for, staff_province
from services.complaints.api.problems import ComplaintDiffers
from services.complaints.commands import complaints as commands
from services.complaints.commands import filing
from services.complaints.model import Complaint, IncoherentError, State, Withdrawal
from services.complaints.policy.intake import Report, faults
from services.complaints.policy.standards import RULES, Form
from services.complaints.views import complaints as views
from services.complaints.views import statistics

router = Router(tags=["complaints"])


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ComplaintIn(_Strict):
    """A complaint as a channel hands it in."""

    channel: str = Field(description="the code of the channel it came through", examples=["12321_web"])
    complainant_number: str = Field(description="a mobile or landline number in digits", examples=["13900001234"])
    sender_number: str = Field(description="the number the message came from, as shown", examples=["1069012345678"])
    text: str = Field(description="the message, word for word", examples=["【示例】限时优惠，回T退订"])
    sent_at: AwareDatetime = Field(examples=["2026-05-06T09:00:00+08:00"])
    received_at: AwareDatetime = Field(
        description="when the channel got the complaint", examples=["2026-05-06T09:30:00+08:00"]
    )
    external_id: str | None = Field(None, description="the channel's own id; the same one twice is one complaint")
    complainant_province: str | None = Field(None, description="six digits (GB/T 2260)", examples=["440000"])
    consented: Consent = Field(Consent.UNKNOWN, description="whether the complainant had agreed to such messages")
    unsubscribed: bool = Field(False, description="whether the complainant had unsubscribed before")


class FiledView(BaseModel):
    """A complaint that was filed. With the receipt its complainant asks what became of it: GET /receipts/{receipt}."""

    id: UUID
    state: State
    receipt: str | None = Field(description="a secret; null for a complaint that came in a file")


class AttributionIn(_Strict):
    """Who answers for the message. Whom it does not name is nobody."""

    kind: AttributionKind
    carrier: str | None = None
    holder: str | None = Field(None, description="unified social credit code")
    provider: str | None = Field(None, description="unified social credit code")


class CorrectionIn(_Strict):
    """What staff know better; what is left out stays as it was."""

    note: str = Field(min_length=1, max_length=1_000, description="why; kept with the assessment, told to nobody else")
    industry: str | None = None
    category: Category | None = None
    attribution: AttributionIn | None = None


class WithdrawalIn(_Strict):
    """Why a complaint counts for nothing any more."""

    reason: Withdrawal
    note: str | None = Field(None, max_length=1_000)


@router.post(
    "/complaints",
    status_code=201,
    response_model=FiledView,
    responses={200: {"description": "It was here before", "model": FiledView}, **responses(ComplaintDiffers)},
)
def file_complaint(
    complaint: ComplaintIn, tx: WriteTx, once: OnceOnly, caller: Annotated[Caller, requires(FILE)]
) -> Response:
    """File a complaint. One that is here already is answered with 200 and its id."""
    if not may_file_for(caller, complaint.channel):
        raise Forbidden("Complaints are filed by the channel they came through, or by the regulator.")
    report = _report(complaint)

    def act() -> Response:
        filed = filing.file_complaint(tx, report)
        if filed.conflicting:
            raise ComplaintDiffers
        view = FiledView(id=filed.complaint, state=filed.state, receipt=filed.receipt)
        location = f"/complaints/{filed.complaint}"
        return created(view, location=location) if filed.new else answered(view, location=location)

    return once(tx, caller, act)


def _report(complaint: ComplaintIn) -> Report:
    report = Report(**complaint.model_dump())
    now = clock.now()
    found = faults(report, RULES.at(Form, now), now)
    if found:
        raise Invalid(errors=[{"in": "body", "pointer": f"/{each.field}", "detail": each.detail} for each in found])
    return report


@router.get("/complaints")
def list_complaints(
    read: ReadTx,
    page: PageQuery,
    caller: Annotated[Caller, requires(READ)],
    state: State | None = None,
    category: Category | None = None,
    kind: AttributionKind | None = None,
    industry: str | None = None,
    carrier: str | None = None,
    channel: str | None = None,
    province: str | None = None,
    sender_number: Annotated[str | None, Query(description="exactly this number, normalised")] = None,
) -> Page[views.ComplaintRow]:
    """Complaints, newest first; provincial staff see those of their province."""
    filters = {
        "state": state,
        "category": category,
        "kind": kind,
        "industry": industry,
        "carrier": carrier,
        "channel": channel,
        "province": province,
        "sender_number": sender_number,
    }
    rows = views.list_complaints(read, page, filters, staff_province(caller))
    return page.of(rows, key=lambda row: (row.id,))


@router.get("/complaints/{id}", response_model=views.ComplaintView)
def get_complaint(id: UUID, read: ReadTx, caller: Annotated[Caller, requires(READ)]) -> Response:
    """A complaint with its current assessment."""
    view = views.find_complaint(read, id, staff_province(caller))
    if view is None:
        raise NotFound
    return answered(view, version=view.version)


@router.get("/complaints/{id}/assessments")
def list_assessments(
    id: UUID, read: ReadTx, page: PageQuery, caller: Annotated[Caller, requires(READ)]
) -> Page[views.AssessmentView]:
    """Every assessment of a complaint, the oldest first."""
    found = views.list_assessments(read, page, id, staff_province(caller))
    if found is None:
        raise NotFound
    return page.of(found, key=lambda each: (each.version,))


@router.post("/complaints/{id}/corrections", status_code=201, response_model=views.ComplaintView)
def correct_assessment(
    id: UUID,
    correction: CorrectionIn,
    tx: WriteTx,
    once: OnceOnly,
    seen: IfMatch,
    caller: Annotated[Caller, requires(CORRECT)],
) -> Response:
    """A new version of a complaint's assessment."""
    province = staff_province(caller)
    wanted = _correction(correction)

    def act() -> Response:
        complaint = commands.lock_complaint(tx, id, province)
        seen.check(complaint.version)
        before = audit.digest(complaint.assessment)
        try:
            commands.correct_assessment(tx, complaint, wanted, caller.subject)
        except IncoherentError as error:
            raise Invalid.value("body", "/attribution", str(error)) from error
        except commands.ChangesNothingError as error:
            raise Invalid.value("body", "", "the correction changes nothing") from error
        _note(tx, caller, "assessment-corrected", complaint, correction.note, before)
        view = views.find_complaint(tx, id, province)
        assert view is not None
        return created(view, location=f"/complaints/{id}/assessments", version=view.version)

    return once(tx, caller, act)


def _correction(correction: CorrectionIn) -> commands.Correction:
    who = correction.attribution
    if correction.industry is not None and correction.industry not in INDUSTRIES:
        raise Invalid.value("body", "/industry", "no industry of that code is known")
    if who is not None and who.carrier is not None and who.carrier not in CARRIERS:
        raise Invalid.value("body", "/attribution/carrier", "no carrier of that code is known")
    plain = commands.Correction(note=correction.note, industry=correction.industry, category=correction.category)
    if who is None:
        return plain
    return msgspec.structs.replace(
        plain,
        kind=who.kind,
        carrier=who.carrier,
        holder=_credit_code("holder", who.holder),
        provider=_credit_code("provider", who.provider),
    )


def _credit_code(field: str, given: str | None) -> str | None:
    if given is None:
        return None
    try:
        return CreditCode.parse(given).value
    except InvalidCreditCode as error:
        raise Invalid.value("body", f"/attribution/{field}", str(error)) from error


@router.post("/complaints/{id}/withdrawal", status_code=200, response_model=FiledView)
def withdraw_complaint(
    id: UUID,
    withdrawal: WithdrawalIn,
    tx: WriteTx,
    once: OnceOnly,
    caller: Annotated[Caller, requires(WITHDRAW)],
) -> Response:
    """Let a complaint count for nothing: the channel says that it was taken back, or staff find that it was none."""
    if caller.org_kind == "channel":
        province, channel = None, caller.org
        if withdrawal.reason is not Withdrawal.TAKEN_BACK:
            raise Forbidden("A channel passes on that a complaint was taken back; other reasons are the regulator's.")
    else:
        province, channel = staff_province(caller), None

    def act() -> Response:
        complaint = commands.lock_complaint(tx, id, province)
        if channel is not None and complaint.channel != channel:
            raise NotFound
        before = audit.digest(complaint.state)
        commands.withdraw_complaint(tx, complaint, withdrawal.reason)
        _note(tx, caller, "complaint-withdrawn", complaint, withdrawal.note or withdrawal.reason.value, before)
        return answered(FiledView(id=id, state=complaint.state, receipt=None), version=complaint.version)

    return once(tx, caller, act)


@router.get("/receipts/{receipt}")
@public
def follow_complaint(receipt: str, read: ReadTx) -> views.FollowUp:
    """What became of the complaint that this receipt was given for."""
    found = views.follow_up(read, receipt)
    if found is None:
        raise NotFound
    return found


@router.get("/statistics")
def count_complaints(read: ReadTx, caller: Annotated[Caller, requires(READ)]) -> statistics.Statistics:
    """How many complaints there are, and what they were found to be."""
    return statistics.count_complaints(read, staff_province(caller))


def _note(tx: Tx, caller: Caller, act: str, complaint: Complaint, reason: str, before: bytes) -> None:
    after = audit.digest(complaint.assessment if act == "assessment-corrected" else complaint.state)
    audit.record(tx, caller, act, f"complaint:{complaint.id}", reason, before=before, after=after)
