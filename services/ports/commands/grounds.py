"""When evidence is corrected or withdrawn: do the orders that stand on it still have their ground?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from chassis.aggregate import Cause
from chassis.database import Tx
from services.ports.policy.decisions import Facts, ground_stands
from services.ports.policy.rulebook import rule_for
from services.ports.store.enquiries import admissions
from services.ports.store.evidence import counting
from services.ports.store.orders import load_open_orders, past_orders, save_orders
from services.ports.store.register import registers_of

_EVER = (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))


def recheck_grounds(tx: Tx, corrected: Mapping[str, Cause], now: datetime) -> None:
    """Mark the open orders about these numbers, which are locked, that have lost their ground; they stand until
    staff decide. `corrected` says what corrected each number's evidence.

    An order that stands on a carrier's own word does not fall with the complaints that made us ask.
    """
    orders = load_open_orders(tx, corrected)
    numbers = sorted({each.number for each in orders})
    if not numbers:
        return
    evidence, registers = counting(tx, dict.fromkeys(numbers, _EVER)), registers_of(tx, numbers)
    past, admitted = past_orders(tx, numbers), admissions(tx, numbers)
    for order in orders:
        facts = Facts(
            number=order.number,
            register=registers[order.number],
            before=evidence.get(order.number, ()),
            orders=past[order.number],
            now=now,
        )
        if order.cause not in admitted and not ground_stands(order.ground, order.carrier, facts, rule_for):
            order.lose_ground(now, corrected[order.number])
    save_orders(tx, orders)
