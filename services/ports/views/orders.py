"""Orders, as carriers and staff read them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field

from chassis.aggregate import NotFoundError
from chassis.database import Read
from chassis.http.citations import CitationView
from chassis.http.paging import Paging
from services.ports.access import Visibility
from services.ports.model import Ground, Order, OrderState, RefusalCode
from services.ports.store.orders import order_of
from services.ports.store.tables import ORDERS
from services.ports.views.shared import COMPLAINANTS, causes_seen, equal, select_rows


class OrderView(BaseModel):
    """An order to shut a port: what it stands on, by when which step is due, and what became of it."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int = Field(description="also the ETag; send it as If-Match with whatever follows from reading this")
    carrier: str
    number: str
    state: OrderState
    ground: Ground
    attribution: str = Field(description="declared, sublet-suspected or unregistered")
    holder: str | None = Field(description="unified social credit code of the port's enterprise")
    provider: str | None = Field(description="unified social credit code of the content provider that was filed")
    signature: str | None = Field(description="the signature that the messages bore")
    province: str | None
    complainants: int = COMPLAINANTS
    reasons: list[str]
    rules: list[CitationView]
    causes: list[str] = Field(
        description="what it stands on: enquiry:<id>, listing:<entry>, and for staff complaint:<id>, proposal:<id>"
    )
    ordered_at: datetime
    acknowledge_by: datetime
    execute_by: datetime
    acknowledged_at: datetime | None
    executed_at: datetime | None
    evidence: str | None
    refused_at: datetime | None
    refusal_code: RefusalCode | None
    refusal_note: str | None
    overdue_since: datetime | None = Field(description="the first deadline that passed unmet")
    lifted_at: datetime | None
    lift_reason: str | None
    ground_fell_at: datetime | None = Field(description="when corrected complaints took its ground away")

    @classmethod
    def of(cls, order: Order, visibility: Visibility) -> OrderView:
        """The order as whoever has this visibility may read it."""
        return cls.model_validate(order).model_copy(update={"causes": causes_seen(order.causes, visibility)})


def list_orders(
    read: Read,
    page: Paging,
    visibility: Visibility,
    wanted: dict[str, str | None],
    overdue: bool | None,
    ground_fell: bool | None,
) -> list[OrderView]:
    """Orders, the oldest first; `wanted` are columns and the value each must have (None: any)."""
    conditions = [*_seen(visibility), *equal(ORDERS, wanted)]
    for column, asked in ((ORDERS.c.overdue_since, overdue), (ORDERS.c.ground_fell_at, ground_fell)):
        if asked is not None:
            conditions.append(column.is_not(None) if asked else column.is_(None))
    after = page.after(UUID)
    if after is not None:
        conditions.append(ORDERS.c.id > after[0])
    return [_view(row, visibility) for row in select_rows(read, ORDERS, conditions, limit=page.limit)]


def find_order(read: Read, identifier: UUID, visibility: Visibility) -> OrderView:
    """One order. Raises NotFoundError where it does not exist or is not visible."""
    rows = select_rows(read, ORDERS, [*_seen(visibility), ORDERS.c.id == identifier], limit=1)
    if not rows:
        raise NotFoundError
    return _view(rows[0], visibility)


def _seen(visibility: Visibility) -> list[sa.ColumnElement[bool]]:
    return equal(ORDERS, {"carrier": visibility.carrier, "province": visibility.province})


def _view(row: Any, visibility: Visibility) -> OrderView:
    return OrderView.of(order_of(row), visibility)
