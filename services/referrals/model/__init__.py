"""The domain model: clues, and the batches in which they are handed over. A transition checks the state and records
its event."""

from __future__ import annotations

from services.referrals.model.batch import Batch, BatchState, SealingTrigger
from services.referrals.model.clue import EMPTY, HANDED_OVER, SEALABLE, Clue, ClueState, Tally, new_clue_id
from services.referrals.model.place import Place, PlaceKey

__all__ = [
    "EMPTY",
    "HANDED_OVER",
    "SEALABLE",
    "Batch",
    "BatchState",
    "Clue",
    "ClueState",
    "Place",
    "PlaceKey",
    "SealingTrigger",
    "Tally",
    "new_clue_id",
]
