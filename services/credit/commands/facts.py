"""Facts of other services: everything that a batch of them leads to is locked first, in one order."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from chassis.database import Tx
from chassis.event import Event
from chassis.events.envelope import Message
from chassis.events.routing import Routing
from chassis.ids import reference
from contracts.ports import GroundFell, OrderExecuted, OrderFact, OrderLifted
from contracts.referrals import ClueConcluded, ClueFact, ConclusionAnnulled
from services.credit.commands.clues import propose_after_fines, withdraw_after_annulments
from services.credit.commands.orders import count_orders
from services.credit.policy.orders import enterprise_of
from services.credit.policy.proposals import after_fine
from services.credit.policy.rulebook import rules_for_fines
from services.credit.store.entries import find_codes_with_causes
from services.credit.store.locks import lock_clues, lock_enterprises

COMMANDS: Routing = {
    ClueConcluded: propose_after_fines,
    ConclusionAnnulled: withdraw_after_annulments,
    OrderExecuted: count_orders,
    OrderLifted: count_orders,
    GroundFell: count_orders,
}


def take_facts(tx: Tx, messages: Sequence[Message[Event]]) -> None:
    """Lock the clues and the enterprises of these facts, and handle each run of one type."""
    events = [each.event for each in messages]
    lock_clues(tx, (each.clue for each in events if isinstance(each, ClueFact)))
    # While the clues are locked no other transaction names them in an entry, so that no enterprise is missed.
    annulled = [reference("clue", each.clue) for each in events if isinstance(each, ConclusionAnnulled)]
    named = find_codes_with_causes(tx, annulled) if annulled else []
    lock_enterprises(tx, {*named, *(code for each in events if (code := _enterprise_of(each)) is not None)})
    for kind, run in groupby(messages, key=lambda each: type(each.event)):
        COMMANDS[kind](tx, list(run))


def _enterprise_of(event: Event) -> str | None:
    """The enterprise that is decided on because of an order or a conclusion."""
    if isinstance(event, OrderFact):
        return enterprise_of(event)
    proposed = after_fine(event, rules_for_fines) if isinstance(event, ClueConcluded) else None
    return None if proposed is None else proposed.code
