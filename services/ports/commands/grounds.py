"""When evidence is corrected or withdrawn: whether the orders and proposals based on it still have their ground."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from chassis.aggregate import Cause
from chassis.database import Read, Tx
from services.ports.model import ShutdownGround
from services.ports.model.order import ON_COMPLAINTS
from services.ports.policy.decisions import ground_holds
from services.ports.policy.rulebook import rule_for
from services.ports.policy.situation import Situation
from services.ports.store.enquiries import admissions
from services.ports.store.evidence import counting_evidence
from services.ports.store.orders import load_open_orders, past_orders, save_orders
from services.ports.store.proposals import load_pending_proposals, past_proposals, save_proposals
from services.ports.store.register import register_extracts

_EVER = (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))


def recheck_grounds(tx: Tx, corrected: Mapping[str, Cause], now: datetime) -> None:
    """Mark the open orders about these locked numbers whose ground no longer holds; they stay open until staff decide.
    Withdraw the proposals whose ground no longer holds. `corrected` is the cause of the correction, by number.

    An order based on a carrier's own answer does not depend on the complaints that led to the enquiry; an order that
    was never based on complaints depends on none.
    """
    orders = [each for each in load_open_orders(tx, corrected) if each.ground in ON_COMPLAINTS]
    proposals = load_pending_proposals(tx, corrected) if corrected else []
    numbers = sorted({*(order.number for order in orders), *(proposal.port[1] for proposal in proposals)})
    if not numbers:
        return
    situations, admitted = situations_of(tx, numbers, now), admissions(tx, numbers)

    def holds(ground: ShutdownGround, carrier: str, number: str, causes: Iterable[str]) -> bool:
        return not admitted.isdisjoint(causes) or ground_holds(ground, carrier, situations[number], rule_for)

    for order in orders:
        if not holds(order.ground, order.carrier, order.number, order.causes):
            order.lose_ground(now, corrected[order.number])
    for proposal in proposals:
        assert proposal.basis is not None
        if not holds(proposal.basis.ground, *proposal.port, proposal.basis.causes):
            proposal.withdraw("its ground no longer holds", now)
    save_orders(tx, orders)
    save_proposals(tx, proposals)


def situations_of(read: Read, numbers: Sequence[str], now: datetime) -> dict[str, Situation]:
    """Everything that the grounds of orders about these locked numbers are judged by."""
    evidence = counting_evidence(read, dict.fromkeys(numbers, _EVER))
    extracts, orders, proposals = (
        register_extracts(read, numbers),
        past_orders(read, numbers),
        past_proposals(read, numbers),
    )
    return {
        number: Situation(
            extract=extracts[number],
            before=evidence.get(number, ()),
            orders=orders.get(number, ()),
            proposals=proposals.get(number, ()),
            now=now,
        )
        for number in numbers
    }
