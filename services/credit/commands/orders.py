"""Orders against the ports of an enterprise: enough executed ones lead to a proposal, fallen ones may withdraw it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from chassis import clock
from chassis.aggregate import Cause
from chassis.database import Tx
from chassis.events.envelope import Message, newest
from chassis.ids import reference
from contracts.ports import OrderFact
from services.credit.commands.entries import propose_by_rules
from services.credit.model import EntryWithdrawal, ProposedListing
from services.credit.policy.proposals import EnterpriseOrders, after_orders, still_reached
from services.credit.policy.rulebook import rule_for_orders
from services.credit.store.entries import load_open_entries_for_orders, load_past_entries, save_entries
from services.credit.store.received import load_counting_orders, save_orders


def count_orders(tx: Tx, messages: Sequence[Message[OrderFact]]) -> None:
    """Record executed and fallen orders; propose enterprises whose orders reach the threshold, and withdraw proposals
    whose orders no longer do. Their enterprises are locked."""
    latest = newest(messages, lambda event: event.order)
    now = clock.now()
    saved = save_orders(tx, list(latest.values()))
    arrived: dict[str, dict[UUID, Cause]] = defaultdict(dict)
    fallen: dict[str, Cause] = {}
    for id, message in latest.items():
        order = saved.get(id)
        if order is None or order.code is None:
            continue
        if order.counts:
            arrived[order.code][id] = message.caused()
        else:
            fallen[order.code] = message.caused()
    withdrawn = _withdraw_groundless(tx, fallen, now)
    _propose_after_orders(tx, arrived, withdrawn, now)


def _withdraw_groundless(tx: Tx, fallen: Mapping[str, Cause], now: datetime) -> dict[str, Cause]:
    """Withdraw the open proposals against these enterprises, which are locked, whose own orders no longer reach the
    threshold. `fallen` gives the cause for each; returned are those that lost a proposal.

    A listing that took effect remains: only staff can withdraw it.
    """
    entries = load_open_entries_for_orders(tx, fallen) if fallen else []
    if not entries:
        return {}
    counting = load_counting_orders(tx, [each.code for each in entries])
    groundless = [
        each for each in entries if not still_reached(each.causes, counting.get(each.code, ()), rule_for_orders)
    ]
    for each in groundless:
        each.withdraw(EntryWithdrawal.GROUND_FELL, None, now, fallen[each.code])
    save_entries(tx, groundless)
    return {each.code: fallen[each.code] for each in groundless}


def _propose_after_orders(
    tx: Tx, arrived: Mapping[str, Mapping[UUID, Cause]], withdrawn: Mapping[str, Cause], now: datetime
) -> None:
    """Propose those of these enterprises, which are locked, whose orders reach the threshold.

    `arrived` are the new orders that count, in the order of receipt, with their causes. `withdrawn` are enterprises
    that lost a proposal: their remaining orders may lead to another one, so that the result does not depend on whether
    they were received before that proposal was withdrawn or after.
    """
    codes = sorted({*arrived, *withdrawn})
    if not codes:
        return
    past, counting = load_past_entries(tx, codes), load_counting_orders(tx, codes)
    found: list[tuple[ProposedListing, Cause]] = []
    for code in codes:
        shut = {each.order: each for each in counting.get(code, ())}
        causes = dict.fromkeys(shut, withdrawn[code]) if code in withdrawn else arrived[code]
        orders = EnterpriseOrders(
            code=code,
            before=[each for order, each in shut.items() if order not in causes],
            arrivals=[shut[order] for order in causes],
            entries=past.get(code, ()),
        )
        proposed = after_orders(orders, rule_for_orders)
        if proposed is not None:
            because: dict[str | None, Cause] = {reference("order", order): cause for order, cause in causes.items()}
            found.append((proposed, because[proposed.cause]))
    propose_by_rules(tx, found, now)
