"""The parcels service on one screen."""

from __future__ import annotations

from pathlib import Path

from chassis.service import Service
from contracts.organisations import has_persons
from examples.parcels import api
from examples.parcels.reactions import REACTIONS
from examples.parcels.store import METADATA
from examples.parcels.sweeps import SWEEPS

SERVICE = Service(
    name="parcels",
    title="Anning: parcels",
    http_port=8000,
    has_persons=has_persons,
    metadata=METADATA,
    migrations=Path(__file__).parent / "migrations",
    routers=(api.router,),
    reactions=REACTIONS,
    sweeps=SWEEPS,
)
