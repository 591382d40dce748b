"""Evidence: one row per complaint, at the newest version that was heard, and in which clue it is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
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

Clues = Mapping[UUID, UUID | None]
"""Which clue each complaint is in, if any."""


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
class Known:
    """A complaint that was heard of before: at which version, and the clue that it is in."""

    version: int
    clue: UUID | None


def known_of(tx: Tx, complaints: Iterable[UUID]) -> dict[UUID, Known]:
    """What is known of those of these complaints that were heard of before; their rows are locked."""
    rows = tx.execute(
        sa.text(
            "SELECT complaint_id, version, clue_id FROM evidence WHERE complaint_id = ANY(CAST(:ids AS uuid[])) "
            "ORDER BY complaint_id FOR UPDATE"
        ),
        {"ids": list(complaints)},
    )
    return {row.complaint_id: Known(row.version, row.clue_id) for row in rows}


_ASSESSED = (
    *("complaint_id", "clue_id", "version", "withdrawn", "counts", "set_aside", "subject_kind", "subject_value"),
    *("industry", "period", "category", "complainant", "vouched", "number", "number_kind", "carrier", "holder"),
    *("province", "excerpt", "received_hour"),
)
_WITHDRAWN = ("complaint_id", "clue_id", "version", "withdrawn", "counts", "set_aside")


def keep_assessments(tx: Tx, assessments: Sequence[Assessed], known: Container[UUID], clues: Clues) -> None:
    """Write down what was heard of these complaints, of which those in `known` have a row, and in which clues they
    are now."""
    _keep(tx, _ASSESSED, [_assessed_row(each, clues[each.complaint]) for each in assessments], known)


def keep_withdrawals(tx: Tx, withdrawals: Mapping[UUID, int], known: Container[UUID]) -> None:
    """Write down that complaints (with the version) are withdrawn and in no clue, also ones that were not heard of
    yet."""
    rows = [(complaint, None, version, True, False, None) for complaint, version in withdrawals.items()]
    _keep(tx, _WITHDRAWN, rows, known)


def _assessed_row(each: Assessed, clue: UUID | None) -> tuple[Any, ...]:
    place = each.placing.place
    where = (None,) * 4 if place is None else (place.kind, place.value, place.industry, place.period)
    return (
        *(each.complaint, clue, each.version, False, each.placing.counts, each.placing.set_aside, *where),
        *(each.category, each.complainant, each.vouched, each.number, each.number_kind, each.carrier, each.holder),
        *(each.province, each.excerpt, each.received_hour),
    )


def _keep(tx: Tx, columns: tuple[str, ...], rows: Sequence[tuple[Any, ...]], known: Container[UUID]) -> None:
    """Only who is collecting writes here, and one is at a time: what is not known is not there, and can be copied."""
    tx.copy("evidence", columns, [row for row in rows if row[0] not in known])
    again = [row for row in rows if row[0] in known]
    if again:
        arrays = ", ".join(f"CAST(:{name} AS {sets.type_of(EVIDENCE.c[name])}[])" for name in columns)
        changes = ", ".join(f"{name} = new.{name}" for name in columns if name != "complaint_id")
        statement = (
            f"UPDATE evidence AS e SET {changes} FROM unnest({arrays}) AS new({', '.join(columns)}) "  # noqa: S608
            "WHERE e.complaint_id = new.complaint_id"
        )
        tx.execute(sa.text(statement), dict(zip(columns, map(list, zip(*again, strict=True)), strict=True)))


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
