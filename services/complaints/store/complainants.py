"""Complainants: how often they complained, and who was known to an earlier release. In sets throughout."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from chassis.database import Read


@dataclass(frozen=True, slots=True)
class EarlierIdentity:
    """A complainant as an earlier release knew them, with random ids: the person, and their surrogate in each quarter
    ("2026Q4") in which they had one."""

    person: UUID
    surrogates: dict[str, UUID] = field(default_factory=dict)


_LAST = b"\xff" * 16
# The id of a person is the beginning of the fingerprint under which an earlier release stored them.
_EARLIER = sa.text(
    "SELECT c.id, e.id AS person, s.quarter, s.id AS surrogate"
    " FROM unnest(CAST(:ids AS uuid[])) AS w (id)"
    " CROSS JOIN LATERAL (SELECT id, uuid_send(complainant_id) AS person FROM complaints WHERE id = w.id OFFSET 0) AS c"
    " JOIN complainants e ON e.fingerprint BETWEEN c.person AND c.person || CAST(:last AS bytea)"
    " LEFT JOIN surrogates s ON s.complainant_id = e.id"
)


def find_earlier_identities(read: Read, complaints: Collection[UUID]) -> dict[UUID, EarlierIdentity]:
    """By complaint, its complainant as an earlier release knew them; without those who were not known."""
    found: dict[UUID, EarlierIdentity] = {}
    for row in read.execute(_EARLIER, {"ids": list(complaints), "last": _LAST}):
        identity = found.setdefault(row.id, EarlierIdentity(row.person))
        if row.quarter is not None:
            identity.surrogates[row.quarter] = row.surrogate
    return found


@dataclass(frozen=True, slots=True)
class CapWindow:
    """A complaint, and the span of `received_at` in which `most` complaints of its complainant count."""

    complaint: UUID
    begin: datetime
    end: datetime
    most: int


def find_over_cap(read: Read, windows: Sequence[CapWindow], earlier: Mapping[UUID, EarlierIdentity]) -> set[UUID]:
    """The complaints in whose windows their complainants had already filed as many vouched ones as count, through the
    same channel: with the credential of one channel nothing is used up of what people file through another. What an
    earlier release stored of a person counts too.

    "Already" means with a smaller id, so the order of assessment does not matter. A complaint that is filed with a
    smaller id while a later one is assessed is not seen: then one more counts than should.
    """
    rows = read.execute(
        sa.text(
            # OFFSET 0: complaints are looked up one by one; without it the planner reads the whole table for a thousand
            # of them. The inner LIMIT ends the count for a complainant who has filed very many.
            "SELECT c.id FROM unnest(CAST(:ids AS uuid[]), CAST(:earlier AS uuid[]), CAST(:begins AS timestamptz[]),"
            " CAST(:ends AS timestamptz[]), CAST(:most AS int[])) AS w (id, earlier, first, last, most)"
            " CROSS JOIN LATERAL (SELECT id, complainant_id, channel FROM complaints WHERE id = w.id OFFSET 0) AS c"
            " WHERE w.most <= (SELECT count(*) FROM (SELECT FROM vouched_complaints v"
            " WHERE v.complainant_id = ANY(ARRAY[c.complainant_id, w.earlier])"
            " AND v.received_at BETWEEN w.first AND w.last"
            " AND v.complaint_id < c.id AND coalesce(v.channel, c.channel) = c.channel LIMIT w.most) AS before)"
        ),
        {
            "ids": [each.complaint for each in windows],
            "earlier": [identity.person if (identity := earlier.get(each.complaint)) else None for each in windows],
            "begins": [each.begin for each in windows],
            "ends": [each.end for each in windows],
            "most": [each.most for each in windows],
        },
    )
    return set(rows.scalars())
