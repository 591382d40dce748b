"""Complainants: who they are here, who they are outside, and how often they complained. In sets throughout."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID, uuid4

import sqlalchemy as sa

from chassis.database import Read, Tx

Asked = tuple[bytes, str]
"""The fingerprint of a complainant's number, and a quarter in which the complainant is told outside."""


class Identity(NamedTuple):
    """Who complained: `person` here (`complainants.id`), `surrogate` outside in one quarter."""

    person: UUID
    surrogate: UUID


_KNOWN: Final = (
    "SELECT a.fingerprint, a.quarter, c.id AS person, s.id AS surrogate"
    " FROM unnest(CAST(%(fingerprints)s AS bytea[]), CAST(%(quarters)s AS text[])) AS a (fingerprint, quarter)"
    " JOIN complainants c USING (fingerprint)"
    " JOIN surrogates s ON s.complainant_id = c.id AND s.quarter = a.quarter"
)
# The people first, then their surrogates, each in one order everywhere: two that add the same must not lock each other
# out. Whom another transaction added a moment ago is in neither part, and is known when it is asked again.
_MEET: Final = (
    "WITH asked AS (SELECT * FROM unnest(CAST(%(fingerprints)s AS bytea[]), CAST(%(quarters)s AS text[]),"
    " CAST(%(people)s AS uuid[]), CAST(%(surrogates)s AS uuid[])) AS a (fingerprint, quarter, person, surrogate)),"
    " met AS (INSERT INTO complainants (fingerprint, id, first_seen_at)"
    " SELECT DISTINCT ON (fingerprint) fingerprint, person, %(at)s FROM asked ORDER BY fingerprint"
    " ON CONFLICT (fingerprint) DO NOTHING RETURNING fingerprint, id),"
    " people AS (SELECT fingerprint, id FROM met UNION ALL"
    " SELECT fingerprint, id FROM complainants WHERE fingerprint = ANY(CAST(%(fingerprints)s AS bytea[]))),"
    " wanted AS MATERIALIZED (SELECT a.fingerprint, a.quarter, p.id AS person, a.surrogate"
    " FROM asked a JOIN people p USING (fingerprint) ORDER BY p.id, a.quarter),"
    " named AS (INSERT INTO surrogates (complainant_id, quarter, id) SELECT person, quarter, surrogate FROM wanted"
    " ON CONFLICT (complainant_id, quarter) DO NOTHING RETURNING id)"
    " SELECT w.fingerprint, w.quarter, w.person, w.surrogate FROM wanted w JOIN named n ON n.id = w.surrogate"
)


def identities(tx: Tx, asked: Collection[Asked], at: datetime) -> dict[Asked, Identity]:
    """Who each complainant is in each quarter; who is nobody yet becomes somebody, at random, which does not tell
    when."""
    found: dict[Asked, Identity] = {}
    missing = sorted(set(asked))
    while missing:
        found |= _identities(tx.rows(_KNOWN, _columns(missing)))
        missing = [each for each in missing if each not in found]
        if missing:
            fresh = {"people": [uuid4() for _ in missing], "surrogates": [uuid4() for _ in missing], "at": at}
            found |= _identities(tx.rows(_MEET, _columns(missing) | fresh))
            missing = [each for each in missing if each not in found]
    return found


def _columns(asked: Sequence[Asked]) -> dict[str, object]:
    return {"fingerprints": [each for each, _ in asked], "quarters": [quarter for _, quarter in asked]}


def _identities(rows: Iterable[Any]) -> dict[Asked, Identity]:
    return {(row.fingerprint, row.quarter): Identity(row.person, row.surrogate) for row in rows}


@dataclass(frozen=True, slots=True)
class Window:
    """A complaint, and the span of `received_at` in which `most` complaints of its complainant count."""

    complaint: UUID
    begin: datetime
    end: datetime
    most: int


def beyond_cap(read: Read, windows: Sequence[Window]) -> set[UUID]:
    """Those of these complaints in whose windows their complainants had made as many vouched ones before as count.

    Before is what has a smaller id, so it does not matter what is assessed first. A complaint that is filed with a
    smaller id while a later one is assessed is not seen: then one more counts than should.
    """
    rows = read.execute(
        sa.text(
            # The limit ends the count of whoever complains without end.
            "SELECT c.id FROM unnest(CAST(:ids AS uuid[]), CAST(:begins AS timestamptz[]),"
            " CAST(:ends AS timestamptz[]), CAST(:most AS int[])) AS w (id, first, last, most)"
            " JOIN complaints c USING (id)"
            " WHERE w.most <= (SELECT count(*) FROM (SELECT FROM vouched_complaints v"
            " WHERE v.complainant_id = c.complainant_id AND v.received_at BETWEEN w.first AND w.last"
            " AND v.complaint_id < c.id LIMIT w.most) AS before)"
        ),
        {
            "ids": [each.complaint for each in windows],
            "begins": [each.begin for each in windows],
            "ends": [each.end for each in windows],
            "most": [each.most for each in windows],
        },
    )
    return set(rows.scalars())
