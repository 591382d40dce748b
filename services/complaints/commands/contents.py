"""Content that release 0.1.0 stored in clear: it is encrypted under the data keys of its quarter."""

from __future__ import annotations

from collections.abc import Sequence

from chassis.database import Tx
from services.complaints.store.contents import seal_clear


def seal_complaints(tx: Tx, ids: Sequence[str]) -> int:
    """Encrypt what these complaints have in clear; returns how many were encrypted."""
    return seal_clear(tx, ids)
