"""The referrals service on one screen."""

from __future__ import annotations

from pathlib import Path

from chassis.imports import import_router
from chassis.quarantine_routes import quarantine_router
from chassis.service import Service
from contracts.organisations import has_persons, is_national
from services.referrals.access import ACT, READ_QUARANTINE
from services.referrals.api import batches, clues, sealings
from services.referrals.imports import CONCLUSION_IMPORTS
from services.referrals.policy.rulebook import RULES
from services.referrals.reactions import PROJECTIONS, REACTIONS
from services.referrals.store.tables import METADATA
from services.referrals.sweeps import SWEEPS

SERVICE = Service(
    name="referrals",
    title="Anning: referrals",
    http_port=8003,
    has_persons=has_persons,
    metadata=METADATA,
    migrations=Path(__file__).parent / "migrations",
    routers=(
        *(clues.router, import_router(CONCLUSION_IMPORTS, "/conclusion-imports", ACT, RULES)),
        *(batches.router, sealings.router, quarantine_router(READ_QUARANTINE, is_national)),
    ),
    projections=PROJECTIONS,
    reactions=REACTIONS,
    sweeps=SWEEPS,
)
