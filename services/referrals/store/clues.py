"""Clues: loaded and saved in sets, and asked about by place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from chassis import sets
from chassis.citation import Citation
from chassis.database import Read, Tx
from contracts.referrals import Conclusion, Counts
from contracts.vocabulary import ReturnReason, SubjectKind
from services.referrals.model import NOTHING, Clue, ClueState, Place, PlaceKey, Stock
from services.referrals.store.evidence import stocks_of
from services.referrals.store.tables import CLUES

_CHANGING = (
    "version", "subject_name", "authority", "rules", "state", "complaints", "complainants", "vouched", "senders",
    "carriers", "batch_id", "referred_at", "conclude_by", "extended_at", "extension_reason", "received_at",
    "first_received_at", "returned_at", "return_reason", "return_note", "suggested", "overdue_since",
    "first_overdue_at", "due_at", "concluded_at", "conclusion_code", "amount", "enterprise", "decision", "merged_into",
    "transferred_to", "conclusion_note", "annulled_at", "annulment_reason",
)  # fmt: skip
_BY_ID = "id = ANY(CAST(:ids AS uuid[])) ORDER BY id FOR UPDATE"


@dataclass(frozen=True, slots=True)
class Standing:
    """What there is of clues in one place: the open one, if any, and the last sequence (0: none)."""

    open: UUID | None = None
    last: int = 0


def load_clues(tx: Tx, ids: Iterable[UUID]) -> list[Clue]:
    """The clues with these ids, locked, sorted by id; what open ones stand on is asked of the evidence: their
    subjects must be locked before."""
    return _loaded(tx, sa.text(f"SELECT * FROM clues WHERE {_BY_ID}"), {"ids": list(ids)})  # noqa: S608


def load_clues_due(tx: Tx, now: datetime, limit: int) -> list[Clue]:
    """At most `limit` clues with a deadline that passed before `now`, locked; not those that others have."""
    statement = sa.text("SELECT * FROM clues WHERE due_at < :now ORDER BY due_at LIMIT :limit FOR UPDATE SKIP LOCKED")
    return _loaded(tx, statement, {"now": now, "limit": limit})


def load_clues_of_batch(tx: Tx, batch: UUID) -> list[Clue]:
    """The clues that were last handed over in this batch, locked, sorted by id."""
    return _loaded(tx, sa.text("SELECT * FROM clues WHERE batch_id = :batch ORDER BY id FOR UPDATE"), {"batch": batch})


def save_clues(tx: Tx, clues: Sequence[Clue]) -> None:
    """Write clues that changed and publish what they recorded."""
    changed = [each for each in clues if each.recorded]
    rows = [_row(each) for each in changed]
    sets.insert(tx, CLUES, [row for row in rows if not row["stored_version"]])
    sets.update(tx, CLUES, _CHANGING, [row for row in rows if row["stored_version"]])
    tx.publish(changed)


def places_of(read: Read, ids: Iterable[UUID]) -> dict[UUID, Place]:
    """The places of these clues, which never change."""
    wanted = list(ids)
    if not wanted:
        return {}
    columns = "id, subject_kind, subject_value, industry, period"
    rows = read.execute(
        sa.text(f"SELECT {columns} FROM clues WHERE id = ANY(CAST(:ids AS uuid[]))"),  # noqa: S608
        {"ids": wanted},
    )
    return {row.id: _place(row) for row in rows}


def standing_in(read: Read, places: Iterable[Place]) -> dict[PlaceKey, Standing]:
    """What there is in these places; their subjects must be locked, or it is past when it is told."""
    keys = sorted({each.key for each in places})
    if not keys:
        return {}
    rows = read.execute(
        sa.text(
            "SELECT wanted.*, found.* "
            "FROM unnest(CAST(:kinds AS text[]), CAST(:values AS text[]), CAST(:industries AS text[]), "
            "CAST(:periods AS text[])) AS wanted(subject_kind, subject_value, industry, period) "
            "CROSS JOIN LATERAL (SELECT max(c.sequence) AS last, "
            "(array_agg(c.id) FILTER (WHERE c.state = 'open'))[1] AS open FROM clues AS c "
            "WHERE c.subject_kind = wanted.subject_kind AND c.subject_value = wanted.subject_value "
            "AND c.industry = wanted.industry AND c.period = wanted.period) AS found WHERE found.last IS NOT NULL"
        ),
        dict(zip(("kinds", "values", "industries", "periods"), map(list, zip(*keys, strict=True)), strict=True)),
    )
    return {_place(row).key: Standing(row.open, row.last) for row in rows}


def clue_of(row: Any, stock: Stock | None) -> Clue:
    """The clue in a row of its table. `stock` is what an open one stands on; any other says it itself."""
    if row.state != ClueState.OPEN:
        counts = Counts(
            complaints=row.complaints, complainants=row.complainants, vouched=row.vouched, senders=row.senders
        )
        stock = Stock(counts, tuple(row.carriers))
    return Clue(
        id=row.id,
        version=row.version,
        place=_place(row),
        name=row.subject_name,
        sequence=row.sequence,
        cause=row.cause,
        correlation_id=row.correlation_id,
        authority=row.authority,
        stock=stock or NOTHING,
        opened_at=row.opened_at,
        rules=msgspec.convert(row.rules, tuple[Citation, ...]),
        state=ClueState(row.state),
        batch=row.batch_id,
        referred_at=row.referred_at,
        conclude_by=row.conclude_by,
        extended_at=row.extended_at,
        extension_reason=row.extension_reason,
        received_at=row.received_at,
        first_received_at=row.first_received_at,
        returned_at=row.returned_at,
        return_reason=None if row.return_reason is None else ReturnReason(row.return_reason),
        return_note=row.return_note,
        suggested=row.suggested,
        overdue_since=row.overdue_since,
        first_overdue_at=row.first_overdue_at,
        concluded_at=row.concluded_at,
        conclusion=_conclusion(row),
        annulled_at=row.annulled_at,
        annulment_reason=row.annulment_reason,
    )


def clues_of(read: Read, rows: Sequence[Any]) -> list[Clue]:
    """The clues in these rows, with what the open ones stand on now: one statement for all of them."""
    stocks = stocks_of(read, [row.id for row in rows if row.state == ClueState.OPEN])
    return [clue_of(row, stocks.get(row.id)) for row in rows]


def _loaded(tx: Tx, statement: sa.TextClause, parameters: dict[str, Any]) -> list[Clue]:
    return clues_of(tx, tx.execute(statement, parameters).all())


def _place(row: Any) -> Place:
    return Place(SubjectKind(row.subject_kind), row.subject_value, row.industry, row.period)


def _conclusion(row: Any) -> Conclusion | None:
    if row.conclusion_code is None:
        return None
    return Conclusion(
        code=row.conclusion_code,
        amount=row.amount,
        enterprise=row.enterprise,
        decision=row.decision,
        merged_into=row.merged_into,
        transferred_to=row.transferred_to,
        note=row.conclusion_note,
    )


def _row(clue: Clue) -> dict[str, Any]:
    place, conclusion = clue.place, clue.conclusion
    counts = None if clue.collects else clue.stock.counts
    return {
        "id": clue.id,
        "stored_version": clue.stored_version,
        "version": clue.version,
        "subject_kind": place.kind,
        "subject_value": place.value,
        "subject_name": clue.name,
        "industry": place.industry,
        "period": place.period,
        "sequence": clue.sequence,
        "cause": clue.cause,
        "correlation_id": clue.correlation_id,
        "authority": clue.authority,
        "rules": clue.rules,
        "opened_at": clue.opened_at,
        "state": clue.state,
        "complaints": counts and counts.complaints,
        "complainants": counts and counts.complainants,
        "vouched": counts and counts.vouched,
        "senders": counts and counts.senders,
        "carriers": () if clue.collects else clue.stock.carriers,
        "batch_id": clue.batch,
        "referred_at": clue.referred_at,
        "conclude_by": clue.conclude_by,
        "extended_at": clue.extended_at,
        "extension_reason": clue.extension_reason,
        "received_at": clue.received_at,
        "first_received_at": clue.first_received_at,
        "returned_at": clue.returned_at,
        "return_reason": clue.return_reason,
        "return_note": clue.return_note,
        "suggested": clue.suggested,
        "overdue_since": clue.overdue_since,
        "first_overdue_at": clue.first_overdue_at,
        "due_at": clue.due_at,
        "concluded_at": clue.concluded_at,
        "conclusion_code": conclusion and conclusion.code,
        "amount": conclusion and conclusion.amount,
        "enterprise": conclusion and conclusion.enterprise,
        "decision": conclusion and conclusion.decision,
        "merged_into": conclusion and conclusion.merged_into,
        "transferred_to": conclusion and conclusion.transferred_to,
        "conclusion_note": conclusion and conclusion.note,
        "annulled_at": clue.annulled_at,
        "annulment_reason": clue.annulment_reason,
    }
