"""Complaints: loaded and saved in sets, one statement per step."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from chassis.buckets import bucket_of
from chassis.citation import Citation
from chassis.database import Read, StaleAggregateError, Tx
from contracts.complaints import Attribution
from contracts.numbers import SenderNumber
from contracts.vocabulary import AttributionKind, Category
from services.complaints.model import Assessment, Assessor, Complaint, State


@dataclass(frozen=True, slots=True)
class NewComplaint:
    """A row of `complaints` before it has a place there: `complainant_id` is the person, `surrogate` and
    `surrogate_also` who that is outside. `receipt` for whom one is handed out."""

    id: UUID
    channel: str
    external_id: str
    digest: bytes
    sender_number: str
    sender_raw: str
    complainant_id: UUID
    surrogate: UUID
    surrogate_also: UUID | None
    number_cipher: bytes
    province: str | None
    sent_at: datetime
    received_at: datetime
    filed_at: datetime
    text: str
    consented: str
    unsubscribed: bool
    vouched: bool
    receipt: str | None


_NEW_COLUMNS = (
    *("id", "channel", "external_id", "digest", "bucket", "sender_number", "sender_raw", "complainant_id"),
    *("surrogate", "surrogate_also", "number_cipher", "province", "sent_at", "received_at", "filed_at", "text"),
    *("consented", "unsubscribed", "vouched", "receipt", "state", "version"),
)
_STAGED = ", ".join(_NEW_COLUMNS)
# The staging table stays with its connection: made in every transaction it would bloat the catalogue.
_QUIETLY = sa.text("SET LOCAL client_min_messages = warning")
_STAGE = sa.text(
    "CREATE TEMPORARY TABLE IF NOT EXISTS staged_complaints ON COMMIT DELETE ROWS AS"  # noqa: S608 - our columns
    f" SELECT {_STAGED} FROM complaints WITH NO DATA"
)
# Whoever's complaint is vouched for has one more that later ones are capped by.
_COUNTED = (
    " ON CONFLICT (channel, external_id) DO NOTHING RETURNING id, complainant_id, received_at, vouched),"
    " counted AS (INSERT INTO vouched_complaints (complainant_id, received_at, complaint_id)"
    " SELECT complainant_id, received_at, id FROM taken WHERE vouched)"
    " SELECT id FROM taken"
)
_TAKE_STAGED = sa.text(
    f"WITH taken AS (INSERT INTO complaints ({_STAGED})"  # noqa: S608 - our columns
    f" SELECT {_STAGED} FROM staged_complaints{_COUNTED}"
)
_TAKE_ONE = (
    f"WITH taken AS (INSERT INTO complaints ({_STAGED})"  # noqa: S608 - our columns
    f" VALUES ({', '.join(f'%({name})s' for name in _NEW_COLUMNS)}){_COUNTED}"
)
_FEW = 5
"""So few rows are written faster one by one than by way of a staging table."""


def insert_new(tx: Tx, complaints: Sequence[NewComplaint]) -> set[UUID]:
    """Insert complaints whose (channel, external id) is not there yet; returns the ids of those."""
    rows = [
        (
            *(each.id, each.channel, each.external_id, each.digest, bucket_of(each.sender_number)),
            *(each.sender_number, each.sender_raw, each.complainant_id, each.surrogate, each.surrogate_also),
            *(each.number_cipher, each.province, each.sent_at, each.received_at, each.filed_at, each.text),
            *(each.consented, each.unsubscribed, each.vouched, each.receipt, State.FILED.value, 0),
        )
        # In one order everywhere: two files with the same complaints must not lock each other out.
        for each in sorted(complaints, key=lambda each: (each.channel, each.external_id))
    ]
    if len(rows) <= _FEW:
        return {each.id for row in rows for each in tx.rows(_TAKE_ONE, dict(zip(_NEW_COLUMNS, row, strict=True)))}
    tx.execute(_QUIETLY)
    tx.execute(_STAGE)
    tx.copy("staged_complaints", _NEW_COLUMNS, rows)
    inserted = tx.execute(_TAKE_STAGED)
    return set(inserted.scalars())


@dataclass(frozen=True, slots=True)
class Known:
    """A complaint that was there before: what it is compared by."""

    id: UUID
    digest: bytes
    receipt: str | None
    state: State


def find_known(read: Read, keys: Collection[tuple[str, str]]) -> dict[tuple[str, str], Known]:
    """The complaints with these (channel, external id)."""
    if not keys:
        return {}
    rows = read.execute(
        sa.text(
            "SELECT c.channel, c.external_id, c.id, c.digest, c.receipt, c.state"
            " FROM unnest(CAST(:channels AS text[]), CAST(:ids AS text[])) AS k (channel, external_id)"
            " JOIN complaints c USING (channel, external_id)"
        ),
        {"channels": [channel for channel, _ in keys], "ids": [external_id for _, external_id in keys]},
    )
    return {
        (row.channel, row.external_id): Known(row.id, bytes(row.digest), row.receipt, State(row.state)) for row in rows
    }


_COMPLAINT = (
    "c.id, c.version, c.channel, c.external_id, c.sender_number, c.vouched, c.province, c.sent_at, c.received_at,"
    " c.filed_at, c.text, c.state, coalesce(c.surrogate, c.complainant_id) AS complainant, c.surrogate_also"
)


def take_unassessed(tx: Tx, buckets: Sequence[int], limit: int) -> list[Complaint]:
    """Lock complaints that wait for their assessment, oldest first; those that somebody else holds are left to him."""
    rows = tx.execute(
        sa.text(
            # First which, then what they say: sorted with their texts, all that waits would go through a file.
            "SELECT c.* FROM (SELECT id FROM complaints WHERE state = 'filed'"  # noqa: S608 - our columns
            " AND bucket = ANY(CAST(:buckets AS smallint[])) ORDER BY id LIMIT :limit) AS due"
            f" CROSS JOIN LATERAL (SELECT {_COMPLAINT} FROM complaints c"
            " WHERE c.id = due.id AND c.state = 'filed' FOR UPDATE SKIP LOCKED) AS c ORDER BY c.id"
        ),
        {"buckets": list(buckets), "limit": limit},
    )
    return [_complaint(row, None) for row in rows]


def load_many(tx: Tx, ids: Iterable[UUID]) -> list[Complaint]:
    """Lock complaints and load them with their current assessments, sorted by id; unknown ids are left out."""
    rows = tx.execute(
        sa.text(
            f"SELECT {_COMPLAINT} FROM complaints c"  # noqa: S608 - our columns
            " WHERE c.id = ANY(CAST(:ids AS uuid[])) ORDER BY c.id FOR UPDATE"
        ),
        {"ids": sorted(ids)},
    ).all()
    current = tx.execute(
        sa.text(
            "SELECT DISTINCT ON (complaint_id) * FROM assessments WHERE complaint_id = ANY(CAST(:ids AS uuid[]))"
            " ORDER BY complaint_id, version DESC"
        ),
        {"ids": [row.id for row in rows]},
    )
    assessments = {row.complaint_id: assessment(row) for row in current}
    return [_complaint(row, assessments.get(row.id)) for row in rows]


def _complaint(row: Any, current: Assessment | None) -> Complaint:
    return Complaint(
        id=row.id,
        version=row.version,
        channel=row.channel,
        external_id=row.external_id,
        sender=SenderNumber.parse(row.sender_number),
        complainant=row.complainant,
        complainant_also=row.surrogate_also,
        vouched=row.vouched,
        province=row.province,
        sent_at=row.sent_at,
        received_at=row.received_at,
        filed_at=row.filed_at,
        text=row.text,
        state=State(row.state),
        assessment=current,
    )


def assessment(row: Any) -> Assessment:
    """A row of `assessments` as what it says."""
    return Assessment(
        attribution=Attribution(
            kind=AttributionKind(row.kind),
            carrier=row.carrier,
            holder=row.holder,
            provider=row.provider,
            signature=row.signature,
            filed_signature=row.filed_signature,
            as_of=row.as_of,
        ),
        industry=row.industry,
        category=Category(row.category),
        confidence=row.confidence,
        reasons=tuple(row.reasons),
        rules=msgspec.convert(row.rules, tuple[Citation, ...]),
        excerpt=row.excerpt,
        assessed_at=row.assessed_at,
        assessor=Assessor(row.assessor),
        assessed_by=row.assessed_by,
        note=row.note,
        capped=row.capped,
    )


_ASSESSED_COLUMNS = (
    *("complaint_id", "version", "kind", "carrier", "holder", "provider", "signature", "filed_signature", "as_of"),
    *("industry", "category", "confidence", "reasons", "rules", "excerpt", "assessed_at", "assessor", "assessed_by"),
    *("note", "capped"),
)


def save_many(tx: Tx, complaints: Sequence[Complaint]) -> None:
    """Write back complaints whose state or assessment changed, add their new assessments, publish their events.

    Raises StaleAggregateError when one of them is not at the version it was loaded with.
    """
    changed = [each for each in complaints if each.recorded]
    if not changed:
        return
    _update(tx, changed)
    tx.copy(
        "assessments",
        _ASSESSED_COLUMNS,
        [
            _assessed_row(each, each.assessment)
            for each in changed
            if each.assessment is not None and each.state is State.ASSESSED
        ],
    )
    tx.publish(changed)


def _update(tx: Tx, changed: Sequence[Complaint]) -> None:
    found = [each.assessment for each in changed]
    updated = tx.execute(
        sa.text(
            "UPDATE complaints c SET state = n.state, version = n.version, kind = n.kind, carrier = n.carrier,"
            " industry = n.industry, category = n.category, assessed_at = n.assessed_at"
            " FROM unnest(CAST(:ids AS uuid[]), CAST(:stored AS int[]), CAST(:states AS text[]),"
            " CAST(:versions AS int[]), CAST(:kinds AS text[]), CAST(:carriers AS text[]), CAST(:industries AS text[]),"
            " CAST(:categories AS text[]), CAST(:moments AS timestamptz[]))"
            " AS n (id, stored, state, version, kind, carrier, industry, category, assessed_at)"
            " WHERE c.id = n.id AND c.version = n.stored"
        ),
        {
            "ids": [each.id for each in changed],
            "stored": [each.stored_version for each in changed],
            "states": [each.state.value for each in changed],
            "versions": [each.version for each in changed],
            "kinds": [each and each.attribution.kind for each in found],
            "carriers": [each and each.attribution.carrier for each in found],
            "industries": [each and each.industry for each in found],
            "categories": [each and each.category.value for each in found],
            "moments": [each and each.assessed_at for each in found],
        },
    )
    if updated.rowcount != len(changed):
        raise StaleAggregateError(f"{len(changed) - updated.rowcount} of {len(changed)} complaints changed meanwhile")


def _assessed_row(complaint: Complaint, found: Assessment) -> tuple[Any, ...]:
    who = found.attribution
    return (
        *(complaint.id, complaint.version, str(who.kind), who.carrier, who.holder, who.provider, who.signature),
        *(who.filed_signature, who.as_of, found.industry, found.category.value, found.confidence),
        *(_json(found.reasons), _json(found.rules), found.excerpt, found.assessed_at),
        *(found.assessor.value, found.assessed_by, found.note, found.capped),
    )


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
