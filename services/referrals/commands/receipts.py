"""An authority fetched a batch, and quotes the digest of what it has."""

from __future__ import annotations

from uuid import UUID

from chassis import clock
from chassis.aggregate import NotFoundError
from chassis.database import Tx
from services.referrals.model import Batch
from services.referrals.store.batches import load_batches, save_batches
from services.referrals.store.clues import load_clues_of_batch, save_clues


def receive_batch(tx: Tx, batch: UUID, authority: str, digest: str) -> Batch:
    """The authority has the batch, and with it every clue in it that it has not returned or concluded since.

    Raises NotFoundError for a batch of another authority, and ConflictError for another digest or a second receipt.
    """
    clues = load_clues_of_batch(tx, batch)
    batches = load_batches(tx, [batch])
    if not batches or batches[0].authority != authority:
        raise NotFoundError
    received = batches[0]
    now = clock.now()
    received.receive(digest, now, tx.cause)
    for each in clues:
        each.receive(batch, now, tx.cause)
    save_clues(tx, clues)
    save_batches(tx, [received])
    return received
