"""What this service hears, and what it does about it: fines and executed orders lead to proposals, annulled decisions
and lifted orders take them back. And what enterprises are called, kept as a projection."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from chassis import clock
from chassis.aggregate import Cause
from chassis.database import Tx
from chassis.events.envelope import Message, newest
from chassis.events.routing import Projection, Routing
from contracts.ports import GroundFell, OrderExecuted, OrderFact, OrderLifted, PortDeclared
from contracts.referrals import ClueConcluded, ConclusionAnnulled
from services.credit.commands.annulment import withdraw_standing_on
from services.credit.commands.orders import propose_after_orders, withdraw_groundless
from services.credit.commands.proposals import propose_found
from services.credit.model import reference
from services.credit.policy.attribution import enterprise_of
from services.credit.policy.proposals import Finding, after_fine
from services.credit.policy.rulebook import rules_for_fines
from services.credit.store import locks
from services.credit.store.clues import take_clues
from services.credit.store.names import keep_names
from services.credit.store.orders import take_orders
from services.credit.store.tables import NAMES


def propose_the_fined(tx: Tx, messages: Sequence[Message[ClueConcluded]]) -> None:
    """Propose every enterprise that an authority fined, once per clue."""
    locks.reacting(tx)
    latest = newest(messages, lambda event: event.clue)
    taken = take_clues(tx, {clue: each.version for clue, each in latest.items()}, annulled=False)
    findings: list[tuple[Finding, Cause]] = []
    for clue, each in latest.items():
        found = after_fine(each.event, rules_for_fines) if clue in taken else None
        if found is not None:
            findings.append((found, each.caused()))
    locks.deciding(tx, (found.code for found, _ in findings))
    propose_found(tx, findings, clock.now())


def withdraw_the_annulled(tx: Tx, messages: Sequence[Message[ConclusionAnnulled]]) -> None:
    """Withdraw every proposal and every listing that stands on a decision which was annulled (Penalty Law Art. 48)."""
    locks.reacting(tx)
    latest = newest(messages, lambda event: event.clue)
    taken = take_clues(tx, {clue: each.version for clue, each in latest.items()}, annulled=True)
    withdraw_standing_on(tx, {reference("clue", clue): latest[clue].caused() for clue in latest if clue in taken})


def count_orders(tx: Tx, messages: Sequence[Message[OrderFact]]) -> None:
    """Write executed orders down, and those that fell afterwards: enough of them lead to a proposal, and a proposal
    whose orders are not enough any more is withdrawn."""
    locks.reacting(tx)
    latest = newest(messages, lambda event: event.order)
    locks.deciding(tx, (code for each in latest.values() if (code := enterprise_of(each.event)) is not None))
    now = clock.now()
    taken = take_orders(tx, list(latest.values()))
    arrived: dict[str, dict[UUID, Cause]] = defaultdict(dict)
    fallen: dict[str, Cause] = {}
    for order, message in latest.items():
        row = taken.get(order)
        if row is None or row.code is None:
            continue
        if row.counts:
            arrived[row.code][order] = message.caused()
        else:
            fallen[row.code] = message.caused()
    withdrawn = withdraw_groundless(tx, fallen, now)
    propose_after_orders(tx, arrived, withdrawn, now)


REACTIONS: Routing = {
    ClueConcluded: propose_the_fined,
    ConclusionAnnulled: withdraw_the_annulled,
    OrderExecuted: count_orders,
    OrderLifted: count_orders,
    GroundFell: count_orders,
}
PROJECTIONS = (Projection(name="enterprises", handlers={PortDeclared: keep_names}, tables=(NAMES,)),)
