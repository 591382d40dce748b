"""Enquiries about numbers that nobody filed: carriers answer, staff see what is left."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from chassis.http.answers import answered
from chassis.http.auth import Caller, requires
from chassis.http.idempotency import OnceOnly
from chassis.http.paging import Page, PageQuery
from chassis.http.preconditions import IfMatch
from chassis.http.problems import NotFound, responses
from chassis.http.routes import Router
from chassis.http.transactions import ReadTx, WriteTx
from services.ports.api.callers import ANSWER_ENQUIRIES, READ_ENQUIRIES, carrier_sight, national_staff, sight_of
from services.ports.api.conflicts import EnquiryIsAnswered, NumberIsFiled, NumberIsNotFiled
from services.ports.commands.enquiries import answer_enquiry
from services.ports.commands.orders import Upon
from services.ports.model import Addressed, Answer, EnquiryState
from services.ports.views import enquiries as views

router = Router(tags=["enquiries"])


class AnswerIn(BaseModel):
    """Whose number it is."""

    model_config = ConfigDict(extra="forbid")

    answer: Answer
    note: str | None = Field(None, min_length=1, max_length=1_000)


@router.get("/enquiries")
def list_enquiries(
    read: ReadTx,
    page: PageQuery,
    caller: Annotated[Caller, requires(READ_ENQUIRIES)],
    state: EnquiryState | None = None,
    answer: Answer | None = None,
    addressed_because: Addressed | None = None,
    carrier: str | None = None,
    number: str | None = None,
) -> Page[views.EnquiryView]:
    """Enquiries, the oldest first: a carrier sees its own, national staff all."""
    wanted: dict[str, str | None] = {
        "state": state,
        "answer": answer,
        "addressed_because": addressed_because,
        "carrier": carrier,
        "number": number,
    }
    return page.of(views.list_enquiries(read, page, sight_of(caller), wanted), key=lambda enquiry: (enquiry.id,))


@router.get("/enquiries/{id}", response_model=views.EnquiryView)
def get_enquiry(id: UUID, read: ReadTx, caller: Annotated[Caller, requires(READ_ENQUIRIES)]) -> Response:
    """One enquiry."""
    view = views.find_enquiry(read, id, sight_of(caller))
    if view is None:
        raise NotFound
    return answered(view, version=view.version)


@router.post(
    "/enquiries/{id}/answer",
    response_model=views.EnquiryView,
    responses=responses(EnquiryIsAnswered, NumberIsFiled, NumberIsNotFiled),
)
def answer(
    id: UUID,
    given: AnswerIn,
    tx: WriteTx,
    once: OnceOnly,
    seen: IfMatch,
    caller: Annotated[Caller, requires(ANSWER_ENQUIRIES)],
) -> Response:
    """The carrier answers, once. A number that is its own and unfiled it is then ordered to shut."""
    sight = carrier_sight(caller)

    def act() -> Response:
        enquiry = answer_enquiry(tx, Upon(id, sight, seen.check), given.answer, given.note)
        return answered(views.EnquiryView.of(enquiry, sight), version=enquiry.version)

    return once(tx, caller, act)


@router.get("/unclaimed-numbers")
def list_unclaimed_numbers(
    read: ReadTx, page: PageQuery, caller: Annotated[Caller, requires(READ_ENQUIRIES)]
) -> Page[views.UnclaimedNumber]:
    """Numbers that nobody filed and no carrier owned to: what staff have to look into."""
    national_staff(caller)
    return page.of(views.list_unclaimed(read, page), key=lambda unclaimed: (unclaimed.number,))
