"""Work that is due: listings whose time is over."""

from __future__ import annotations

from datetime import timedelta

from chassis.database import Tx
from chassis.sweeper import Slice, Sweep
from services.credit.commands.entries import expire_entries


def end_expired_listings(tx: Tx, piece: Slice) -> int:
    """End listings whose time is over, with everything that they restrict."""
    return expire_entries(tx, piece.limit)


# Time passes by itself: no commit announces it, so nothing is won by being woken.
SWEEPS = (Sweep(name="expired-listings", run=end_expired_listings, every=timedelta(seconds=1), woken=False),)
