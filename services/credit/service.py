"""The credit service on one screen."""

from __future__ import annotations

from pathlib import Path

from chassis.quarantine_routes import quarantine_router
from chassis.service import Service
from contracts.organisations import has_persons, is_national
from services.credit.access import READ_QUARANTINE
from services.credit.api import entries, replies, standings
from services.credit.reactions import PROJECTIONS, REACTIONS
from services.credit.store.tables import METADATA
from services.credit.sweeps import SWEEPS

SERVICE = Service(
    name="credit",
    title="Anning: credit",
    http_port=8004,
    has_persons=has_persons,
    metadata=METADATA,
    migrations=Path(__file__).parent / "migrations",
    routers=(
        *(standings.router, entries.router, replies.router),
        quarantine_router(READ_QUARANTINE, is_national),
    ),
    projections=PROJECTIONS,
    reactions=REACTIONS,
    sweeps=SWEEPS,
)
