"""Orders, as carriers and staff read them."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from chassis.database import Read
from chassis.http.citations import CitationView
from chassis.http.paging import PageRows, Paging
from chassis.http.queries import Conditions, equal, one_row, page_rows, present, select_one, select_page, whether
from chassis.redaction import Written
from contracts.vocabulary import ReviewOutcome
from services.ports.access import Visibility
from services.ports.model import Order, OrderState, RefusalCode, ShutdownGround
from services.ports.store.orders import order_of
from services.ports.store.tables import ORDERS
from services.ports.views.shared import COMPLAINANTS, begun, cut_moment, visible_causes, visible_moment


class OrderView(BaseModel):
    """An order to shut a port: its grounds, its deadlines and its state."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int = Field(description="also the ETag; send it as If-Match with an act on the order")
    carrier: str
    number: str
    state: OrderState
    ground: ShutdownGround
    attribution: str = Field(description="declared, sublet-suspected or unregistered")
    holder: str | None = Field(description="unified social credit code of the port's enterprise")
    provider: str | None = Field(description="unified social credit code of the content provider that was filed")
    signature: Written | None = Field(description="the signature in the messages")
    province: str | None
    complainants: int = COMPLAINANTS
    reasons: list[str]
    rules: list[CitationView]
    causes: list[str] = Field(
        description="what it is based on: enquiry:<id>, listing:<entry>, and for staff complaint:<id>, proposal:<id>"
    )
    ordered_at: datetime
    acknowledge_by: datetime
    execute_by: datetime
    acknowledged_at: datetime | None
    executed_at: datetime | None
    evidence: Written | None
    refused_at: datetime | None
    refusal_code: RefusalCode | None
    refusal_note: Written | None
    overdue_since: datetime | None = Field(description="the first deadline that was missed")
    lifted_at: datetime | None
    lift_reason: Written | None
    review_lift_by: datetime | None = Field(description="until when a second person reviews its lift by staff")
    lift_reviewed_at: datetime | None
    lift_review: ReviewOutcome | None
    lift_review_reason: Written | None
    replaced_by: UUID | None = Field(description="the order that was placed again because its lift was reversed")
    ground_fell_at: datetime | None = Field(description="when its ground ceased to hold")

    @classmethod
    def of(cls, order: Order, visibility: Visibility) -> OrderView:
        """The order as a caller with this visibility may read it."""
        times = {
            "ordered_at": visible_moment(order.visible_at, order.ordered_at, visibility),
            "ground_fell_at": order.ground_fell_at and cut_moment(order.ground_fell_at, visibility),
        }
        # The words of staff about the acts of staff are internal to the regulator.
        words = {} if visibility.carrier is None else {"lift_review_reason": None}
        shown = {"causes": visible_causes(order.causes, visibility), **times, **words}
        return cls.model_validate(order).model_copy(update=shown)


def list_orders(
    read: Read,
    page: Paging,
    visibility: Visibility,
    wanted: dict[str, str | None],
    overdue: bool | None,
    ground_fell: bool | None,
    lift_to_review: bool | None,
) -> PageRows[OrderView]:
    """Orders, the oldest first; `wanted` are columns and the value each must have (None: any)."""
    marked = present([(ORDERS.c.overdue_since, overdue), (ORDERS.c.ground_fell_at, ground_fell)])
    waits = ORDERS.c.review_lift_by.is_not(None) & ORDERS.c.lift_review.is_(None)
    conditions = [*_visible(visibility), *equal(ORDERS, wanted), *marked, *whether(waits, lift_to_review)]
    return page_rows(select_page(read, ORDERS, conditions, page), partial(_view, visibility=visibility))


def find_order(read: Read, identifier: UUID, visibility: Visibility) -> OrderView:
    """One order. Raises NotFoundError where it does not exist or is not visible, and UnreadableRowError."""
    row = select_one(read, ORDERS, [*_visible(visibility), ORDERS.c.id == identifier])
    return one_row(row, partial(_view, visibility=visibility))


def _visible(visibility: Visibility) -> Conditions:
    conditions = equal(ORDERS, {"carrier": visibility.carrier, "province": visibility.province})
    return [*conditions, *begun(ORDERS, visibility)]


def _view(row: Any, visibility: Visibility) -> OrderView:
    return OrderView.of(order_of(row), visibility)
