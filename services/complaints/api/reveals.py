"""Reveals: staff ask to see who complained, a colleague decides, and only then the number is told."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from chassis.http.auth import Caller, requires
from chassis.http.idempotency import OnceOnly
from chassis.http.paging import Page, PageQuery
from chassis.http.preconditions import IfMatch
from chassis.http.problems import FourEyes, NotFound, responses
from chassis.http.responses import answered, created
from chassis.http.routes import Router
from chassis.http.transactions import ReadTx, WriteTx
from services.complaints.api.callers import REVEAL, staff_province
from services.complaints.api.problems import RevealExpired, RevealStateConflict
from services.complaints.commands import reveals as commands
from services.complaints.model import Decision, RevealState
from services.complaints.views import reveals as views

router = Router(tags=["reveals"])


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class RevealIn(_Strict):
    """Why somebody has to see who complained."""

    reason: str = Field(min_length=1, max_length=1_000, examples=["The police ask for the witness, letter 2026-0417."])


class DecisionIn(_Strict):
    """What a colleague says to it, and why."""

    decision: Decision
    reason: str = Field(min_length=1, max_length=1_000, examples=["The letter is here, and names this message."])


@router.post(
    "/complaints/{id}/reveals",
    status_code=201,
    response_model=views.RevealView,
    responses=responses(RevealStateConflict),
)
def request_reveal(
    id: UUID, wanted: RevealIn, tx: WriteTx, once: OnceOnly, caller: Annotated[Caller, requires(REVEAL)]
) -> Response:
    """Ask to see the number of whoever filed a complaint. Somebody else decides."""
    province = staff_province(caller)

    def act() -> Response:
        reveal = commands.request_reveal(tx, id, province, wanted.reason, caller)
        return created(views.RevealView.of(reveal), location=f"/reveals/{reveal.id}", version=reveal.version)

    return once(tx, caller, act)


@router.get("/reveals")
def list_reveals(
    read: ReadTx,
    page: PageQuery,
    caller: Annotated[Caller, requires(REVEAL)],
    state: RevealState | None = None,
    complaint: UUID | None = None,
) -> Page[views.RevealView]:
    """Reveals, the oldest first; provincial staff see those of their province's complaints."""
    found = views.list_reveals(read, page, {"state": state, "complaint_id": complaint}, staff_province(caller))
    return page.of(found, key=lambda reveal: (reveal.id,))


@router.get("/reveals/{id}", response_model=views.RevealView)
def get_reveal(id: UUID, read: ReadTx, caller: Annotated[Caller, requires(REVEAL)]) -> Response:
    """One reveal. The number is not in it."""
    view = views.find_reveal(read, id, staff_province(caller))
    if view is None:
        raise NotFound
    return answered(view, version=view.version)


@router.post(
    "/reveals/{id}/decision",
    response_model=views.RevealView,
    responses=responses(FourEyes, RevealStateConflict),
)
def decide_reveal(
    id: UUID,
    said: DecisionIn,
    tx: WriteTx,
    once: OnceOnly,
    seen: IfMatch,
    caller: Annotated[Caller, requires(REVEAL)],
) -> Response:
    """Approve or refuse what a colleague asked for. Once approved, the colleague sees the number for a while."""
    upon = commands.Upon(id, caller, staff_province(caller))

    def act() -> Response:
        reveal = commands.decide_reveal(tx, upon, seen.check, said.decision, said.reason)
        return answered(views.RevealView.of(reveal), version=reveal.version)

    return once(tx, caller, act)


# Without Idempotency-Key: an answer that is kept would keep the number, and every look is to be in the audit log.
@router.post(
    "/reveals/{id}/disclosure",
    response_model=views.DisclosureView,
    responses=responses(RevealStateConflict, RevealExpired),
)
def disclose_number(id: UUID, tx: WriteTx, caller: Annotated[Caller, requires(REVEAL)]) -> Response:
    """Tell the number, and the message word for word, to whoever asked and was approved. Every time is noted."""
    told = commands.disclose_number(tx, commands.Upon(id, caller, staff_province(caller)))
    answer = answered(views.DisclosureView(complainant_number=told.complainant_number, text=told.text))
    answer.headers["Cache-Control"] = "no-store"
    return answer
