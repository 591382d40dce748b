"""Notices about entries, and what the enterprise replies with its reply code."""

from __future__ import annotations

from enum import StrEnum
from uuid import UUID

from chassis import clock
from chassis.aggregate import ConflictError
from chassis.database import Tx
from chassis.ids import reference
from chassis.notices import IssuedNotice, find_notice, issue_notice, record_reply
from chassis.target import Target
from services.credit.access import Visibility
from services.credit.commands.entries import lock_entry
from services.credit.model import EntryState
from services.credit.store.entries import load_entries, save_entries
from services.credit.store.locks import lock_enterprises


class EntryReplyKind(StrEnum):
    """What an enterprise replies: it contests a proposal, appeals against a listing, or answers otherwise."""

    OBJECTION = "objection"
    APPEAL = "appeal"
    ANSWER = "answer"


def issue_notice_of_entry(tx: Tx, target: Target[Visibility]) -> IssuedNotice:
    """Issue a notice about an entry to its enterprise. Raises NotFoundError, and what `target.check_version` raises."""
    entry = lock_entry(tx, target)
    return issue_notice(tx, reference("entry", entry.id), entry.code, target.actor)


def reply_to_notice(
    tx: Tx, code: str, reply_code: str, kind: EntryReplyKind, statement: str, *, waives_term: bool
) -> UUID:
    """Record what an enterprise replies; returns its entry. An objection contests the proposal, and ends the contest
    period only where the enterprise waives the rest of it.

    Raises NotFoundError for a wrong code, and ConflictError where the entry cannot be contested or appealed against.
    """
    notice = find_notice(tx, code, reply_code)
    lock_enterprises(tx, [code])
    (entry,) = load_entries(tx, [notice.object_id])
    if kind is EntryReplyKind.OBJECTION:
        # Who issued the notice could have written this reply: another person decides.
        entry.contest(statement, clock.now(), tx.cause.joined([notice.issued_by]), waives_term=waives_term)
        save_entries(tx, [entry])
    elif kind is EntryReplyKind.APPEAL and entry.state is not EntryState.EFFECTIVE:
        raise ConflictError("entry-state", "Only a listing in force can be appealed against.")
    record_reply(tx, notice, kind, statement)
    return entry.id
