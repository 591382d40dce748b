"""When evidence is corrected or withdrawn: do the orders that stand on it still have their ground?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from chassis.aggregate import Cause
from chassis.database import Read, Tx
from services.ports.model.order import ON_COMPLAINTS
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

    An order that stands on a carrier's own word does not fall with the complaints that made us ask, and one that never
    stood on complaints falls with none.
    """
    orders = [each for each in load_open_orders(tx, corrected) if each.ground in ON_COMPLAINTS]
    numbers = sorted({each.number for each in orders})
    if not numbers:
        return
    facts, admitted = facts_on(tx, numbers, now), admissions(tx, numbers)
    for order in orders:
        stands = ground_stands(order.ground, order.carrier, facts[order.number], rule_for)
        if order.cause not in admitted and not stands:
            order.lose_ground(now, corrected[order.number])
    save_orders(tx, orders)


def facts_on(read: Read, numbers: Sequence[str], now: datetime) -> dict[str, Facts]:
    """Everything that the grounds of orders about these numbers, which are locked, are judged by."""
    evidence, registers = counting(read, dict.fromkeys(numbers, _EVER)), registers_of(read, numbers)
    past = past_orders(read, numbers)
    return {
        number: Facts(
            number=number,
            register=registers[number],
            before=evidence.get(number, ()),
            orders=past.get(number, ()),
            now=now,
        )
        for number in numbers
    }
