"""Complaints: loaded and saved in sets, one statement per step."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from operator import attrgetter
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from chassis import sets
from chassis.buckets import bucket_of
from chassis.data_keys import DataKeys
from chassis.database import Read, Tx
from chassis.quarantine import HELD
from chassis.stored import of_row, read_as
from chassis.sweeper import Slice
from contracts.complaints import Attribution
from contracts.numbers import SenderNumber
from contracts.vocabulary import Consent
from services.complaints.model import Assessment, Complaint, ComplaintState
from services.complaints.store.contents import keys_for, text_in
from services.complaints.store.tables import ASSESSMENTS, COMPLAINTS

ComplaintKey = tuple[str, str]
"""The channel and the external id of a complaint."""


@dataclass(kw_only=True, slots=True)
class NewComplaint:
    """A complaint before it is stored: each attribute is the column of its name.

    `complainant_id` is the person, `surrogate` and `surrogate_also` are the surrogates. `receipt_digest` is None where
    the complainant gets no receipt. `actors` is JSON.
    """

    id: UUID
    channel: str
    external_id: str
    digest: bytes
    sender_number: str
    complainant_id: UUID
    surrogate: UUID
    surrogate_also: UUID | None
    text_cipher: bytes | None
    number_cipher: bytes | None
    province: str | None
    sent_at: datetime
    received_at: datetime
    filed_at: datetime
    consented: Consent
    unsubscribed: bool
    vouched: bool
    receipt_digest: bytes | None
    actors: str
    traceparent: str | None = None
    state: ComplaintState = ComplaintState.FILED
    version: int = 0

    @property
    def key(self) -> ComplaintKey:
        """What it is recognised by when it is sent again."""
        return self.channel, self.external_id

    @property
    def bucket(self) -> int:
        """The bucket of its sender: all complaints about one sender are assessed by one worker."""
        return bucket_of(self.sender_number)


_NEW_COLUMNS = ("bucket", *(each.name for each in fields(NewComplaint)))
_row_of = attrgetter(*_NEW_COLUMNS)
_STAGED = ", ".join(_NEW_COLUMNS)
# The staging table stays with its connection: to create it in every transaction would bloat the catalogue.
_QUIETLY = sa.text("SET LOCAL client_min_messages = warning")
_STAGE = sa.text(
    "CREATE TEMPORARY TABLE IF NOT EXISTS staged_complaints ON COMMIT DELETE ROWS AS"  # noqa: S608 - our columns
    f" SELECT {_STAGED} FROM complaints WITH NO DATA"
)
# The cap counts the complaints of each complainant that their channels vouch for.
_COUNTED = (
    " ON CONFLICT (channel, external_id) DO NOTHING RETURNING id, complainant_id, received_at, channel, vouched),"
    " counted AS (INSERT INTO vouched_complaints (complainant_id, received_at, complaint_id, channel)"
    " SELECT complainant_id, received_at, id, channel FROM taken WHERE vouched)"
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
"""Up to this many rows are written faster one by one than through a staging table."""


def insert_complaints(tx: Tx, complaints: Collection[NewComplaint]) -> set[UUID]:
    """Insert the complaints whose channel and external id are not stored yet; returns the ids of those."""
    # Sorted: two files with the same complaints must not deadlock.
    rows = [_row_of(each) for each in sorted(complaints, key=attrgetter("key"))]
    if len(rows) <= _FEW:
        return {each.id for row in rows for each in tx.rows(_TAKE_ONE, dict(zip(_NEW_COLUMNS, row, strict=True)))}
    tx.execute(_QUIETLY)
    tx.execute(_STAGE)
    tx.copy("staged_complaints", _NEW_COLUMNS, rows)
    inserted = tx.execute(_TAKE_STAGED)
    return set(inserted.scalars())


@dataclass(frozen=True, slots=True)
class KnownComplaint:
    """A complaint that was filed before, with the digest that another one under its id is compared by."""

    id: UUID
    digest: bytes
    receipt_digest: bytes | None
    state: ComplaintState


def find_known(read: Read, keys: Collection[ComplaintKey]) -> dict[ComplaintKey, KnownComplaint]:
    """The stored complaints with these keys."""
    if not keys:
        return {}
    rows = read.execute(
        sa.text(
            "SELECT c.channel, c.external_id, c.id, c.digest, c.receipt_digest, c.state"
            " FROM unnest(CAST(:channels AS text[]), CAST(:ids AS text[])) AS k (channel, external_id)"
            " JOIN complaints c USING (channel, external_id)"
        ),
        {"channels": [channel for channel, _ in keys], "ids": [external_id for _, external_id in keys]},
    )
    return {(row.channel, row.external_id): read_as(row, KnownComplaint) for row in rows}


_HASH_RECEIPTS = sa.text(
    "UPDATE complaints SET receipt_digest = sha256(convert_to(receipt, 'UTF8')), receipt = NULL WHERE id IN"
    " (SELECT id FROM complaints WHERE receipt IS NOT NULL LIMIT :limit FOR UPDATE SKIP LOCKED)"
)


def hash_clear_receipts(tx: Tx, limit: int) -> int:
    """Replace at most `limit` stored receipts by their digests; returns how many."""
    return tx.execute(_HASH_RECEIPTS, {"limit": limit}).rowcount


_COMPUTED = {
    "sender": "c.sender_number",
    "surrogate": "coalesce(c.surrogate, c.complainant_id)",
}
"""The fields of a complaint that are not the column of their name."""
_COMPLAINT = ", ".join(
    f"{_COMPUTED.get(each.name, f'c.{each.name}')} AS {each.name}"
    for each in fields(Complaint)
    if each.name not in ("recorded", "assessment")
)
_COMPLAINT += ", c.text_cipher"


def find_unassessed(read: Read, piece: Slice) -> list[str]:
    """The complaints that wait for their assessment, the oldest first."""
    rows = read.execute(
        sa.text(
            "SELECT id FROM complaints WHERE state = 'filed' AND bucket = ANY(CAST(:buckets AS smallint[]))"  # noqa: S608
            f" AND CAST(id AS text) NOT IN {HELD} ORDER BY id LIMIT :limit"
        ),
        {"buckets": list(piece.buckets), "limit": piece.limit, "sweep": piece.sweep},
    )
    return [str(each) for each in rows.scalars()]


def load_unassessed(tx: Tx, ids: Sequence[str]) -> list[Complaint]:
    """Those of these complaints that wait for their assessment, locked, the oldest first; skips rows locked by another
    worker."""
    rows = tx.execute(
        sa.text(
            "SELECT c.* FROM unnest(CAST(:ids AS uuid[])) AS due (id)"  # noqa: S608 - our columns
            f" CROSS JOIN LATERAL (SELECT {_COMPLAINT} FROM complaints c"
            " WHERE c.id = due.id AND c.state = 'filed' FOR UPDATE SKIP LOCKED) AS c ORDER BY c.id"
        ),
        {"ids": list(ids)},
    )
    return _complaints(tx, rows.all(), {})


def load_complaints(tx: Tx, ids: Iterable[UUID]) -> list[Complaint]:
    """The complaints with these ids and their current assessments, locked, sorted by id."""
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
    assessments = {row.complaint_id: _assessment(row) for row in current}
    return _complaints(tx, rows, assessments)


def _complaints(read: Read, rows: Sequence[sa.Row[Any]], current: Mapping[UUID, Assessment]) -> list[Complaint]:
    keys = keys_for(read, rows)
    return [_complaint(row, keys, current.get(row.id)) for row in rows]


@of_row
def _complaint(row: sa.Row[Any], keys: DataKeys, current: Assessment | None) -> Complaint:
    nested = {"sender": SenderNumber.of(row.sender), "text": text_in(row, keys), "assessment": current}
    return msgspec.convert({**row._mapping, **nested}, Complaint)


@of_row
def _assessment(row: sa.Row[Any]) -> Assessment:
    return msgspec.convert({**row._mapping, "attribution": row._mapping}, Assessment)


_CHANGING = (
    *("state", "version", "actors", "surrogate", "surrogate_also"),
    *("kind", "carrier", "industry", "category", "assessed_at"),
)
"""The columns of `complaints` that change: its state, the surrogates of a person known to an earlier release, and its
current assessment as lists and statistics show it."""


_JSON = ("reasons", "rules")
"""The columns of `assessments` that hold JSON."""
_ATTRIBUTION = frozenset(each.name for each in msgspec.structs.fields(Attribution))


def _attribute(column: str) -> str:
    """The attribute of a complaint that a column of `assessments` holds."""
    if column in ("complaint_id", "version"):
        return column.removeprefix("complaint_")
    return f"assessment.attribution.{column}" if column in _ATTRIBUTION else f"assessment.{column}"


_ASSESSMENT_COLUMNS = tuple(column.name for column in ASSESSMENTS.columns if column.name not in _JSON)
# Not by `sets.insert`, whose dictionaries take more than twice as long: every complaint is assessed here.
_assessment_values = attrgetter(*map(_attribute, _ASSESSMENT_COLUMNS))


def save_complaints(tx: Tx, complaints: Sequence[Complaint]) -> None:
    """Write complaints that changed, add their new assessments, and publish what they recorded.

    Raises StaleAggregateError where a row has changed since it was read.
    """
    changed = [each for each in complaints if each.recorded]
    columns = ("id", "stored_version", *_CHANGING)
    rows = [{name: getattr(each, name) for name in columns} for each in changed]
    sets.update(tx, COMPLAINTS, _CHANGING, rows)
    assessed = [each for each in changed if each.state is ComplaintState.ASSESSED]
    tx.copy("assessments", (*_ASSESSMENT_COLUMNS, *_JSON), map(_assessment_row, assessed))
    tx.publish(changed)


def _assessment_row(complaint: Complaint) -> tuple[Any, ...]:
    found = complaint.current_assessment()
    return (*_assessment_values(complaint), _encoded(found.reasons), _encoded(found.rules))


def _encoded(value: object) -> str:
    return msgspec.json.encode(value).decode()
