"""Orders to shut ports: carriers acknowledge, execute or refuse their own, staff lift them. And the statistics."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field

from chassis.http.auth import Caller, requires
from chassis.http.paging import Page, PageQuery
from chassis.http.problems import FourEyes, responses
from chassis.http.routes import Router
from chassis.http.transactions import ReadTx, WriteTx
from chassis.http.words import Words
from contracts.vocabulary import ReviewOutcome
from services.ports.access import (
    READ_ORDERS,
    READ_STATISTICS,
    CarrierOrder,
    LiftToReview,
    StaffOrder,
    require_national_staff,
    visible_to,
)
from services.ports.api.parameters import NumberInQuery
from services.ports.api.problems import OrderStateConflict, PortIsOrdered
from services.ports.commands.orders import acknowledge_order, execute_order, lift_order, refuse_order, review_lift
from services.ports.model import OrderState, RefusalCode, ShutdownGround
from services.ports.views import orders as views
from services.ports.views.statistics import PortStatistics, count_everything

router = Router(tags=["orders"])

ACTS = responses(OrderStateConflict)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Execution(_Strict):
    """The port is shut, with evidence."""

    evidence: Words = Field(
        min_length=1, max_length=4_000, examples=["SMSC-07 change 20260610-114, test message failed"]
    )


class Refusal(_Strict):
    """Why the port is not shut."""

    code: RefusalCode
    note: Words | None = Field(None, min_length=1, max_length=1_000)


class Lifting(_Strict):
    """Why the order is lifted."""

    reason: Words = Field(min_length=1, max_length=1_000, examples=["The messages were emergency alerts."])


class LiftReviewIn(_Strict):
    """The outcome of the review of a lift, and why."""

    outcome: ReviewOutcome
    reason: Words = Field(min_length=1, max_length=1_000, examples=["The letter of the enterprise is here."])


@router.get("/orders")
def list_orders(
    read: ReadTx,
    page: PageQuery,
    caller: Annotated[Caller, requires(READ_ORDERS)],
    state: OrderState | None = None,
    ground: ShutdownGround | None = None,
    carrier: str | None = None,
    number: NumberInQuery = None,
    overdue: Annotated[bool | None, Query(description="whether it missed a deadline")] = None,
    ground_fell: Annotated[bool | None, Query(description="whether its ground no longer holds")] = None,
    lift_to_review: Annotated[bool | None, Query(description="whether its lift waits for a review")] = None,
) -> Page[views.OrderView]:
    """Orders, the oldest first: a carrier sees its own, a provincial administration those of its province."""
    wanted: dict[str, str | None] = {"state": state, "ground": ground, "carrier": carrier, "number": number}
    found = views.list_orders(read, page, visible_to(caller), wanted, overdue, ground_fell, lift_to_review)
    return page.of(found)


@router.get("/orders/{id}")
def get_order(id: UUID, read: ReadTx, caller: Annotated[Caller, requires(READ_ORDERS)]) -> views.OrderView:
    """One order."""
    return views.find_order(read, id, visible_to(caller))


@router.post("/orders/{id}/acknowledgement", responses=ACTS)
def acknowledge(order: CarrierOrder, tx: WriteTx) -> views.OrderView:
    """The carrier confirms that it received the order."""
    return views.OrderView.of(acknowledge_order(tx, order), order.visibility)


@router.post("/orders/{id}/execution", responses=ACTS)
def execute(order: CarrierOrder, execution: Execution, tx: WriteTx) -> views.OrderView:
    """The carrier has shut the port. The order must have been acknowledged."""
    return views.OrderView.of(execute_order(tx, order, execution.evidence), order.visibility)


@router.post("/orders/{id}/refusal", responses=ACTS)
def refuse(order: CarrierOrder, refusal: Refusal, tx: WriteTx) -> views.OrderView:
    """The carrier refuses to shut the port. Staff decide how the order continues."""
    return views.OrderView.of(refuse_order(tx, order, refusal.code, refusal.note), order.visibility)


@router.post("/orders/{id}/lifting", responses=ACTS)
def lift(order: StaffOrder, lifting: Lifting, tx: WriteTx) -> views.OrderView:
    """Staff lift the order: the port may be opened, and complaints about earlier messages no longer count. A second
    person reviews that until `review_lift_by`."""
    return views.OrderView.of(lift_order(tx, order, lifting.reason), order.visibility)


@router.post("/orders/{id}/lift-review", responses=responses(FourEyes, OrderStateConflict, PortIsOrdered))
def review(order: LiftToReview, reviewed: LiftReviewIn, tx: WriteTx) -> views.OrderView:
    """A second person reviews the lift of an order by staff. `reversed`: the same order is placed again, on its old
    evidence; `replaced_by` names it."""
    return views.OrderView.of(review_lift(tx, order, reviewed.outcome, reviewed.reason), order.visibility)


@router.get("/statistics", tags=["statistics"])
def count(read: ReadTx, caller: Annotated[Caller, requires(READ_STATISTICS)]) -> PortStatistics:
    """Numbers of ports, filings, complaints, orders, enquiries, listings and proposals, at one moment."""
    require_national_staff(caller)
    return count_everything(read)
