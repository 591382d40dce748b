"""Evidence: one row per complaint about a port, at the newest version that was heard."""

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
from contracts.vocabulary import Category
from services.ports.policy.evidence import Evidence, Standing
from services.ports.store.tables import EVIDENCE

SPAM = frozenset({Category.COMMERCIAL, Category.SUSPECTED_CRIME})
"""The categories that can be held against a port."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessed:
    """An assessment as it was heard, and how the complaint stood against the register then."""

    version: int
    evidence: Evidence
    standing: Standing
    category: str
    vouched: bool
    capped: bool
    province: str | None

    @property
    def counts(self) -> bool:
        """Whether a decision may look at it: spam, from a complainant that the channel vouches for, and not one too
        many of theirs."""
        return self.vouched and not self.capped and self.category in SPAM


@dataclass(frozen=True, slots=True)
class Taken:
    """A complaint whose row was written. `corrected`: there was one before, which may have been a ground."""

    complaint: UUID
    number: str
    corrected: bool


def take_assessments(tx: Tx, assessments: Sequence[Assessed]) -> list[Taken]:
    """Write what is newer than what is there; what is stale is left out of the answer. One per complaint."""
    columns: dict[str, Sequence[Any]] = {
        "complaint_id": [each.evidence.complaint for each in assessments],
        "version": [each.version for each in assessments],
        "number": [each.evidence.number for each in assessments],
        "withdrawn": [False] * len(assessments),
        "counts": [each.counts for each in assessments],
        "standing": [each.standing for each in assessments],
        "hint": [each.evidence.hint for each in assessments],
        "carrier": [each.evidence.carrier for each in assessments],
        "holder": [each.evidence.holder for each in assessments],
        "signature": [each.evidence.signature for each in assessments],
        "filed_signature": [each.evidence.filed_signature for each in assessments],
        "category": [each.category for each in assessments],
        "complainant": [each.evidence.complainant for each in assessments],
        "complainant_also": [each.evidence.complainant_also for each in assessments],
        "vouched": [each.vouched for each in assessments],
        "capped": [each.capped for each in assessments],
        "province": [each.province for each in assessments],
        "sent_at": [each.evidence.sent_at for each in assessments],
    }
    return _taken(tx, _upsert(tuple(columns)), columns)


def take_withdrawals(
    tx: Tx, complaints: Sequence[UUID], versions: Sequence[int], numbers: Sequence[str]
) -> list[Taken]:
    """Note complaints as withdrawn, also ones that were not heard of yet; stale ones are left out."""
    columns: dict[str, Sequence[Any]] = {
        "complaint_id": list(complaints),
        "version": list(versions),
        "number": list(numbers),
        "withdrawn": [True] * len(complaints),
        "counts": [False] * len(complaints),
    }
    return _taken(tx, _upsert(tuple(columns)), columns)


def counting(read: Read, spans: Mapping[str, tuple[datetime, datetime]]) -> dict[str, list[Evidence]]:
    """The evidence that counts, per number, of messages sent in the number's span (both ends included)."""
    rows = read.execute(
        sa.text(
            "SELECT e.* FROM unnest(CAST(:numbers AS text[]), CAST(:starts AS timestamptz[]), "
            "CAST(:ends AS timestamptz[])) AS wanted(number, start_at, end_at) "
            "JOIN evidence AS e ON e.number = wanted.number AND e.sent_at BETWEEN wanted.start_at AND wanted.end_at "
            "WHERE e.counts ORDER BY e.number, e.sent_at, e.complaint_id"
        ),
        {
            "numbers": list(spans),
            "starts": [start for start, _ in spans.values()],
            "ends": [end for _, end in spans.values()],
        },
    )
    evidence: dict[str, list[Evidence]] = defaultdict(list)
    for row in rows.all():
        evidence[row.number].append(_evidence(row))
    return evidence


def _evidence(row: Any) -> Evidence:
    return Evidence(
        complaint=row.complaint_id,
        number=row.number,
        complainant=row.complainant,
        complainant_also=row.complainant_also,
        sent_at=row.sent_at,
        crime=row.category == Category.SUSPECTED_CRIME,
        hint=row.hint,
        carrier=row.carrier,
        holder=row.holder,
        signature=row.signature,
        filed_signature=row.filed_signature,
    )


def _taken(tx: Tx, statement: sa.TextClause, columns: Mapping[str, Sequence[Any]]) -> list[Taken]:
    rows = tx.execute(statement, dict(columns))
    return [Taken(row.complaint_id, row.number, row.corrected) for row in rows]


def _upsert(columns: tuple[str, ...]) -> sa.TextClause:
    arrays = ", ".join(f"CAST(:{name} AS {sets.type_of(EVIDENCE.c[name])}[])" for name in columns)
    newer = ", ".join(f"{name} = excluded.{name}" for name in columns if name != "complaint_id")
    return sa.text(
        f"INSERT INTO evidence ({', '.join(columns)}) SELECT * FROM unnest({arrays}) "  # noqa: S608 - our columns
        f"ON CONFLICT (complaint_id) DO UPDATE SET {newer} WHERE evidence.version < excluded.version "
        "RETURNING complaint_id, number, xmax <> 0 AS corrected"
    )
