"""Entries: loaded and saved in sets, and asked about by enterprise and by what they stand on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from chassis import sets
from chassis.citation import Citation
from chassis.database import Read, Tx
from contracts.vocabulary import CreditList, Existing, NewResources, Tier
from services.credit.model import Entry, EntryState, Ground, Withdrawal
from services.credit.model.entry import OPEN, STANDING
from services.credit.policy.proposals import PastEntry
from services.credit.store.tables import ENTRIES

_CHANGING = (
    "version", "rules", "state", "contested_at", "objection", "decided_by", "decision_reason", "effective_at", "until",
    "repairable_from", "published", "new_resources", "existing", "repaired_at", "repair_statement", "expired_at",
    "withdrawn_at", "withdrawal", "withdrawal_note",
)  # fmt: skip

Unique = tuple[str, str, str]
"""What makes an entry one of a kind: credit code, ground, cause."""


def load_entries(tx: Tx, ids: Iterable[UUID]) -> list[Entry]:
    """The entries with these ids, locked, sorted by id."""
    return _loaded(
        tx,
        sa.text("SELECT * FROM entries WHERE id = ANY(CAST(:ids AS uuid[])) ORDER BY id FOR UPDATE"),
        {"ids": list(ids)},
    )


def load_caused_by(tx: Tx, codes: Sequence[str], causes: Sequence[str]) -> list[Entry]:
    """The entries of these enterprises that have not ended and stand on one of these causes, locked, sorted by id."""
    return _loaded(
        tx,
        sa.text(
            "SELECT * FROM entries WHERE code = ANY(CAST(:codes AS text[])) AND causes ?| CAST(:causes AS text[]) "
            "AND state = ANY(CAST(:states AS text[])) ORDER BY id FOR UPDATE"
        ),
        {"codes": list(codes), "causes": list(causes), "states": sorted(STANDING)},
    )


def load_open_for_orders(tx: Tx, codes: Iterable[str]) -> list[Entry]:
    """The undecided proposals because of orders against these enterprises, locked, sorted by id."""
    return _loaded(
        tx,
        sa.text(
            "SELECT * FROM entries WHERE code = ANY(CAST(:codes AS text[])) AND ground = :ground "
            "AND state = ANY(CAST(:states AS text[])) ORDER BY id FOR UPDATE"
        ),
        {"codes": list(codes), "ground": Ground.ORDERS, "states": sorted(OPEN)},
    )


def load_entries_due(tx: Tx, codes: Sequence[str], now: datetime) -> list[Entry]:
    """The effective entries of these enterprises whose time is over at `now`, locked, sorted by id."""
    return _loaded(
        tx,
        sa.text(
            "SELECT * FROM entries WHERE code = ANY(CAST(:codes AS text[])) AND state = 'effective' AND until <= :now "
            "ORDER BY id FOR UPDATE"
        ),
        {"codes": list(codes), "now": now},
    )


def load_effective(tx: Tx, codes: Sequence[str]) -> list[Entry]:
    """Every effective entry of these enterprises, which are locked, sorted by id."""
    return _loaded(
        tx,
        sa.text(
            "SELECT * FROM entries WHERE code = ANY(CAST(:codes AS text[])) AND state = 'effective' "
            "ORDER BY id FOR UPDATE"
        ),
        {"codes": list(codes)},
    )


def save_entries(tx: Tx, entries: Sequence[Entry]) -> None:
    """Write entries that changed and publish what they recorded."""
    changed = [each for each in entries if each.recorded]
    rows = [_row(each) for each in changed]
    sets.insert(tx, ENTRIES, [row for row in rows if not row["stored_version"]])
    sets.update(tx, ENTRIES, _CHANGING, [row for row in rows if row["stored_version"]])
    tx.publish(changed)


def known_among(read: Read, wanted: Sequence[Unique]) -> set[Unique]:
    """Those of these for which there is or ever was an entry."""
    codes, grounds, causes = zip(*wanted, strict=True) if wanted else ((), (), ())
    rows = read.execute(
        sa.text(
            "SELECT e.code, e.ground, e.cause FROM entries AS e "
            "JOIN unnest(CAST(:codes AS text[]), CAST(:grounds AS text[]), CAST(:causes AS text[])) "
            "AS wanted(code, ground, cause) "
            "ON e.code = wanted.code AND e.ground = wanted.ground AND e.cause = wanted.cause"
        ),
        {"codes": list(codes), "grounds": list(grounds), "causes": list(causes)},
    )
    return {(row.code, row.ground, row.cause) for row in rows}


def past_entries_for_orders(read: Read, codes: Sequence[str]) -> dict[str, list[PastEntry]]:
    """Every entry there was because of orders against these enterprises."""
    rows = read.execute(
        sa.text(
            "SELECT code, cause, causes, state, effective_at FROM entries "
            "WHERE code = ANY(CAST(:codes AS text[])) AND ground = :ground"
        ),
        {"codes": list(codes), "ground": Ground.ORDERS},
    )
    entries: dict[str, list[PastEntry]] = defaultdict(list)
    for row in rows.all():
        took_effect = row.effective_at is not None
        entries[row.code].append(PastEntry(row.cause, tuple(row.causes), EntryState(row.state), took_effect))
    return entries


def code_of_entry(read: Read, entry: UUID) -> str | None:
    """Whose an entry is, which never changes; None where there is no such entry."""
    return read.execute(sa.select(ENTRIES.c.code).where(ENTRIES.c.id == entry)).scalar_one_or_none()


def codes_standing_on(read: Read, causes: Sequence[str]) -> list[str]:
    """The enterprises with an entry that stands on one of these causes."""
    rows = read.execute(
        sa.text("SELECT DISTINCT code FROM entries WHERE causes ?| CAST(:causes AS text[])"), {"causes": list(causes)}
    )
    return list(rows.scalars())


def codes_due(read: Read, now: datetime, limit: int) -> list[str]:
    """The enterprises of at most `limit` entries whose time is over at `now`, those that are over longest."""
    rows = read.execute(
        sa.text("SELECT code FROM entries WHERE state = 'effective' AND until <= :now ORDER BY until LIMIT :limit"),
        {"now": now, "limit": limit},
    )
    return sorted(set(rows.scalars()))


def _loaded(tx: Tx, statement: sa.TextClause, parameters: dict[str, Any]) -> list[Entry]:
    return [entry_of(row) for row in tx.execute(statement, parameters)]


def entry_of(row: Any) -> Entry:
    """The entry in a row of its table."""
    return Entry(
        id=row.id,
        version=row.version,
        code=row.code,
        name=row.name,
        list=CreditList(row.list),
        tier=Tier(row.tier),
        ground=Ground(row.ground),
        cause=row.cause,
        correlation_id=row.correlation_id,
        facts=tuple(row.facts),
        article=row.article,
        rules=msgspec.convert(row.rules, tuple[Citation, ...]),
        causes=tuple(row.causes),
        proposer=row.proposer,
        proposed_at=row.proposed_at,
        contest_until=row.contest_until,
        state=EntryState(row.state),
        contested_at=row.contested_at,
        objection=row.objection,
        decided_by=row.decided_by,
        decision_reason=row.decision_reason,
        effective_at=row.effective_at,
        until=row.until,
        repairable_from=row.repairable_from,
        published=row.published,
        new_resources=None if row.new_resources is None else NewResources(row.new_resources),
        existing=None if row.existing is None else Existing(row.existing),
        repaired_at=row.repaired_at,
        repair_statement=row.repair_statement,
        expired_at=row.expired_at,
        withdrawn_at=row.withdrawn_at,
        withdrawal=None if row.withdrawal is None else Withdrawal(row.withdrawal),
        withdrawal_note=row.withdrawal_note,
    )


def _row(entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "stored_version": entry.stored_version,
        "version": entry.version,
        "code": entry.code,
        "province": entry.province,
        "name": entry.name,
        "list": entry.list,
        "tier": entry.tier,
        "ground": entry.ground,
        "cause": entry.cause,
        "correlation_id": entry.correlation_id,
        "facts": entry.facts,
        "article": entry.article,
        "rules": entry.rules,
        "causes": entry.causes,
        "proposer": entry.proposer,
        "proposed_at": entry.proposed_at,
        "contest_until": entry.contest_until,
        "state": entry.state,
        "contested_at": entry.contested_at,
        "objection": entry.objection,
        "decided_by": entry.decided_by,
        "decision_reason": entry.decision_reason,
        "effective_at": entry.effective_at,
        "until": entry.until,
        "repairable_from": entry.repairable_from,
        "published": entry.published,
        "new_resources": entry.new_resources,
        "existing": entry.existing,
        "repaired_at": entry.repaired_at,
        "repair_statement": entry.repair_statement,
        "expired_at": entry.expired_at,
        "withdrawn_at": entry.withdrawn_at,
        "withdrawal": entry.withdrawal,
        "withdrawal_note": entry.withdrawal_note,
    }
