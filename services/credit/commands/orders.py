"""When orders against the ports of an enterprise are executed, and when they fall: are they enough for a proposal?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from chassis.aggregate import Cause
from chassis.database import Tx
from services.credit.commands.proposals import propose_found
from services.credit.model import Withdrawal, reference
from services.credit.policy.proposals import Finding, Orders, after_orders, still_reached
from services.credit.policy.rulebook import rule_for_orders
from services.credit.store.entries import load_open_for_orders, past_entries_for_orders, save_entries
from services.credit.store.orders import counting


def withdraw_groundless(tx: Tx, fallen: Mapping[str, Cause], now: datetime) -> dict[str, Cause]:
    """Withdraw the undecided proposals against these enterprises, which are locked, whose own orders do not reach the
    bar any more. `fallen` says what took an order away from each; returned are those of them that lost a proposal.

    A listing that took effect stands: it is for staff to withdraw.
    """
    entries = load_open_for_orders(tx, fallen) if fallen else []
    if not entries:
        return {}
    standing = counting(tx, [each.code for each in entries])
    groundless = [
        each for each in entries if not still_reached(each.causes, standing.get(each.code, ()), rule_for_orders)
    ]
    for each in groundless:
        each.withdraw(Withdrawal.GROUND_FELL, None, now, fallen[each.code])
    save_entries(tx, groundless)
    return {each.code: fallen[each.code] for each in groundless}


def propose_after_orders(
    tx: Tx, arrived: Mapping[str, Mapping[UUID, Cause]], withdrawn: Mapping[str, Cause], now: datetime
) -> None:
    """Propose those of these enterprises, which are locked, whose orders reach the bar.

    `arrived` are the orders that count since now, in the order in which they were heard of, with what told us.
    `withdrawn` are enterprises that lost a proposal: the orders that are left may give another, so that it makes no
    difference whether they were heard of before that one fell or after.
    """
    codes = sorted({*arrived, *withdrawn})
    if not codes:
        return
    past, standing = past_entries_for_orders(tx, codes), counting(tx, codes)
    findings: list[tuple[Finding, Cause]] = []
    for code in codes:
        shut = {each.order: each for each in standing.get(code, ())}
        told = dict.fromkeys(shut, withdrawn[code]) if code in withdrawn else arrived[code]
        orders = Orders(
            code=code,
            before=[each for order, each in shut.items() if order not in told],
            arrivals=[shut[order] for order in told],
            entries=past.get(code, ()),
        )
        found = after_orders(orders, rule_for_orders)
        if found is not None:
            because = {reference("order", order): cause for order, cause in told.items()}
            findings.append((found, because[found.cause]))
    propose_found(tx, findings, now)
