"""Evidence: one row per complaint, at its newest version, with the clue that the complaint is in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from operator import attrgetter
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from chassis import sets
from chassis.aggregate import union
from chassis.database import Read, Tx
from chassis.redaction import Redacted
from chassis.stored import read_as
from contracts.referrals import Counts
from services.referrals.model import Place, Tally
from services.referrals.policy.documents import SenderLine
from services.referrals.policy.subjects import Placement
from services.referrals.store.tables import EVIDENCE

ClueByComplaint = Mapping[UUID, UUID | None]
"""The clue that each complaint is in, if any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessedComplaint:
    """A complaint as it was assessed last, and where it belongs. All fields but `placement` are columns of its row.

    `vouched`: its complainant counts for automatic decisions.
    """

    complaint_id: UUID
    version: int
    category: str
    complainant: UUID
    vouched: bool
    number: str
    number_kind: str
    carrier: str | None
    holder: str | None
    province: str | None
    excerpt: Redacted
    received_hour: datetime
    actors: tuple[str, ...]
    placement: Placement

    @property
    def tally(self) -> Tally:
        """The tally of a clue that has only this complaint."""
        counts = Counts(complaints=1, complainants=1, vouched=int(self.vouched), senders=1)
        return Tally(counts, () if self.carrier is None else (self.carrier,))


@dataclass(frozen=True, slots=True)
class CollectedComplaint:
    """A complaint that has a row: its version, and the clue that it is in."""

    version: int
    clue_id: UUID | None


def load_collected(tx: Tx, complaints: Iterable[UUID]) -> dict[UUID, CollectedComplaint]:
    """Those of these complaints that have a row; the rows are locked."""
    rows = tx.execute(
        sa.text(
            "SELECT complaint_id, version, clue_id FROM evidence WHERE complaint_id = ANY(CAST(:ids AS uuid[])) "
            "ORDER BY complaint_id FOR UPDATE"
        ),
        {"ids": list(complaints)},
    )
    return {row.complaint_id: CollectedComplaint(row.version, row.clue_id) for row in rows}


_OWN = tuple(field.name for field in fields(AssessedComplaint) if field.name not in ("placement", "actors"))
_PLACE = tuple(field.name for field in fields(Place))
_STATUS = ("clue_id", "withdrawn", "counts", "set_aside")
_ASSESSED = (*_OWN, "actors", *_STATUS, *_PLACE)
_WITHDRAWN = ("complaint_id", "version", *_STATUS, "excerpt")
_own_values = attrgetter(*_OWN)
_place_values = attrgetter(*_PLACE)


def save_assessments(
    tx: Tx, assessments: Sequence[AssessedComplaint], stored: Container[UUID], clues: ClueByComplaint
) -> None:
    """Write these complaints, of which those in `stored` have a row, with the clues that they are in now."""
    _save(tx, _ASSESSED, [_assessed_row(each, clues[each.complaint_id]) for each in assessments], stored)


def save_withdrawals(tx: Tx, withdrawals: Mapping[UUID, int], stored: Container[UUID]) -> None:
    """Write that these complaints, each with its version, are withdrawn and in no clue; their excerpts are erased.
    Those without a row get one."""
    rows = [(complaint, version, None, True, False, None, None) for complaint, version in withdrawals.items()]
    _save(tx, _WITHDRAWN, rows, stored)


def _assessed_row(each: AssessedComplaint, clue_id: UUID | None) -> tuple[Any, ...]:
    # Tuples, not a dict per row: every complaint that is assessed passes here.
    placement = each.placement
    place = (None,) * len(_PLACE) if placement.place is None else _place_values(placement.place)
    actors = sets.json_text(each.actors)
    return (*_own_values(each), actors, clue_id, False, placement.counts, placement.set_aside, *place)


def _save(tx: Tx, columns: tuple[str, ...], rows: Sequence[tuple[Any, ...]], stored: Container[UUID]) -> None:
    """Write rows that begin with the complaint. Only one worker writes a complaint, so one that is not in `stored` has
    no row and can be copied; the primary key refuses a second row."""
    tx.copy("evidence", columns, [row for row in rows if row[0] not in stored])
    updated = [row for row in rows if row[0] in stored]
    if updated:
        arrays = sets.arrays(EVIDENCE, columns)
        changes = ", ".join(f"{name} = new.{name}" for name in columns if name != "complaint_id")
        statement = (
            f"UPDATE evidence AS e SET {changes} FROM unnest({arrays}) AS new({', '.join(columns)}) "  # noqa: S608
            "WHERE e.complaint_id = new.complaint_id"
        )
        tx.execute(sa.text(statement), dict(zip(columns, map(list, zip(*updated, strict=True)), strict=True)))


def load_tallies(read: Read, clues: Sequence[UUID], province: str | None = None) -> dict[UUID, Tally]:
    """The present tallies of these clues, or of the complaints of one province in them; empty ones are left out."""
    if not clues:
        return {}
    rows = read.execute(
        sa.text(
            "SELECT clue_id, count(*) AS complaints, count(DISTINCT complainant) AS complainants, "
            "count(DISTINCT complainant) FILTER (WHERE vouched) AS vouched, count(DISTINCT number) AS senders, "
            "array_remove(array_agg(DISTINCT carrier), NULL) AS carriers, "
            "jsonb_agg(DISTINCT actors) FILTER (WHERE actors <> '[]') AS chains FROM evidence "
            "WHERE clue_id = ANY(CAST(:clues AS uuid[])) "
            "AND (CAST(:province AS text) IS NULL OR province = CAST(:province AS text)) GROUP BY clue_id"
        ),
        {"clues": list(clues), "province": province},
    )
    return {
        row.clue_id: Tally(read_as(row, Counts), tuple(sorted(row.carriers)), union(*(row.chains or ())))
        for row in rows
    }


def load_senders(read: Read, clues: Sequence[UUID], most: int) -> dict[UUID, list[SenderLine]]:
    """The `most` numbers of each clue with the most complaints, in descending order."""
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
        found[row.clue_id].append(read_as(row, SenderLine))
    return found


def load_samples(read: Read, clues: Sequence[UUID], most: int) -> dict[UUID, list[Redacted]]:
    """The `most` most frequent excerpts of each clue, in descending order."""
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
    found: dict[UUID, list[Redacted]] = defaultdict(list)
    for row in rows:
        found[row.clue_id].append(row.excerpt)
    return found
