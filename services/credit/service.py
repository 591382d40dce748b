"""The credit service on one screen."""

from __future__ import annotations

from pathlib import Path

from chassis.service import Service
from services.credit import api
from services.credit.reactions import PROJECTIONS, REACTIONS
from services.credit.store.tables import METADATA
from services.credit.sweeps import SWEEPS

SERVICE = Service(
    name="credit",
    title="Anning: credit",
    http_port=8004,
    metadata=METADATA,
    migrations=Path(__file__).parent / "migrations",
    routers=(api.standings, api.entries),
    projections=PROJECTIONS,
    reactions=REACTIONS,
    sweeps=SWEEPS,
)
