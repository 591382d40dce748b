"""Sweeps: listings whose period is over expire."""

from __future__ import annotations

from datetime import timedelta

from chassis import clock
from chassis.database import Tx
from chassis.sweeper import Slice, Sweep
from services.credit.commands.entries import expire_entries
from services.credit.store.entries import find_entries_due


def find_expired_listings(tx: Tx, piece: Slice) -> list[str]:
    """Listings whose period is over."""
    return find_entries_due(tx, clock.now(), piece)


# Not woken by commits: a listing expires by the clock only.
EXPIRED_LISTINGS = Sweep(
    name="expired-listings", find=find_expired_listings, apply=expire_entries, every=timedelta(seconds=1), woken=False
)
SWEEPS = (EXPIRED_LISTINGS,)
