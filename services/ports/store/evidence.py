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


_ASSESSED = (
    *("complaint_id", "version", "number", "withdrawn", "counts", "standing", "hint", "carrier", "holder"),
    *("signature", "filed_signature", "category", "complainant", "complainant_also", "vouched", "capped", "province"),
    "sent_at",
)


def take_assessments(tx: Tx, assessments: Sequence[Assessed]) -> list[Taken]:
    """Write what is newer than what is there; what is stale is left out of the answer. One per complaint.

    Their numbers must be locked: then nobody else writes of these complaints, and what is not there can be copied.
    """
    known = _known(tx, [each.evidence.complaint for each in assessments])
    fresh = [each for each in assessments if each.evidence.complaint not in known]
    tx.copy("evidence", _ASSESSED, map(_assessed_row, fresh))
    taken = [Taken(each.evidence.complaint, each.evidence.number, corrected=False) for each in fresh]
    again = [_assessed_row(each) for each in assessments if each.evidence.complaint in known]
    if again:
        taken += _taken(tx, dict(zip(_ASSESSED, map(list, zip(*again, strict=True)), strict=True)))
    return taken


def _known(read: Read, complaints: Sequence[UUID]) -> set[UUID]:
    statement = sa.text("SELECT complaint_id FROM evidence WHERE complaint_id = ANY(CAST(:ids AS uuid[]))")
    return set(read.execute(statement, {"ids": list(complaints)}).scalars())


def _assessed_row(each: Assessed) -> tuple[Any, ...]:
    what = each.evidence
    return (
        *(what.complaint, each.version, what.number, False, each.counts, each.standing, what.hint, what.carrier),
        *(what.holder, what.signature, what.filed_signature, each.category, what.complainant, what.complainant_also),
        *(each.vouched, each.capped, each.province, what.sent_at),
    )


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
    return _taken(tx, columns)


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


def _taken(tx: Tx, columns: Mapping[str, Sequence[Any]]) -> list[Taken]:
    rows = tx.execute(_upsert(tuple(columns)), dict(columns))
    return [Taken(row.complaint_id, row.number, row.corrected) for row in rows]


def _upsert(columns: tuple[str, ...]) -> sa.TextClause:
    arrays = ", ".join(f"CAST(:{name} AS {sets.type_of(EVIDENCE.c[name])}[])" for name in columns)
    newer = ", ".join(f"{name} = excluded.{name}" for name in columns if name != "complaint_id")
    return sa.text(
        f"INSERT INTO evidence ({', '.join(columns)}) SELECT * FROM unnest({arrays}) "  # noqa: S608 - our columns
        f"ON CONFLICT (complaint_id) DO UPDATE SET {newer} WHERE evidence.version < excluded.version "
        "RETURNING complaint_id, number, xmax <> 0 AS corrected"
    )
