"""An order as an enterprise of its port reads it with a reply code."""

from __future__ import annotations

from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from chassis.database import Read
from chassis.http.citations import CitationView
from chassis.http.queries import one_row, select_one
from chassis.http.replies import HourMoment, ReplyView
from chassis.ids import reference
from chassis.notices import Notice, Reply, find_replies
from chassis.redaction import Written
from services.ports.access import Visibility
from services.ports.model import OrderState, ShutdownGround
from services.ports.store.orders import order_of
from services.ports.store.tables import ORDERS
from services.ports.views.orders import find_order


class EnterpriseOrder(BaseModel):
    """An order as an enterprise of its port reads it: without complaints, persons, and what the carrier wrote."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    carrier: str
    number: str
    state: OrderState
    ground: ShutdownGround
    signature: Written | None = Field(description="the signature in the messages")
    reasons: list[str]
    rules: list[CitationView]
    ordered_at: HourMoment
    executed_at: HourMoment | None
    lifted_at: HourMoment | None


class OrderFile(BaseModel):
    """What a notice is about, and what this enterprise has replied, the oldest first."""

    order: EnterpriseOrder
    replies: list[ReplyView]


def find_file(read: Read, notice: Notice) -> OrderFile:
    """The order of a notice, with the replies of the party of the notice. Raises NotFoundError, and
    UnreadableRowError."""
    row = select_one(read, ORDERS, [ORDERS.c.id == notice.object_id])
    found = one_row(row, lambda each: EnterpriseOrder.model_validate(order_of(each)))
    return OrderFile(order=found, replies=_views(find_replies(read, notice.object, notice.party)))


def list_replies(read: Read, order: UUID, visibility: Visibility) -> list[ReplyView]:
    """What the enterprises of an order have replied, the oldest first. Raises NotFoundError where it does not exist or
    is not visible, and UnreadableRowError."""
    find_order(read, order, visibility)
    return _views(find_replies(read, reference("order", order)))


def _views(replies: list[Reply]) -> list[ReplyView]:
    return [ReplyView.model_validate(each) for each in replies]
