"""Complainants: who they are here, who they are outside, and how often they complained. In sets throughout."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

import sqlalchemy as sa

from chassis.database import Read, Tx

PersonInQuarter = tuple[UUID, str]
"""A complainant (`complainants.id`) and a quarter, which together have one surrogate."""


def complainants(tx: Tx, fingerprints: Collection[bytes], at: datetime) -> dict[bytes, UUID]:
    """The id of every complainant, by fingerprint; who has none yet gets one, random and not telling when."""
    known = _complainants_of(tx, fingerprints)
    missing = sorted(set(fingerprints) - known.keys())
    if missing:
        inserted = tx.execute(
            sa.text(
                "INSERT INTO complainants (fingerprint, id, first_seen_at)"
                " SELECT fingerprint, id, :at FROM unnest(CAST(:fingerprints AS bytea[]), CAST(:ids AS uuid[]))"
                " AS fresh (fingerprint, id) ON CONFLICT (fingerprint) DO NOTHING RETURNING fingerprint, id"
            ),
            {"fingerprints": missing, "ids": [uuid4() for _ in missing], "at": at},
        )
        known |= {bytes(row.fingerprint): row.id for row in inserted}
        # Whoever is still missing was added by another transaction a moment ago.
        known |= _complainants_of(tx, set(missing) - known.keys())
    return known


def _complainants_of(tx: Tx, fingerprints: Collection[bytes]) -> dict[bytes, UUID]:
    if not fingerprints:
        return {}
    rows = tx.execute(
        sa.text("SELECT fingerprint, id FROM complainants WHERE fingerprint = ANY(CAST(:fingerprints AS bytea[]))"),
        {"fingerprints": list(fingerprints)},
    )
    return {bytes(row.fingerprint): row.id for row in rows}


def surrogates(tx: Tx, people: Collection[PersonInQuarter]) -> dict[PersonInQuarter, UUID]:
    """Who these people are outside in these quarters; who is nobody yet becomes somebody, at random."""
    known = _surrogates_of(tx, people)
    # In one order everywhere, as above: two that add the same people must not lock each other out.
    missing = sorted(set(people) - known.keys())
    if missing:
        inserted = tx.execute(
            sa.text(
                "INSERT INTO surrogates (complainant_id, quarter, id)"
                " SELECT person, quarter, id"
                " FROM unnest(CAST(:people AS uuid[]), CAST(:quarters AS text[]), CAST(:ids AS uuid[]))"
                " AS fresh (person, quarter, id)"
                " ON CONFLICT (complainant_id, quarter) DO NOTHING RETURNING complainant_id, quarter, id"
            ),
            {**_columns(missing), "ids": [uuid4() for _ in missing]},
        )
        known |= {(row.complainant_id, row.quarter): row.id for row in inserted}
        known |= _surrogates_of(tx, set(missing) - known.keys())
    return known


def _surrogates_of(tx: Tx, people: Collection[PersonInQuarter]) -> dict[PersonInQuarter, UUID]:
    if not people:
        return {}
    rows = tx.execute(
        sa.text(
            "SELECT s.complainant_id, s.quarter, s.id"
            " FROM unnest(CAST(:people AS uuid[]), CAST(:quarters AS text[])) AS k (complainant_id, quarter)"
            " JOIN surrogates s USING (complainant_id, quarter)"
        ),
        _columns(people),
    )
    return {(row.complainant_id, row.quarter): row.id for row in rows}


def _columns(people: Collection[PersonInQuarter]) -> dict[str, object]:
    return {"people": [person for person, _ in people], "quarters": [quarter for _, quarter in people]}


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
