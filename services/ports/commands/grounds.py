"""When evidence is corrected or withdrawn: whether the orders based on it still have their ground."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from chassis.aggregate import Cause
from chassis.database import Read, Tx
from services.ports.model.order import ON_COMPLAINTS
from services.ports.policy.decisions import Situation, ground_holds
from services.ports.policy.rulebook import rule_for
from services.ports.store.enquiries import admissions
from services.ports.store.evidence import counting_evidence
from services.ports.store.orders import load_open_orders, past_orders, save_orders
from services.ports.store.register import register_extracts

_EVER = (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))


def recheck_grounds(tx: Tx, corrected: Mapping[str, Cause], now: datetime) -> None:
    """Mark the open orders about these locked numbers whose ground no longer holds; they stay open until staff decide.
    `corrected` is the cause of the correction, by number.

    An order based on a carrier's own answer does not depend on the complaints that led to the enquiry; an order that
    was never based on complaints depends on none.
    """
    orders = [each for each in load_open_orders(tx, corrected) if each.ground in ON_COMPLAINTS]
    numbers = sorted({each.number for each in orders})
    if not numbers:
        return
    situations, admitted = situations_of(tx, numbers, now), admissions(tx, numbers)
    for order in orders:
        holds = ground_holds(order.ground, order.carrier, situations[order.number], rule_for)
        if order.cause not in admitted and not holds:
            order.lose_ground(now, corrected[order.number])
    save_orders(tx, orders)


def situations_of(read: Read, numbers: Sequence[str], now: datetime) -> dict[str, Situation]:
    """Everything that the grounds of orders about these locked numbers are judged by."""
    evidence = counting_evidence(read, dict.fromkeys(numbers, _EVER))
    extracts, orders = register_extracts(read, numbers), past_orders(read, numbers)
    return {
        number: Situation(
            extract=extracts[number],
            before=evidence.get(number, ()),
            orders=orders.get(number, ()),
            now=now,
        )
        for number in numbers
    }
