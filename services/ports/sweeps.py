"""Work that is due: deadlines that pass without the carrier's act, and ports that listings are after."""

from __future__ import annotations

from datetime import timedelta

from chassis import clock
from chassis.database import Tx
from chassis.imports import import_sweep
from chassis.sweeper import Slice, Sweep
from services.ports.commands.enforcement import lift_after_listings, shut_listed_ports
from services.ports.commands.enquiries import conclude_unanswered
from services.ports.imports import FILINGS
from services.ports.store.orders import load_orders_due, save_orders


def mark_overdue_orders(tx: Tx, piece: Slice) -> int:
    """Mark orders whose deadline to acknowledge or to execute has passed unmet."""
    now = clock.now()
    orders = load_orders_due(tx, now, piece.limit)
    for each in orders:
        each.mark_overdue(now, tx.cause)
    save_orders(tx, orders)
    return len(orders)


def conclude_unanswered_enquiries(tx: Tx, piece: Slice) -> int:
    """Note enquiries whose deadline has passed without an answer, and order what follows from that."""
    return conclude_unanswered(tx, piece.limit)


def enforce_listings(tx: Tx, piece: Slice) -> int:
    """Order ports of listed enterprises shut, or lift the orders of listings that are over, in slices of ports."""
    # The other only where the one found nothing and locked nothing: each begins at the top of the order of locks.
    return shut_listed_ports(tx, piece.limit) or lift_after_listings(tx, piece.limit)


# Deadlines pass by themselves: no commit announces them, so nothing is won by being woken.
SWEEPS = (
    import_sweep(FILINGS),
    Sweep(name="overdue-orders", run=mark_overdue_orders, every=timedelta(seconds=1), woken=False),
    Sweep(name="unanswered-enquiries", run=conclude_unanswered_enquiries, every=timedelta(seconds=1), woken=False),
    Sweep(name="enforce-listings", run=enforce_listings, every=timedelta(seconds=1), limit=200),
)
