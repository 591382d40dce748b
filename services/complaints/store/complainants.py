"""Complainants: who they are here, who they are outside, and how often they complained. In sets throughout."""

from __future__ import annotations

from collections.abc import Collection, Sequence
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


_TYPES = {"fingerprint": "bytea", "quarter": "text", "person": "uuid", "surrogate": "uuid"}


def _one(*names: str) -> str:
    """A row of these parameters."""
    return f"(VALUES ({', '.join(f'CAST(%({name})s AS {_TYPES[name]})' for name in names)}))"


def _many(*names: str) -> str:
    """Rows of these parameters, each a list."""
    return f"unnest({', '.join(f'CAST(%({name})s AS {_TYPES[name]}[])' for name in names)})"


def _known(rows: str) -> str:
    return (
        "SELECT a.fingerprint, a.quarter, c.id AS person, s.id AS surrogate"  # noqa: S608 - our own words
        f" FROM {rows} AS a (fingerprint, quarter) JOIN complainants c USING (fingerprint)"
        " JOIN surrogates s ON s.complainant_id = c.id AND s.quarter = a.quarter"
    )


def _met(rows: str) -> str:
    # The people first, then their surrogates, each in one order everywhere: two that add the same must not lock each
    # other out. Whom another transaction added a moment ago is in neither part, and is known when it is asked again.
    return (
        "WITH asked AS (SELECT fingerprint, quarter, person, surrogate"  # noqa: S608 - our own words
        f" FROM {rows} AS a (fingerprint, quarter, person, surrogate)),"
        " met AS (INSERT INTO complainants (fingerprint, id, first_seen_at)"
        " SELECT DISTINCT ON (fingerprint) fingerprint, person, %(at)s FROM asked ORDER BY fingerprint"
        " ON CONFLICT (fingerprint) DO NOTHING RETURNING fingerprint, id),"
        " people AS (SELECT fingerprint, id FROM met UNION ALL"
        " SELECT fingerprint, id FROM complainants WHERE fingerprint IN (SELECT fingerprint FROM asked)),"
        " wanted AS MATERIALIZED (SELECT a.fingerprint, a.quarter, p.id AS person, a.surrogate"
        " FROM asked a JOIN people p USING (fingerprint) ORDER BY p.id, a.quarter),"
        " named AS (INSERT INTO surrogates (complainant_id, quarter, id) SELECT person, quarter, surrogate FROM wanted"
        " ON CONFLICT (complainant_id, quarter) DO NOTHING RETURNING id)"
        " SELECT w.fingerprint, w.quarter, w.person, w.surrogate FROM wanted w JOIN named n ON n.id = w.surrogate"
    )


_KNOWN_ONE: Final = _known(_one("fingerprint", "quarter"))
_KNOWN_MANY: Final = _known(_many("fingerprint", "quarter"))
_MET_ONE: Final = _met(_one(*_TYPES))
_MET_MANY: Final = _met(_many(*_TYPES))


def identities(tx: Tx, asked: Collection[Asked], at: datetime) -> dict[Asked, Identity]:
    """Who each complainant is in each quarter; who is nobody yet becomes somebody, at random, which does not tell
    when."""
    found: dict[Asked, Identity] = {}
    missing = sorted(set(asked))
    while missing:
        found |= _run(tx, _KNOWN_ONE, _KNOWN_MANY, missing, at)
        missing = [each for each in missing if each not in found]
        if missing:
            found |= _run(tx, _MET_ONE, _MET_MANY, [(*each, uuid4(), uuid4()) for each in missing], at)
            missing = [each for each in missing if each not in found]
    return found


def _run(tx: Tx, one: str, many: str, rows: Sequence[tuple[Any, ...]], at: datetime) -> dict[Asked, Identity]:
    if len({fingerprint for fingerprint, *_ in rows}) == 1:
        # PostgreSQL plans a statement over lists anew each time, because it cannot know how long they are: for the
        # one person of one complaint that takes four times as long as to look.
        parameters = (dict(zip(_TYPES, row, strict=False)) for row in rows)
        told = [each for row in parameters for each in tx.rows(one, row | {"at": at})]
    else:
        columns = {name: list(column) for name, column in zip(_TYPES, zip(*rows, strict=True), strict=False)}
        told = tx.rows(many, columns | {"at": at})
    return {(each.fingerprint, each.quarter): Identity(each.person, each.surrogate) for each in told}


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
            # OFFSET: looked up one by one, or all that is stored is read for a thousand. The limit ends the count of
            # whoever complains without end.
            "SELECT c.id FROM unnest(CAST(:ids AS uuid[]), CAST(:begins AS timestamptz[]),"
            " CAST(:ends AS timestamptz[]), CAST(:most AS int[])) AS w (id, first, last, most)"
            " CROSS JOIN LATERAL (SELECT id, complainant_id FROM complaints WHERE id = w.id OFFSET 0) AS c"
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
