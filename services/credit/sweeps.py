"""Sweeps: listings whose period is over expire."""

from __future__ import annotations

from datetime import timedelta

from chassis.database import Tx
from chassis.sweeper import Slice, Sweep
from services.credit.commands.entries import expire_entries


def end_expired_listings(tx: Tx, piece: Slice) -> int:
    """End listings whose period is over, with their restrictions."""
    return expire_entries(tx, piece.limit)


# Not woken by commits: a listing expires by the clock only.
SWEEPS = (Sweep(name="expired-listings", run=end_expired_listings, every=timedelta(seconds=1), woken=False),)
