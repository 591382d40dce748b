"""Orders to shut ports: carriers acknowledge, execute or refuse their own, staff lift them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated
from uuid import UUID

from fastapi import Query
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
from services.ports.api.callers import (
    ACT_ON_ORDERS,
    LIFT_ORDERS,
    READ_ORDERS,
    READ_STATISTICS,
    carrier_sight,
    national_staff,
    sight_of,
    staff_sight,
)
from services.ports.api.conflicts import OrderStateConflict
from services.ports.commands.orders import Upon, acknowledge_order, execute_order, lift_order, refuse_order
from services.ports.model import Ground, Order, OrderState, RefusalCode
from services.ports.store.sight import Sight
from services.ports.views import orders as views
from services.ports.views.statistics import Statistics, count_everything

router = Router(tags=["orders"])

ACTS = responses(OrderStateConflict)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Execution(_Strict):
    """That the port is shut, and how one can see it."""

    evidence: str = Field(min_length=1, max_length=4_000, examples=["SMSC-07 change 20260610-114, test message failed"])


class Refusal(_Strict):
    """Why the port is not shut."""

    code: RefusalCode
    note: str | None = Field(None, min_length=1, max_length=1_000)


class Lifting(_Strict):
    """Why the order is taken back."""

    reason: str = Field(min_length=1, max_length=1_000, examples=["The messages were emergency alerts."])


@router.get("/orders")
def list_orders(
    read: ReadTx,
    page: PageQuery,
    caller: Annotated[Caller, requires(READ_ORDERS)],
    state: OrderState | None = None,
    ground: Ground | None = None,
    carrier: str | None = None,
    number: str | None = None,
    overdue: Annotated[bool | None, Query(description="whether a deadline has passed unmet")] = None,
    ground_fell: Annotated[bool | None, Query(description="whether corrected complaints took its ground away")] = None,
) -> Page[views.OrderView]:
    """Orders, the oldest first: a carrier sees its own, a provincial administration those of its province."""
    wanted: dict[str, str | None] = {"state": state, "ground": ground, "carrier": carrier, "number": number}
    found = views.list_orders(read, page, sight_of(caller), wanted, overdue, ground_fell)
    return page.of(found, key=lambda order: (order.id,))


@router.get("/orders/{id}", response_model=views.OrderView)
def get_order(id: UUID, read: ReadTx, caller: Annotated[Caller, requires(READ_ORDERS)]) -> Response:
    """One order."""
    view = views.find_order(read, id, sight_of(caller))
    if view is None:
        raise NotFound
    return answered(view, version=view.version)


@router.post("/orders/{id}/acknowledgement", response_model=views.OrderView, responses=ACTS)
def acknowledge(
    id: UUID, tx: WriteTx, once: OnceOnly, seen: IfMatch, caller: Annotated[Caller, requires(ACT_ON_ORDERS)]
) -> Response:
    """The carrier has the order."""
    sight = carrier_sight(caller)
    return once(tx, caller, lambda: _answered(sight, lambda: acknowledge_order(tx, Upon(id, sight, seen.check))))


@router.post("/orders/{id}/execution", response_model=views.OrderView, responses=ACTS)
def execute(
    id: UUID,
    execution: Execution,
    tx: WriteTx,
    once: OnceOnly,
    seen: IfMatch,
    caller: Annotated[Caller, requires(ACT_ON_ORDERS)],
) -> Response:
    """The carrier shut the port; the order must have been acknowledged."""
    sight = carrier_sight(caller)

    def act() -> Order:
        return execute_order(tx, Upon(id, sight, seen.check), execution.evidence)

    return once(tx, caller, lambda: _answered(sight, act))


@router.post("/orders/{id}/refusal", response_model=views.OrderView, responses=ACTS)
def refuse(
    id: UUID,
    refusal: Refusal,
    tx: WriteTx,
    once: OnceOnly,
    seen: IfMatch,
    caller: Annotated[Caller, requires(ACT_ON_ORDERS)],
) -> Response:
    """The carrier will not shut the port. Staff decide what becomes of the order."""
    sight = carrier_sight(caller)

    def act() -> Order:
        return refuse_order(tx, Upon(id, sight, seen.check), refusal.code, refusal.note)

    return once(tx, caller, lambda: _answered(sight, act))


@router.post("/orders/{id}/lifting", response_model=views.OrderView, responses=ACTS)
def lift(
    id: UUID,
    lifting: Lifting,
    tx: WriteTx,
    once: OnceOnly,
    seen: IfMatch,
    caller: Annotated[Caller, requires(LIFT_ORDERS)],
) -> Response:
    """Staff take the order back: the port may be opened, and what was sent before counts no more."""
    sight = staff_sight(caller)

    def act() -> Order:
        return lift_order(tx, Upon(id, sight, seen.check), lifting.reason, caller)

    return once(tx, caller, lambda: _answered(sight, act))


@router.get("/statistics", tags=["statistics"])
def count(read: ReadTx, caller: Annotated[Caller, requires(READ_STATISTICS)]) -> Statistics:
    """How many ports, filings, complaints, orders and enquiries there are, of one moment."""
    national_staff(caller)
    return count_everything(read)


def _answered(sight: Sight, act: Callable[[], Order]) -> Response:
    order = act()
    return answered(views.OrderView.of(order, sight), version=order.version)
