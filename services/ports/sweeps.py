"""Work that becomes due: deadlines that pass, and ports of listed enterprises."""

from __future__ import annotations

from datetime import timedelta

from chassis.database import Tx
from chassis.imports import import_sweep
from chassis.sweeper import Slice, Sweep
from services.ports.commands import enforcement, enquiries, orders
from services.ports.imports import FILING_IMPORTS


def mark_overdue_orders(tx: Tx, piece: Slice) -> int:
    """Mark orders that missed a deadline, to acknowledge or to execute."""
    return orders.mark_overdue_orders(tx, piece.limit)


def conclude_unanswered_enquiries(tx: Tx, piece: Slice) -> int:
    """Mark enquiries that missed their deadline as unanswered, and place the orders that follow."""
    return enquiries.conclude_unanswered(tx, piece.limit)


def enforce_listings(tx: Tx, piece: Slice) -> int:
    """Order ports of listed enterprises shut, or lift the orders of listings that are over, in slices of ports."""
    # Run the second only if the first took no locks: each acquires locks from the start of the lock order.
    return enforcement.shut_listed_ports(tx, piece.limit) or enforcement.lift_after_listings(tx, piece.limit)


# No commit announces that a deadline passes, so waking these sweeps early gains nothing.
SWEEPS = (
    import_sweep(FILING_IMPORTS),
    Sweep(name="overdue-orders", run=mark_overdue_orders, every=timedelta(seconds=1), woken=False),
    Sweep(name="unanswered-enquiries", run=conclude_unanswered_enquiries, every=timedelta(seconds=1), woken=False),
    Sweep(name="enforce-listings", run=enforce_listings, every=timedelta(seconds=1), limit=200),
)
