"""What staff do with entries, for the enterprise or against it, and how entries come to their end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from chassis import audit, clock
from chassis.aggregate import NotFoundError
from chassis.audit import Actor
from chassis.database import Tx
from services.credit.model import Entry, Withdrawal
from services.credit.policy.rulebook import effects_of
from services.credit.store import locks
from services.credit.store.entries import code_of_entry, codes_due, load_entries, load_entries_due, save_entries
from services.credit.store.sight import Sight
from services.credit.store.standings import restate


class Decision(StrEnum):
    """What becomes of a proposal."""

    CONFIRM = "confirm"
    REJECT = "reject"


@dataclass(frozen=True, slots=True)
class Upon:
    """Which entry an act is upon, who acts, with what sight, and having read which version: `check` raises when the
    version is not the one that was read."""

    id: UUID
    sight: Sight
    actor: Actor
    check: Callable[[int], None]


def record_objection(tx: Tx, upon: Upon, statement: str) -> Entry:
    """The enterprise contests the proposal. Raises NotFoundError, ConflictError, and what `upon.check` raises."""
    entry = _locked(tx, upon)
    entry.contest(statement, clock.now(), tx.cause)
    return _done(tx, entry, upon.actor, "listing-contested", statement)


def decide_entry(tx: Tx, upon: Upon, decision: Decision, reason: str) -> Entry:
    """Somebody else than who proposed it decides: the enterprise is listed, or is not. Raises as `record_objection`."""
    entry = _locked(tx, upon)
    now = clock.now()
    if decision is Decision.CONFIRM:
        entry.confirm(effects_of(entry.tier, now), upon.actor.subject, reason, now, tx.cause)
        return _done(tx, entry, upon.actor, "listing-confirmed", reason)
    entry.reject(upon.actor.subject, reason, now, tx.cause)
    return _done(tx, entry, upon.actor, "listing-rejected", reason)


def repair_entry(tx: Tx, upon: Upon, statement: str) -> Entry:
    """The enterprise put right what it was listed for: everything that this entry restricts ends at once. Raises as
    `record_objection`."""
    entry = _locked(tx, upon)
    entry.repair(statement, clock.now(), tx.cause)
    return _done(tx, entry, upon.actor, "listing-repaired", statement)


def withdraw_entry(tx: Tx, upon: Upon, reason: Withdrawal, note: str) -> Entry:
    """Staff take a proposal or a listing back. Raises as `record_objection`."""
    entry = _locked(tx, upon)
    entry.withdraw(reason, note, clock.now(), tx.cause)
    return _done(tx, entry, upon.actor, "listing-withdrawn", f"{reason}: {note}")


def expire_entries(tx: Tx, limit: int) -> int:
    """End at most about `limit` listings whose time is over, with their restrictions. Returns how many; leaves those of
    enterprises that somebody else is deciding on."""
    now = clock.now()
    codes = locks.deciding_if_free(tx, codes_due(tx, now, limit))
    if not codes:
        return 0
    entries = load_entries_due(tx, codes, now)
    for each in entries:
        each.expire(now, tx.cause)
    save_entries(tx, entries)
    restate(tx, {each.code: each.caused(tx.cause) for each in entries})
    return len(entries)


def _locked(tx: Tx, upon: Upon) -> Entry:
    code = code_of_entry(tx, upon.id)
    if code is None:
        raise NotFoundError
    locks.deciding(tx, [code])
    (entry,) = load_entries(tx, [upon.id])
    if not upon.sight.sees(entry.province):
        raise NotFoundError
    upon.check(entry.version)
    return entry


def _done(tx: Tx, entry: Entry, actor: Actor, act: str, reason: str) -> Entry:
    """Write what became of the entry, the standing that follows from it, and who did it."""
    cause = entry.caused(tx.cause)
    save_entries(tx, [entry])
    restate(tx, {entry.code: cause})
    audit.record(tx, actor, act, f"entry:{entry.id}", reason)
    return entry
