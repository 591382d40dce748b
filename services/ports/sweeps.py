"""Work that becomes due: deadlines that pass, ports of listed enterprises, histories of the last release."""

from __future__ import annotations

from datetime import timedelta

from chassis import clock
from chassis.database import Tx
from chassis.imports import import_sweep
from chassis.sweeper import Slice, Sweep
from services.ports.commands import enforcement, enquiries, orders
from services.ports.commands.filings import publish_histories
from services.ports.imports import FILING_IMPORTS
from services.ports.store.enquiries import find_enquiries_due
from services.ports.store.orders import find_orders_due
from services.ports.store.register import find_unpublished_histories


def find_overdue_orders(tx: Tx, piece: Slice) -> list[str]:
    """Orders that missed a deadline, to acknowledge or to execute."""
    return find_orders_due(tx, clock.now(), piece)


def find_unanswered_enquiries(tx: Tx, piece: Slice) -> list[str]:
    """Enquiries that missed their deadline."""
    return find_enquiries_due(tx, clock.now(), piece)


# No commit announces that a deadline passes, so waking these sweeps early gains nothing.
OVERDUE_ORDERS = Sweep(
    name="overdue-orders",
    find=find_overdue_orders,
    apply=orders.mark_overdue_orders,
    every=timedelta(seconds=1),
    woken=False,
)
UNANSWERED_ENQUIRIES = Sweep(
    name="unanswered-enquiries",
    find=find_unanswered_enquiries,
    apply=enquiries.conclude_unanswered,
    every=timedelta(seconds=1),
    woken=False,
)
ENFORCE_LISTINGS = Sweep(
    name="enforce-listings",
    find=enforcement.find_listing_work,
    apply=enforcement.enforce_listings,
    every=timedelta(seconds=1),
    limit=200,
)
PUBLISH_HISTORIES = Sweep(
    name="publish-histories",
    find=find_unpublished_histories,
    apply=publish_histories,
    every=timedelta(seconds=10),
    woken=False,
)
SWEEPS = (import_sweep(FILING_IMPORTS), OVERDUE_ORDERS, UNANSWERED_ENQUIRIES, ENFORCE_LISTINGS, PUBLISH_HISTORIES)
