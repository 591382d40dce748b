"""Entries: proposed by the rules or by staff, contested, decided, repaired, withdrawn and expired."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from functools import partial
from uuid import UUID

from chassis import audit, clock
from chassis.aggregate import Cause, ConflictError, NotFoundError, union
from chassis.audit import Actor
from chassis.database import Tx
from chassis.ids import new_id, reference
from chassis.target import Target
from contracts.credit import Restriction
from contracts.vocabulary import ReviewOutcome
from services.credit.access import Visibility
from services.credit.model import EnterpriseStanding, Entry, EntryWithdrawal, ListingGround, ProposedListing
from services.credit.policy.rulebook import effects_of, notice, review_withdrawal_by
from services.credit.store.entries import (
    find_code,
    find_codes,
    find_known_entries,
    load_effective_entries,
    load_entries,
    load_entries_due,
    load_open_entries_for_orders,
    save_entries,
)
from services.credit.store.locks import lock_clues, lock_enterprises, lock_free_enterprises
from services.credit.store.received import find_annulled_clues, find_chains, find_excluded_orders, find_names
from services.credit.store.standings import load_standings, save_standings

CAUSE = re.compile(r"(clue|order):([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})")
"""A cause that staff may name: a clue or an order, by its id."""


class EntryDecision(StrEnum):
    """The decision on a proposal."""

    CONFIRM = "confirm"
    REJECT = "reject"


def propose_by_rules(tx: Tx, found: Sequence[tuple[ProposedListing, Cause]], now: datetime) -> None:
    """Propose these enterprises, which are locked; those that were proposed before for the same cause are skipped."""
    if not found:
        return
    known = find_known_entries(tx, [(each.code, each.ground, each.cause) for each, _ in found])
    new = [(each, because) for each, because in found if (each.code, each.ground, each.cause) not in known]
    names = find_names(tx, (each.code for each, _ in new))
    named = [(replace(each, name=names.get(each.code, each.name)), because) for each, because in new]
    chains = find_chains(tx, (cause for each, _ in new for cause in each.causes))
    save_entries(tx, [_propose(each, None, now, _with_chains(because, each, chains)) for each, because in named])


def propose_by_hand(tx: Tx, listing: ProposedListing, actor: Actor) -> Entry:
    """Staff propose an enterprise; another person decides. The causes match CAUSE.

    Raises ConflictError for a cause that cannot be a ground for a listing.
    """
    causes = [CAUSE.fullmatch(each) for each in listing.causes]
    clues = [UUID(each[2]) for each in causes if each and each[1] == "clue"]
    orders = [UUID(each[2]) for each in causes if each and each[1] == "order"]
    lock_clues(tx, clues)
    lock_enterprises(tx, [listing.code])
    now = clock.now()
    for each in find_annulled_clues(tx, clues):
        raise ConflictError("cause-is-no-ground", f"The decision on the clue {each} was annulled.")
    for each in find_excluded_orders(tx, orders):
        raise ConflictError(
            "cause-is-no-ground", f"The order {each} was lifted, lost its ground, or was caused by a listing."
        )
    named = replace(listing, name=listing.name or find_names(tx, [listing.code]).get(listing.code))
    cause = _with_chains(tx.cause, named, find_chains(tx, named.causes))
    entry = _propose(named, actor.subject, now, cause)
    save_entries(tx, [entry])
    audit.record(tx, actor, "listing-proposed", reference("entry", entry.id), "; ".join(listing.facts))
    return entry


def record_objection(tx: Tx, target: Target[Visibility], statement: str, *, waives_term: bool) -> Entry:
    """The enterprise contests the proposal; `waives_term`: it waives the rest of the contest period in writing.

    Raises NotFoundError, ConflictError, and what `target.check_version` raises.
    """
    entry = lock_entry(tx, target)
    entry.contest(statement, clock.now(), tx.cause, waives_term=waives_term)
    waiver = "; the rest of the contest period is waived" if waives_term else ""
    return _save(tx, entry, target.actor, "listing-contested", f"{statement}{waiver}")


def decide_entry(tx: Tx, target: Target[Visibility], decision: EntryDecision, reason: str) -> Entry:
    """A second person confirms or rejects the proposal. Raises as `record_objection`."""
    entry = lock_entry(tx, target)
    now = clock.now()
    if decision is EntryDecision.CONFIRM:
        entry.confirm(effects_of(entry.tier, now), target.actor.subject, reason, now, tx.cause)
        return _save(tx, entry, target.actor, "listing-confirmed", reason)
    entry.reject(target.actor.subject, reason, now, tx.cause)
    return _save(tx, entry, target.actor, "listing-rejected", reason)


def repair_entry(tx: Tx, target: Target[Visibility], statement: str) -> Entry:
    """The enterprise has corrected the breach: the restriction of this entry ends at once. Raises as
    `record_objection`."""
    entry = lock_entry(tx, target)
    entry.repair(statement, clock.now(), tx.cause)
    return _save(tx, entry, target.actor, "listing-repaired", statement)


def withdraw_entry(tx: Tx, target: Target[Visibility], reason: EntryWithdrawal, note: str) -> Entry:
    """Staff withdraw a proposal or a listing. Raises as `record_objection`."""
    entry = lock_entry(tx, target)
    now = clock.now()
    entry.withdraw(reason, note, now, tx.cause, review_by=review_withdrawal_by(now))
    return _save(tx, entry, target.actor, "listing-withdrawn", f"{reason}: {note}")


def review_withdrawal(tx: Tx, target: Target[Visibility], outcome: ReviewOutcome, reason: str) -> Entry:
    """A second person confirms the withdrawal of a listing by staff, or reverses it: the listing takes effect again.

    Raises as `record_objection`, and ConflictError for a person with a part in its ground or in the withdrawal, for a
    decision that was annulled, and where another entry because of orders is active.
    """
    withdrawn = lock_entry(tx, target)
    again = withdrawn.review_withdrawal(outcome, target.actor.subject, reason, clock.now(), tx.cause)
    if again is not None:
        _require_ground(tx, again)
        save_entries(tx, [again])
    return _save(tx, withdrawn, target.actor, "withdrawal-reviewed", f"{outcome}: {reason}")


def _require_ground(tx: Tx, again: Entry) -> None:
    """Raises ConflictError where an entry cannot take effect again: one of its decisions was annulled, or its
    enterprise, which is locked, has another active entry because of orders."""
    clues = [UUID(found[2]) for each in again.causes if (found := CAUSE.fullmatch(each)) and found[1] == "clue"]
    for each in find_annulled_clues(tx, clues):
        raise ConflictError("cause-is-no-ground", f"The decision on the clue {each} was annulled.")
    active = (*load_open_entries_for_orders(tx, [again.code]), *load_effective_entries(tx, [again.code]))
    if again.ground is ListingGround.ORDERS and any(each.ground is ListingGround.ORDERS for each in active):
        raise ConflictError("entry-state", "Another entry because of orders is active: a review can only confirm.")


def expire_entries(tx: Tx, ids: Sequence[str]) -> int:
    """End those of these listings whose period is over, with their restrictions. Returns how many; skips enterprises
    locked by another transaction."""
    now = clock.now()
    codes = lock_free_enterprises(tx, find_codes(tx, ids))
    if not codes:
        return 0
    entries = load_entries_due(tx, ids, codes, now)
    for each in entries:
        each.expire(now, tx.cause)
    save_entries(tx, entries)
    restate_standings(tx, {each.code: each.caused(tx.cause) for each in entries})
    return len(entries)


def restate_standings(tx: Tx, changed: Mapping[str, Cause]) -> None:
    """Derive the standings of these enterprises, which are locked, from their saved entries. `changed` gives the cause
    for each."""
    codes = sorted(changed)
    if not codes:
        return
    restrictions: dict[str, list[Restriction]] = defaultdict(list)
    for entry in load_effective_entries(tx, codes):
        restrictions[entry.code].append(entry.restriction())
    known = load_standings(tx, codes)
    standings = [known.get(code) or EnterpriseStanding(id=new_id(), code=code) for code in codes]
    for standing in standings:
        standing.restate(restrictions[standing.code], changed[standing.code])
    save_standings(tx, standings)


def _with_chains(because: Cause, listing: ProposedListing, chains: Mapping[str, tuple[str, ...]]) -> Cause:
    """The cause of a proposal, with the persons in the chains of all its causes."""
    return because.joined(union(*(chains.get(each, ()) for each in listing.causes)))


def _propose(listing: ProposedListing, proposer: str | None, now: datetime, because: Cause) -> Entry:
    rule = notice(now)
    return Entry.propose(
        replace(listing, rules=(*listing.rules, rule.citation)),
        proposer=proposer,
        at=now,
        contest_until=now + rule.contest,
        because=because,
    )


def lock_entry(tx: Tx, target: Target[Visibility]) -> Entry:
    """The entry that a person acts on, with its enterprise locked. Raises NotFoundError, and what
    `target.check_version` raises."""
    code = find_code(tx, target.id)
    if code is None:
        raise NotFoundError
    lock_enterprises(tx, [code])
    return target.require(partial(load_entries, tx), lambda each: target.visibility.includes(each.province))


def _save(tx: Tx, entry: Entry, actor: Actor, act: str, reason: str) -> Entry:
    """Save the entry, the standing that follows from it, and the audit record."""
    cause = entry.caused(tx.cause)
    save_entries(tx, [entry])
    restate_standings(tx, {entry.code: cause})
    audit.record(tx, actor, act, reference("entry", entry.id), reason)
    return entry
