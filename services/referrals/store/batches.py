"""Batches and their documents. A document is written once and never changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from chassis import sets
from chassis.database import Read, Tx
from chassis.stored import Stored
from services.referrals.model import Batch
from services.referrals.policy.documents import SealedDocument
from services.referrals.store.tables import BATCHES, DOCUMENTS

_STORED = Stored(BATCHES, Batch)


def load_batches(tx: Tx, ids: Iterable[UUID]) -> list[Batch]:
    """The batches with these ids, locked, sorted by id."""
    return _STORED.lock(tx, ids)


def save_batches(tx: Tx, batches: Sequence[Batch]) -> None:
    """Write batches that changed and publish what they recorded."""
    _STORED.save(tx, batches)


def save_documents(tx: Tx, batch_id: UUID, documents: Sequence[SealedDocument]) -> None:
    """Write the documents of a batch, in their order. The rows of the batch and of the clues exist already."""
    sets.insert(
        tx,
        DOCUMENTS,
        [
            {"clue_id": each.clue_id, "batch_id": batch_id, "position": position}
            | {"content": each.content, "digest": each.digest}
            for position, each in enumerate(documents)
        ],
    )


def load_contents(read: Read, batch_id: UUID) -> list[bytes]:
    """The documents of a batch, in the order of its manifest."""
    statement = sa.select(DOCUMENTS.c.content).where(DOCUMENTS.c.batch_id == batch_id).order_by(DOCUMENTS.c.position)
    return [bytes(content) for content in read.execute(statement).scalars()]


def batch_of(row: sa.Row[Any]) -> Batch:
    """The batch in a row of its table."""
    return _STORED.load(row)
