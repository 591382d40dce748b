"""Evidence: one row per complaint, at the newest version that was heard, and in which clue it is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from chassis import sets
from chassis.database import Read, Tx
from contracts.referrals import Counts
from services.referrals.model import Stock
from services.referrals.policy.documents import SenderLine
from services.referrals.policy.subjects import Placing
from services.referrals.store.tables import EVIDENCE


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessed:
    """An assessment as it was heard, and where the complaint belongs. `vouched`: its complainant counts for what is
    done automatically."""

    complaint: UUID
    version: int
    placing: Placing
    category: str
    complainant: UUID
    vouched: bool
    number: str
    number_kind: str
    carrier: str | None
    holder: str | None
    province: str | None
    excerpt: str
    received_hour: datetime

    @property
    def alone(self) -> Stock:
        """What a clue stands on that has this complaint and no other."""
        counts = Counts(complaints=1, complainants=1, vouched=int(self.vouched), senders=1)
        return Stock(counts, () if self.carrier is None else (self.carrier,))


@dataclass(frozen=True, slots=True)
class Taken:
    """A complaint whose row was written, and the clue that it was in before (and still is)."""

    complaint: UUID
    clue: UUID | None


def take_assessments(tx: Tx, assessments: Sequence[Assessed]) -> list[Taken]:
    """Write what is newer than what is there; what is stale is left out of the answer. One per complaint."""
    places = [each.placing.place for each in assessments]
    return _upsert(
        tx,
        {
            "complaint_id": [each.complaint for each in assessments],
            "version": [each.version for each in assessments],
            "withdrawn": [False] * len(assessments),
            "counts": [each.placing.counts for each in assessments],
            "set_aside": [each.placing.set_aside for each in assessments],
            "subject_kind": [each and each.kind for each in places],
            "subject_value": [each and each.value for each in places],
            "industry": [each and each.industry for each in places],
            "period": [each and each.period for each in places],
            "category": [each.category for each in assessments],
            "complainant": [each.complainant for each in assessments],
            "vouched": [each.vouched for each in assessments],
            "number": [each.number for each in assessments],
            "number_kind": [each.number_kind for each in assessments],
            "carrier": [each.carrier for each in assessments],
            "holder": [each.holder for each in assessments],
            "province": [each.province for each in assessments],
            "excerpt": [each.excerpt for each in assessments],
            "received_hour": [each.received_hour for each in assessments],
        },
    )


def take_withdrawals(tx: Tx, withdrawals: Mapping[UUID, int]) -> list[Taken]:
    """Note complaints (with the version) as withdrawn, also ones that were not heard of yet; stale ones are left
    out."""
    return _upsert(
        tx,
        {
            "complaint_id": list(withdrawals),
            "version": list(withdrawals.values()),
            "withdrawn": [True] * len(withdrawals),
            "counts": [False] * len(withdrawals),
            "set_aside": [None] * len(withdrawals),
        },
    )


def put(tx: Tx, clue_of: Mapping[UUID, UUID | None]) -> None:
    """Let these complaints be in these clues, or in none."""
    if clue_of:
        tx.execute(
            sa.text(
                "UPDATE evidence AS e SET clue_id = new.clue "
                "FROM unnest(CAST(:complaints AS uuid[]), CAST(:clues AS uuid[])) AS new(complaint, clue) "
                "WHERE e.complaint_id = new.complaint"
            ),
            {"complaints": list(clue_of), "clues": list(clue_of.values())},
        )


def stocks_of(read: Read, clues: Sequence[UUID], province: str | None = None) -> dict[UUID, Stock]:
    """What these clues stand on now, or what of it is a province's; without those that stand on nothing."""
    if not clues:
        return {}
    rows = read.execute(
        sa.text(
            "SELECT clue_id, count(*) AS complaints, count(DISTINCT complainant) AS complainants, "
            "count(DISTINCT complainant) FILTER (WHERE vouched) AS vouched, count(DISTINCT number) AS senders, "
            "array_remove(array_agg(DISTINCT carrier), NULL) AS carriers FROM evidence "
            "WHERE clue_id = ANY(CAST(:clues AS uuid[])) "
            "AND (CAST(:province AS text) IS NULL OR province = CAST(:province AS text)) GROUP BY clue_id"
        ),
        {"clues": list(clues), "province": province},
    )
    return {row.clue_id: Stock(_counts(row), tuple(sorted(row.carriers))) for row in rows}


def senders_of(read: Read, clues: Sequence[UUID], most: int) -> dict[UUID, list[SenderLine]]:
    """The `most` numbers of each clue with the most complaints, those first."""
    rows = read.execute(
        sa.text(
            "SELECT * FROM (SELECT clue_id, number, min(number_kind) AS kind, "
            "mode() WITHIN GROUP (ORDER BY carrier) AS carrier, mode() WITHIN GROUP (ORDER BY holder) AS holder, "
            "count(*) AS complaints, "
            "row_number() OVER (PARTITION BY clue_id ORDER BY count(*) DESC, number) AS rank "
            "FROM evidence WHERE clue_id = ANY(CAST(:clues AS uuid[])) GROUP BY clue_id, number) AS ranked "
            "WHERE rank <= :most ORDER BY clue_id, rank"
        ),
        {"clues": list(clues), "most": most},
    )
    found: dict[UUID, list[SenderLine]] = defaultdict(list)
    for row in rows:
        found[row.clue_id].append(
            SenderLine(
                number=row.number, kind=row.kind, carrier=row.carrier, holder=row.holder, complaints=row.complaints
            )
        )
    return found


def samples_of(read: Read, clues: Sequence[UUID], most: int) -> dict[UUID, list[str]]:
    """The `most` excerpts of each clue that are most frequent, those first."""
    if not clues:
        return {}
    rows = read.execute(
        sa.text(
            "SELECT * FROM (SELECT clue_id, excerpt, row_number() OVER "
            '(PARTITION BY clue_id ORDER BY count(*) DESC, excerpt COLLATE "C") AS rank '
            "FROM evidence WHERE clue_id = ANY(CAST(:clues AS uuid[])) AND excerpt <> '' "
            "GROUP BY clue_id, excerpt) AS ranked WHERE rank <= :most ORDER BY clue_id, rank"
        ),
        {"clues": list(clues), "most": most},
    )
    found: dict[UUID, list[str]] = defaultdict(list)
    for row in rows:
        found[row.clue_id].append(row.excerpt)
    return found


def _counts(row: Any) -> Counts:
    return Counts(complaints=row.complaints, complainants=row.complainants, vouched=row.vouched, senders=row.senders)


def _upsert(tx: Tx, columns: Mapping[str, Sequence[Any]]) -> list[Taken]:
    """Where a complaint is (`clue_id`) stays as it is: what the answer tells is what it was under the lock."""
    arrays = ", ".join(f"CAST(:{name} AS {sets.type_of(EVIDENCE.c[name])}[])" for name in columns)
    newer = ", ".join(f"{name} = excluded.{name}" for name in columns if name != "complaint_id")
    statement = sa.text(
        f"INSERT INTO evidence ({', '.join(columns)}) SELECT * FROM unnest({arrays}) AS new({', '.join(columns)}) "  # noqa: S608 - our columns
        "ORDER BY complaint_id "
        f"ON CONFLICT (complaint_id) DO UPDATE SET {newer} WHERE evidence.version < excluded.version "
        "RETURNING complaint_id, clue_id"
    )
    return [Taken(row.complaint_id, row.clue_id) for row in tx.execute(statement, dict(columns))]
