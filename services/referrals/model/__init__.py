"""What this service is about: clues and the batches in which they are handed over. A transition checks its state and
records its event."""

from __future__ import annotations

from services.referrals.model.batch import Batch, BatchState, Because
from services.referrals.model.clue import HANDED_OVER, NOTHING, SEALABLE, Clue, ClueState, Stock
from services.referrals.model.place import Place, PlaceKey

__all__ = [
    "HANDED_OVER",
    "NOTHING",
    "SEALABLE",
    "Batch",
    "BatchState",
    "Because",
    "Clue",
    "ClueState",
    "Place",
    "PlaceKey",
    "Stock",
]
