"""Reveals: a member of staff asks to see who complained, a second one decides, then the number is disclosed."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from chassis import audit
from chassis.http.auth import Caller, requires, requires_person
from chassis.http.idempotency import KeyUse, key_use
from chassis.http.operations import located
from chassis.http.paging import Page, PageQuery
from chassis.http.problems import Erased, FourEyes, responses
from chassis.http.queries import given
from chassis.http.routes import Router
from chassis.http.transactions import RecordedReadTx, WriteTx
from chassis.http.words import Words
from chassis.ids import reference
from services.complaints.access import REVEAL, StaffReveal, visible_to_staff
from services.complaints.api.problems import RevealExpired, RevealStateConflict
from services.complaints.commands import reveals as commands
from services.complaints.model import RevealDecision, RevealState
from services.complaints.views import reveals as views

router = Router(tags=["reveals"])


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class RevealIn(_Strict):
    """Why the caller has to see who complained."""

    reason: Words = Field(
        min_length=1, max_length=1_000, examples=["The police ask for the witness, letter 2026-0417."]
    )


class RevealDecisionIn(_Strict):
    """The decision of a colleague, and its reason."""

    decision: RevealDecision
    reason: Words = Field(min_length=1, max_length=1_000, examples=["The letter is here, and names this message."])


@router.post("/complaints/{id}/reveals", status_code=201, responses=responses(RevealStateConflict))
@located("/reveals/{id}")
def request_reveal(
    id: UUID, wanted: RevealIn, tx: WriteTx, caller: Annotated[Caller, requires(REVEAL)]
) -> views.RevealView:
    """Ask to see the number of the person who filed a complaint. A colleague decides."""
    reveal = commands.request_reveal(tx, id, visible_to_staff(caller), caller, wanted.reason)
    return views.RevealView.model_validate(reveal)


@router.get("/reveals")
def list_reveals(
    tx: RecordedReadTx,
    page: PageQuery,
    caller: Annotated[Caller, requires(REVEAL)],
    state: RevealState | None = None,
    complaint: UUID | None = None,
) -> Page[views.RevealView]:
    """Reveals, the oldest first; provincial staff see those of their province's complaints."""
    wanted = {"state": state, "complaint_id": complaint}
    found = views.list_reveals(tx, page, visible_to_staff(caller), wanted)
    audit.record_read(tx, caller, "reveals-listed", "reveals", given(wanted))
    return page.of(found)


@router.get("/reveals/{id}")
def get_reveal(id: UUID, tx: RecordedReadTx, caller: Annotated[Caller, requires(REVEAL)]) -> views.RevealView:
    """One reveal, without the number."""
    found = views.find_reveal(tx, id, visible_to_staff(caller))
    audit.record_read(tx, caller, "reveal-read", reference("reveal", id))
    return found


@router.post("/reveals/{id}/decision", responses=responses(FourEyes, RevealStateConflict))
def decide_reveal(reveal: StaffReveal, decided: RevealDecisionIn, tx: WriteTx) -> views.RevealView:
    """Approve or refuse a colleague's request. After an approval the colleague can see the number for a limited
    time."""
    return views.RevealView.model_validate(commands.decide_reveal(tx, reveal, decided.decision, decided.reason))


# Without Idempotency-Key: a stored response would store the number, and each disclosure must be in the audit log.
@router.post("/reveals/{id}/disclosure", responses=responses(RevealStateConflict, RevealExpired, Erased))
@key_use(KeyUse.NONE)
def disclose_number(
    id: UUID, tx: WriteTx, response: Response, caller: Annotated[Caller, requires_person(REVEAL)]
) -> views.DisclosureView:
    """Disclose the number, and the message word for word, to the person whose request was approved. Each disclosure is
    in the audit log."""
    response.headers["Cache-Control"] = "no-store"
    disclosure = commands.disclose_number(tx, id, visible_to_staff(caller), caller)
    return views.DisclosureView.model_validate(disclosure)
