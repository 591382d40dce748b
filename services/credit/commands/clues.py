"""Clues: a fine leads to a proposal, an annulled decision withdraws all entries that it caused."""

from __future__ import annotations

from collections.abc import Sequence

from chassis import clock
from chassis.aggregate import Cause
from chassis.database import Tx
from chassis.events.envelope import Message, newest
from chassis.ids import reference
from contracts.referrals import ClueConcluded, ConclusionAnnulled
from services.credit.commands.entries import propose_by_rules, restate_standings
from services.credit.model import EntryWithdrawal, ProposedListing
from services.credit.policy.proposals import after_fine
from services.credit.policy.rulebook import rules_for_fines
from services.credit.store.entries import find_codes_with_causes, load_active_entries, save_entries
from services.credit.store.received import save_clues


def propose_after_fines(tx: Tx, messages: Sequence[Message[ClueConcluded]]) -> None:
    """Propose every enterprise that an authority fined, once per clue. Clues and enterprises are locked."""
    latest = newest(messages, lambda event: event.clue)
    saved = save_clues(tx, latest, annulled=False)
    found: list[tuple[ProposedListing, Cause]] = []
    for clue, each in latest.items():
        proposed = after_fine(each.event, rules_for_fines) if clue in saved else None
        if proposed is not None:
            found.append((proposed, each.caused()))
    propose_by_rules(tx, found, clock.now())


def withdraw_after_annulments(tx: Tx, messages: Sequence[Message[ConclusionAnnulled]]) -> None:
    """Withdraw every proposal and every listing that names an annulled decision (Penalty Law Art. 48), with its
    restrictions. Clues and enterprises are locked."""
    latest = newest(messages, lambda event: event.clue)
    saved = save_clues(tx, latest, annulled=True)
    annulled = {reference("clue", clue): each.caused() for clue, each in latest.items() if clue in saved}
    if not annulled:
        return
    now = clock.now()
    entries = load_active_entries(tx, find_codes_with_causes(tx, list(annulled)), list(annulled))
    changed: dict[str, Cause] = {}
    for entry in entries:
        because = next(cause for name, cause in annulled.items() if name in entry.causes)
        entry.withdraw(EntryWithdrawal.DECISION_ANNULLED, None, now, because)
        changed[entry.code] = entry.caused(because)
    save_entries(tx, entries)
    restate_standings(tx, changed)
