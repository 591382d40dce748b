"""Complainants: their internal ids, their surrogates, and how often they complained. In sets throughout."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID, uuid4

import sqlalchemy as sa

from chassis.database import Read, Tx

IdentityKey = tuple[bytes, str]
"""The fingerprint of a complainant's number, and a quarter in which the complainant has a surrogate."""


class Identity(NamedTuple):
    """A complainant: `person` inside this service (`complainants.id`), `surrogate` outside it in one quarter."""

    person: UUID
    surrogate: UUID


_TYPES = {"fingerprint": "bytea", "quarter": "text", "person": "uuid", "surrogate": "uuid"}


def _one(*names: str) -> str:
    """A row of these parameters."""
    return f"(VALUES ({', '.join(f'CAST(%({name})s AS {_TYPES[name]})' for name in names)}))"


def _many(*names: str) -> str:
    """Rows of these parameters, each a list."""
    return f"unnest({', '.join(f'CAST(%({name})s AS {_TYPES[name]}[])' for name in names)})"


def _select(rows: str) -> str:
    return (
        "SELECT a.fingerprint, a.quarter, c.id AS person, s.id AS surrogate"  # noqa: S608 - our own words
        f" FROM {rows} AS a (fingerprint, quarter) JOIN complainants c USING (fingerprint)"
        " JOIN surrogates s ON s.complainant_id = c.id AND s.quarter = a.quarter"
    )


def _insert(rows: str) -> str:
    # The people first, then their surrogates, each in one order everywhere: two transactions that add the same ones
    # must not deadlock. What another transaction has just added is in neither result; the next select finds it.
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


_SELECT_ONE: Final = _select(_one("fingerprint", "quarter"))
_SELECT_MANY: Final = _select(_many("fingerprint", "quarter"))
_INSERT_ONE: Final = _insert(_one(*_TYPES))
_INSERT_MANY: Final = _insert(_many(*_TYPES))


def ensure_identities(tx: Tx, keys: Collection[IdentityKey], at: datetime) -> dict[IdentityKey, Identity]:
    """The identity of each complainant in each quarter. Missing ones are added, with random ids, which do not reveal
    when they were made."""
    found: dict[IdentityKey, Identity] = {}
    missing = sorted(set(keys))
    while missing:
        found |= _run(tx, _SELECT_ONE, _SELECT_MANY, missing, at)
        missing = [each for each in missing if each not in found]
        if missing:
            found |= _run(tx, _INSERT_ONE, _INSERT_MANY, [(*each, uuid4(), uuid4()) for each in missing], at)
            missing = [each for each in missing if each not in found]
    return found


def _run(tx: Tx, one: str, many: str, rows: Sequence[tuple[Any, ...]], at: datetime) -> dict[IdentityKey, Identity]:
    if len({fingerprint for fingerprint, *_ in rows}) == 1:
        # PostgreSQL plans a statement over lists at every execution, because it cannot know how long they are. For the
        # single complainant of one complaint the plan takes four times as long as the execution.
        parameters = (dict(zip(_TYPES, row, strict=False)) for row in rows)
        found = [each for row in parameters for each in tx.rows(one, row | {"at": at})]
    else:
        columns = {name: list(column) for name, column in zip(_TYPES, zip(*rows, strict=True), strict=False)}
        found = tx.rows(many, columns | {"at": at})
    return {(each.fingerprint, each.quarter): Identity(each.person, each.surrogate) for each in found}


@dataclass(frozen=True, slots=True)
class CapWindow:
    """A complaint, and the span of `received_at` in which `most` complaints of its complainant count."""

    complaint: UUID
    begin: datetime
    end: datetime
    most: int


def find_over_cap(read: Read, windows: Sequence[CapWindow]) -> set[UUID]:
    """The complaints in whose windows their complainants had already filed as many vouched ones as count, through the
    same channel: with the credential of one channel nothing is used up of what people file through another.

    "Already" means with a smaller id, so the order of assessment does not matter. A complaint that is filed with a
    smaller id while a later one is assessed is not seen: then one more counts than should.
    """
    rows = read.execute(
        sa.text(
            # OFFSET 0: complaints are looked up one by one; without it the planner reads the whole table for a thousand
            # of them. The inner LIMIT ends the count for a complainant who has filed very many.
            "SELECT c.id FROM unnest(CAST(:ids AS uuid[]), CAST(:begins AS timestamptz[]),"
            " CAST(:ends AS timestamptz[]), CAST(:most AS int[])) AS w (id, first, last, most)"
            " CROSS JOIN LATERAL (SELECT id, complainant_id, channel FROM complaints WHERE id = w.id OFFSET 0) AS c"
            " WHERE w.most <= (SELECT count(*) FROM (SELECT FROM vouched_complaints v"
            " WHERE v.complainant_id = c.complainant_id AND v.received_at BETWEEN w.first AND w.last"
            " AND v.complaint_id < c.id AND coalesce(v.channel, c.channel) = c.channel LIMIT w.most) AS before)"
        ),
        {
            "ids": [each.complaint for each in windows],
            "begins": [each.begin for each in windows],
            "ends": [each.end for each in windows],
            "most": [each.most for each in windows],
        },
    )
    return set(rows.scalars())
