"""Evidence: one row per complaint about a port, at the newest version that was received."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from operator import attrgetter
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from chassis import sets
from chassis.database import Read, Tx
from chassis.stored import read_as
from services.ports.policy.evidence import Evidence, JudgedEvidence
from services.ports.store.tables import EVIDENCE

_KEY = "complaint_id"
_COLUMNS = {name: _KEY if name == "complaint" else name for name in Evidence.__struct_fields__}
"""The column of each field of `Evidence`."""

_PLAIN = {name: column for name, column in _COLUMNS.items() if name != "actors"}
_WRITTEN = (*_PLAIN.values(), "counts", "actors", "version", "standing", "withdrawn")
_values = attrgetter(*_PLAIN, "counts")


@dataclass(frozen=True, slots=True)
class WrittenEvidence:
    """A complaint whose row was written. `corrected`: it replaced a row, which may have been part of a ground."""

    complaint: UUID
    number: str
    corrected: bool


def save_evidence(tx: Tx, judged: Sequence[JudgedEvidence]) -> list[WrittenEvidence]:
    """Write the evidence that is newer than the stored one, one version per complaint; returns what was written.

    Their numbers must be locked: no other transaction writes evidence of these complaints then, and new ones can be
    copied.
    """
    known = _known(tx, [each.evidence.complaint for each in judged])
    fresh = [each for each in judged if each.evidence.complaint not in known]
    tx.copy(EVIDENCE.name, _WRITTEN, map(_row, fresh))
    written = [WrittenEvidence(each.evidence.complaint, each.evidence.number, corrected=False) for each in fresh]
    newer = [_row(each) for each in judged if each.evidence.complaint in known]
    if newer:
        written += _upsert(tx, sets.by_column(_WRITTEN, newer))
    return written


def save_withdrawals(
    tx: Tx, complaints: Sequence[UUID], versions: Sequence[int], numbers: Sequence[str]
) -> list[WrittenEvidence]:
    """Mark complaints as withdrawn, also those that were never received; stale withdrawals are ignored."""
    columns: dict[str, Sequence[Any]] = {
        _KEY: list(complaints),
        "version": list(versions),
        "number": list(numbers),
        "withdrawn": [True] * len(complaints),
        "counts": [False] * len(complaints),
    }
    return _upsert(tx, columns)


def counting_evidence(read: Read, spans: Mapping[str, tuple[datetime, datetime]]) -> dict[str, list[Evidence]]:
    """The evidence that counts, by number, of messages sent in the number's span (both ends included)."""
    rows = read.execute(
        _COUNTING,
        {
            "numbers": list(spans),
            "starts": [start for start, _ in spans.values()],
            "ends": [end for _, end in spans.values()],
        },
    )
    evidence: dict[str, list[Evidence]] = defaultdict(list)
    for row in rows.all():
        evidence[row.number].append(read_as(row, Evidence))
    return evidence


_COUNTING = sa.text(
    f"SELECT {', '.join(f'e.{column} AS {name}' for name, column in _COLUMNS.items())} "  # noqa: S608 - our columns
    "FROM unnest(CAST(:numbers AS text[]), CAST(:starts AS timestamptz[]), CAST(:ends AS timestamptz[])) "
    "AS wanted(number, start_at, end_at) "
    "JOIN evidence AS e ON e.number = wanted.number AND e.sent_at BETWEEN wanted.start_at AND wanted.end_at "
    f"WHERE e.counts ORDER BY e.number, e.sent_at, e.{_KEY}"
)


def _known(read: Read, complaints: Sequence[UUID]) -> set[UUID]:
    statement = sa.text("SELECT complaint_id FROM evidence WHERE complaint_id = ANY(CAST(:ids AS uuid[]))")
    return set(read.execute(statement, {"ids": list(complaints)}).scalars())


def _row(judged: JudgedEvidence) -> tuple[Any, ...]:
    actors = sets.json_text(judged.evidence.actors)
    return (*_values(judged.evidence), actors, judged.version, judged.judgement.attribution, False)


def _upsert(tx: Tx, columns: Mapping[str, Sequence[Any]]) -> list[WrittenEvidence]:
    rows = tx.execute(_upsert_statement(tuple(columns)), dict(columns))
    return [WrittenEvidence(row.complaint_id, row.number, row.corrected) for row in rows]


@cache
def _upsert_statement(columns: tuple[str, ...]) -> sa.TextClause:
    newer = ", ".join(_newer(name) for name in columns if name != _KEY)
    return sa.text(
        f"INSERT INTO evidence ({', '.join(columns)}) SELECT * FROM unnest({sets.arrays(EVIDENCE, columns)}) "  # noqa: S608
        f"ON CONFLICT ({_KEY}) DO UPDATE SET {newer} WHERE evidence.version < excluded.version "
        f"RETURNING {_KEY}, number, xmax <> 0 AS corrected"
    )


def _newer(column: str) -> str:
    # A correction arrives later than the complaint did.
    value = f"LEAST(evidence.{column}, excluded.{column})" if column == "arrived_at" else f"excluded.{column}"
    return f"{column} = {value}"
