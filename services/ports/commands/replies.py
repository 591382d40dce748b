"""Notices about orders, and what an enterprise of the port replies with its reply code."""

from __future__ import annotations

from enum import StrEnum

from chassis.aggregate import ConflictError
from chassis.database import Tx
from chassis.ids import reference
from chassis.notices import IssuedNotice, Notice, find_notice, issue_notice, record_reply
from chassis.target import Target
from services.ports.access import Visibility
from services.ports.commands.orders import load_order
from services.ports.store.orders import load_orders


class OrderReplyKind(StrEnum):
    """What an enterprise replies: it appeals against an order, or answers otherwise."""

    APPEAL = "appeal"
    ANSWER = "answer"


def issue_notice_of_order(tx: Tx, target: Target[Visibility], party: str) -> IssuedNotice:
    """Issue a notice about an order to the holder or the content provider of its port.

    Raises NotFoundError, ConflictError for another enterprise, and what `target.check_version` raises.
    """
    order = load_order(tx, target)
    if party not in (order.holder, order.provider):
        raise ConflictError("not-a-party", f"The enterprises of the order: {order.holder}, {order.provider}.")
    return issue_notice(tx, reference("order", order.id), party, target.actor)


def reply_to_notice(tx: Tx, code: str, reply_code: str, kind: OrderReplyKind, statement: str) -> Notice:
    """Record what an enterprise replies; staff decide whether the order is lifted.

    Raises NotFoundError for a wrong code, and ConflictError for an appeal against an order that is lifted.
    """
    notice = find_notice(tx, code, reply_code)
    (order,) = load_orders(tx, [notice.object_id])
    if kind is OrderReplyKind.APPEAL and not order.open:
        raise ConflictError("order-state", "The order is lifted: there is nothing to appeal against.")
    record_reply(tx, notice, kind, statement)
    return notice
