"""Batches and the documents in them. A document is written once and never changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from chassis import sets
from chassis.database import Read, Tx
from services.referrals.model import Batch, Because
from services.referrals.policy.documents import Sealed
from services.referrals.store.tables import BATCHES, DOCUMENTS

_CHANGING = ("version", "state", "received_at")


def load_batches(tx: Tx, ids: Iterable[UUID]) -> list[Batch]:
    """The batches with these ids, locked, sorted by id."""
    statement = sa.text("SELECT * FROM batches WHERE id = ANY(CAST(:ids AS uuid[])) ORDER BY id FOR UPDATE")
    return [batch_of(row) for row in tx.execute(statement, {"ids": list(ids)})]


def save_batches(tx: Tx, batches: Sequence[Batch]) -> None:
    """Write batches that changed and publish what they recorded."""
    changed = [each for each in batches if each.recorded]
    rows = [_row(each) for each in changed]
    sets.insert(tx, BATCHES, [row for row in rows if not row["stored_version"]])
    sets.update(tx, BATCHES, _CHANGING, [row for row in rows if row["stored_version"]])
    tx.publish(changed)


def keep_documents(tx: Tx, batch: UUID, documents: Sequence[Sealed]) -> None:
    """Keep the documents of a batch, in their order; its row and those of their clues are there."""
    sets.insert(
        tx,
        DOCUMENTS,
        [
            {
                "clue_id": each.clue,
                "batch_id": batch,
                "position": position,
                "content": each.content,
                "digest": each.digest,
            }
            for position, each in enumerate(documents)
        ],
    )


def contents_of(read: Read, batch: UUID) -> list[bytes]:
    """The documents of a batch, in the order of its manifest."""
    statement = sa.select(DOCUMENTS.c.content).where(DOCUMENTS.c.batch_id == batch).order_by(DOCUMENTS.c.position)
    return [bytes(content) for content in read.execute(statement).scalars()]


def batch_of(row: Any) -> Batch:
    """The batch in a row of its table."""
    return Batch(
        id=row.id,
        version=row.version,
        authority=row.authority,
        because=Because(row.because),
        sealing=row.sealing_id,
        correlation_id=row.correlation_id,
        clues=row.clues,
        manifest=bytes(row.manifest),
        digest=row.digest,
        sealed_at=row.sealed_at,
        received_at=row.received_at,
    )


def _row(batch: Batch) -> sets.Row:
    return {
        "id": batch.id,
        "stored_version": batch.stored_version,
        "version": batch.version,
        "authority": batch.authority,
        "because": batch.because,
        "sealing_id": batch.sealing,
        "correlation_id": batch.correlation_id,
        "clues": batch.clues,
        "manifest": batch.manifest,
        "digest": batch.digest,
        "state": batch.state,
        "sealed_at": batch.sealed_at,
        "received_at": batch.received_at,
    }
