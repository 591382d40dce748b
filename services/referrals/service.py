"""The referrals service on one screen."""

from __future__ import annotations

from pathlib import Path

from chassis.imports import import_router
from chassis.service import Service
from services.referrals.access import ACT
from services.referrals.api import batches, clues, sealings
from services.referrals.imports import CONCLUSION_IMPORTS
from services.referrals.reactions import PROJECTIONS, REACTIONS
from services.referrals.store.tables import METADATA
from services.referrals.sweeps import SWEEPS

SERVICE = Service(
    name="referrals",
    title="Anning: referrals",
    http_port=8003,
    metadata=METADATA,
    migrations=Path(__file__).parent / "migrations",
    routers=(
        *(clues.router, import_router(CONCLUSION_IMPORTS, "/conclusion-imports", ACT)),
        *(batches.router, sealings.router),
    ),
    projections=PROJECTIONS,
    reactions=REACTIONS,
    sweeps=SWEEPS,
)
