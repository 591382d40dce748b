"""The ports service on one screen."""

from __future__ import annotations

from pathlib import Path

from chassis.imports import import_router
from chassis.quarantine_routes import quarantine_router
from chassis.service import Service
from contracts.organisations import has_persons, is_national
from services.ports.access import FILE, READ_QUARANTINE
from services.ports.api import enquiries, filings, initial_loads, listings, orders, proposals, replies
from services.ports.imports import FILING_IMPORTS
from services.ports.policy.rulebook import RULES
from services.ports.reactions import REACTIONS
from services.ports.store.tables import METADATA
from services.ports.sweeps import SWEEPS

SERVICE = Service(
    name="ports",
    title="Anning: ports",
    http_port=8002,
    has_persons=has_persons,
    metadata=METADATA,
    migrations=Path(__file__).parent / "migrations",
    routers=(
        *(filings.router, import_router(FILING_IMPORTS, "/filing-imports", FILE, RULES), initial_loads.router),
        *(orders.router, proposals.router, enquiries.router, listings.router, replies.router),
        quarantine_router(READ_QUARANTINE, is_national),
    ),
    reactions=REACTIONS,
    sweeps=SWEEPS,
)
