"""The seals of the audit log: a chain of Merkle roots over its entries, which shows every later change.

Once a second one worker seals the entries that have been committed since (`seal`). No act waits for it. A seal lists
its entries, so that their order is that of the sealing: an entry of a transaction that commits late gets a later place,
and no entry can come before a sealed one. `verify` computes everything again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
import structlog

from chassis import merkle, metrics
from chassis.audit import AUDIT_LOG, AUDIT_UNSEALED, encoded
from chassis.database import MECHANISM, Read, Tx

AUDIT_SEALS = sa.Table(
    "audit_seals",
    MECHANISM,
    sa.Column("from", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("to", sa.BigInteger, nullable=False),
    sa.Column("rows", sa.Integer, nullable=False),
    sa.Column("merkle_root", sa.LargeBinary, nullable=False),
    sa.Column("previous", sa.LargeBinary, nullable=False, unique=True),
    sa.Column("entries", sa.ARRAY(sa.Uuid), nullable=False),
    sa.Column("leaves", sa.ARRAY(sa.LargeBinary), nullable=False),
    comment="Seals of the audit log, each with the hash of the one before it; rows are only ever added",
)
"""`from` and `to` are the places of the first and the last entry, counted from 1. `entries` are their ids and `leaves`
their hashes, in that order; `merkle_root` is the root over the leaves (RFC 6962), `previous` the hash of the preceding
seal."""

APPEND_ONLY = (AUDIT_LOG, AUDIT_SEALS)
"""The tables whose rows a service can neither change nor delete."""

FIRST = bytes(32)
"""`previous` of the first seal."""

_LOCK = sa.text("SELECT pg_try_advisory_xact_lock(hashtext('anning audit seals'))")
_TAKE = sa.text(
    "WITH taken AS (DELETE FROM audit_unsealed WHERE entry IN"
    " (SELECT entry FROM audit_unsealed JOIN audit_log ON id = entry ORDER BY since, entry LIMIT :limit)"
    " RETURNING entry)"
    " SELECT audit_log.* FROM audit_log JOIN taken ON entry = id ORDER BY id"
)
"""An entry that was removed before its seal stays in the queue, and its age is the alert."""
_LAST = sa.text('SELECT * FROM audit_seals ORDER BY "from" DESC LIMIT 1')
_AGE = sa.text("SELECT COALESCE(EXTRACT(epoch FROM clock_timestamp() - min(since)), 0) FROM audit_unsealed")

_WHOLE = sa.text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; SET LOCAL statement_timeout = 0")
_SEALS = sa.text('SELECT * FROM audit_seals WHERE "from" > :after ORDER BY "from" LIMIT 200')
_ENTRIES = sa.text("SELECT * FROM audit_log WHERE id = ANY(CAST(:ids AS uuid[]))")
_NEVER_SEALED = sa.text(
    "SELECT id FROM audit_log WHERE NOT EXISTS (SELECT FROM audit_unsealed WHERE entry = id)"
    " AND NOT EXISTS (SELECT FROM (SELECT unnest(entries) AS entry FROM audit_seals) AS sealed WHERE entry = id)"
    " ORDER BY id LIMIT 1"
)
_WAITING = sa.select(sa.func.count()).select_from(AUDIT_UNSEALED)

log = structlog.get_logger()


class DifferenceError(Exception):
    """The audit log is not what was sealed. The message names the first difference."""


@dataclass(frozen=True, slots=True)
class Verified:
    """What was verified: so many sealed entries, so many seals, and the hash of the last one (FIRST: of none). So many
    entries wait for their seal."""

    entries: int
    seals: int
    waiting: int
    last: bytes


def seal(tx: Tx, limit: int) -> int:
    """Seal the committed entries that have no seal, at most `limit` of them; returns their count. It does nothing while
    another worker seals."""
    if not tx.execute(_LOCK).scalar_one():
        return 0
    entries = [row._asdict() for row in tx.execute(_TAKE, {"limit": limit})]
    if not entries:
        return 0
    last = next((row._asdict() for row in tx.execute(_LAST)), None)
    start = 1 if last is None else last["to"] + 1
    leaves = [merkle.leaf_hash(encoded(entry)) for entry in entries]
    made: dict[str, Any] = {
        "from": start,
        "to": start + len(entries) - 1,
        "rows": len(entries),
        "merkle_root": merkle.root_hash(leaves),
        "previous": FIRST if last is None else hash_of(last),
        "entries": [entry["id"] for entry in entries],
        "leaves": leaves,
    }
    tx.execute(AUDIT_SEALS.insert(), made)
    # Kept elsewhere, the lines show a chain that was written again from its beginning.
    log.info("audit log sealed", entries=f"{made['from']} to {made['to']}", seal=hash_of(made).hex())
    return len(entries)


def measure_unsealed(read: Read) -> None:
    """Set the metric of the oldest entry without a seal."""
    metrics.AUDIT_UNSEALED_AGE.set(float(read.execute(_AGE).scalar_one()))


def hash_of(made: Mapping[str, Any]) -> bytes:
    """The hash of a whole seal, which the next one repeats."""
    return hashlib.sha256(encoded(made)).digest()


def verify(read: Read, noted: bytes | None = None) -> Verified:
    """Compute every leaf, root and link again, in one snapshot; the first statement of its transaction.

    `noted`: the hash of an earlier seal, which must be in the chain. A superuser of the server can write the whole
    chain again; a hash that was noted elsewhere shows it. Raises DifferenceError.
    """
    read.execute(_WHOLE)
    count, place, previous, found = 0, 0, FIRST, noted in (None, FIRST)
    for made in _all_seals(read):
        _check_link(made, place, previous)
        _check_entries(read, made)
        count, place, previous = count + 1, made["to"], hash_of(made)
        found = found or previous == noted
    for identifier in read.execute(_NEVER_SEALED).scalars():
        raise DifferenceError(f"entry {identifier} was inserted without a seal, or its seal was removed")
    if not found:
        raise DifferenceError("no seal has the noted hash: seals were removed, or the chain was written again")
    return Verified(place, count, read.execute(_WAITING).scalar_one(), previous)


def _all_seals(read: Read) -> Iterator[Mapping[str, Any]]:
    after = -(2**63)
    while page := [row._asdict() for row in read.execute(_SEALS, {"after": after})]:
        yield from page
        after = page[-1]["from"]


def _check_link(made: Mapping[str, Any], place: int, previous: bytes) -> None:
    start, end, rows = made["from"], made["to"], made["rows"]
    if start > place + 1:
        raise DifferenceError(f"the seal of the entries from {place + 1} on was removed")
    consistent = start == place + 1 and end - place == rows == len(made["entries"]) == len(made["leaves"]) > 0
    if not consistent or merkle.root_hash(made["leaves"]) != made["merkle_root"]:
        raise DifferenceError(f"the seal of the entries from {start} on was changed")
    if made["previous"] != previous:
        raise DifferenceError(
            f"the seal of the entries from {start} on does not continue the one before it: one of them was changed"
        )


def _check_entries(read: Read, made: Mapping[str, Any]) -> None:
    ids: Sequence[UUID] = made["entries"]
    entries = {row.id: row._asdict() for row in read.execute(_ENTRIES, {"ids": ids})}
    for place, (identifier, leaf) in enumerate(zip(ids, made["leaves"], strict=True), made["from"]):
        entry = entries.get(identifier)
        if entry is None:
            raise DifferenceError(f"entry {identifier}, number {place}, was removed")
        if merkle.leaf_hash(encoded(entry)) != leaf:
            raise DifferenceError(f"entry {identifier}, number {place}, was changed")
