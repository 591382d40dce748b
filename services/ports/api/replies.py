"""Notices to the enterprises of an order, and what an enterprise does with its reply code: it reads the order and
replies, without an account."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from chassis.http.auth import Caller, public, requires
from chassis.http.idempotency import KeyUse, key_use
from chassis.http.limits import limited
from chassis.http.problems import NotFound, responses
from chassis.http.replies import NoticeView, Party, ReplyCredentials, ReplyView
from chassis.http.routes import Router
from chassis.http.transactions import ReadTx, WriteTx
from chassis.http.words import Words
from chassis.notices import find_notice
from chassis.rates import ReplyRate
from services.ports.access import READ_ORDERS, OrderToNotify, visible_to_staff
from services.ports.api.problems import NotAParty, OrderStateConflict
from services.ports.commands.replies import OrderReplyKind, issue_notice_of_order, reply_to_notice
from services.ports.policy.rulebook import RULES
from services.ports.views import replies as views

router = Router(tags=["replies"])


class NoticeIn(BaseModel):
    """To which enterprise a notice goes."""

    model_config = ConfigDict(extra="forbid")

    code: Party = Field(description="the holder or the content provider of the port: unified social credit code")


class OrderReplyIn(ReplyCredentials):
    """What an enterprise replies to a notice."""

    kind: OrderReplyKind
    statement: Words = Field(min_length=1, max_length=4_000)


# Without Idempotency-Key: a stored response would store the reply code.
@router.post("/orders/{id}/notices", status_code=201, responses=responses(NotAParty))
@key_use(KeyUse.NONE)
def issue(order: OrderToNotify, noticed: NoticeIn, tx: WriteTx, response: Response) -> NoticeView:
    """Issue a notice about an order to the holder or the content provider of its port. The response has the reply code,
    with which the enterprise reads the order and replies; the service stores its hash only."""
    response.headers["Cache-Control"] = "no-store"
    return NoticeView.model_validate(issue_notice_of_order(tx, order, noticed.code))


@router.get("/orders/{id}/replies")
def list_replies(id: UUID, read: ReadTx, caller: Annotated[Caller, requires(READ_ORDERS)]) -> list[ReplyView]:
    """What the enterprises of an order have replied to the notices about it. For staff."""
    return views.list_replies(read, id, visible_to_staff(caller))


@router.post("/enterprise-files", responses=responses(NotFound))
@public
@limited(RULES, ReplyRate)
@key_use(KeyUse.NONE)
def read_file(credentials: ReplyCredentials, read: ReadTx) -> views.OrderFile:
    """The order that a notice is about, for its enterprise. A POST, because no reply code may stand in an address."""
    return views.find_file(read, find_notice(read, credentials.code, credentials.reply_code))


# Without Idempotency-Key: keys belong to callers with a token.
@router.post("/replies", responses=responses(NotFound, OrderStateConflict))
@public
@limited(RULES, ReplyRate)
@key_use(KeyUse.NONE)
def reply(replied: OrderReplyIn, tx: WriteTx) -> views.OrderFile:
    """The enterprise replies to a notice: it appeals against the order, or answers. Staff decide whether the order is
    lifted."""
    notice = reply_to_notice(tx, replied.code, replied.reply_code, replied.kind, replied.statement)
    return views.find_file(tx, notice)
