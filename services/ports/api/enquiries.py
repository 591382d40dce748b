"""Enquiries about numbers that are not filed: carriers answer, staff see the numbers that no carrier claims."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from chassis.http.auth import Caller, requires
from chassis.http.paging import Page, PageQuery
from chassis.http.problems import responses
from chassis.http.routes import Router
from chassis.http.transactions import ReadTx, WriteTx
from chassis.http.words import Words
from services.ports.access import READ_ENQUIRIES, CarrierEnquiry, require_national_staff, visible_to
from services.ports.api.parameters import NumberInQuery
from services.ports.api.problems import EnquiryIsAnswered, NumberIsFiled, NumberIsNotFiled
from services.ports.commands.enquiries import answer_enquiry
from services.ports.model import Addressed, Answer, EnquiryState
from services.ports.views import enquiries as views

router = Router(tags=["enquiries"])


class AnswerIn(BaseModel):
    """Whether the number is the carrier's own."""

    model_config = ConfigDict(extra="forbid")

    answer: Answer
    note: Words | None = Field(None, min_length=1, max_length=1_000)


@router.get("/enquiries")
def list_enquiries(
    read: ReadTx,
    page: PageQuery,
    caller: Annotated[Caller, requires(READ_ENQUIRIES)],
    state: EnquiryState | None = None,
    answer: Answer | None = None,
    addressed_because: Addressed | None = None,
    carrier: str | None = None,
    number: NumberInQuery = None,
) -> Page[views.EnquiryView]:
    """Enquiries, the oldest first: a carrier sees its own, national staff all."""
    wanted: dict[str, str | None] = {
        "state": state,
        "answer": answer,
        "addressed_because": addressed_because,
        "carrier": carrier,
        "number": number,
    }
    return page.of(views.list_enquiries(read, page, visible_to(caller), wanted))


@router.get("/enquiries/{id}")
def get_enquiry(id: UUID, read: ReadTx, caller: Annotated[Caller, requires(READ_ENQUIRIES)]) -> views.EnquiryView:
    """One enquiry."""
    return views.find_enquiry(read, id, visible_to(caller))


@router.post("/enquiries/{id}/answer", responses=responses(EnquiryIsAnswered, NumberIsFiled, NumberIsNotFiled))
def answer(enquiry: CarrierEnquiry, given: AnswerIn, tx: WriteTx) -> views.EnquiryView:
    """The carrier answers, once. Where the number is its own and not filed, an order to shut it follows."""
    return views.EnquiryView.of(answer_enquiry(tx, enquiry, given.answer, given.note), enquiry.visibility)


@router.get("/unclaimed-numbers")
def list_unclaimed_numbers(
    read: ReadTx, page: PageQuery, caller: Annotated[Caller, requires(READ_ENQUIRIES)]
) -> Page[views.UnclaimedNumber]:
    """Numbers that are not filed and that no carrier claims, for staff to investigate."""
    require_national_staff(caller)
    return page.of(views.list_unclaimed(read, page))
