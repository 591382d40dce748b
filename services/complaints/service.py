"""The complaints service on one screen."""

from __future__ import annotations

from pathlib import Path

from chassis.imports import import_router, import_sweep
from chassis.service import Service
from services.complaints import reactions, sweeps
from services.complaints.api import complaints, register, reveals
from services.complaints.api.callers import FILE
from services.complaints.imports import FILES
from services.complaints.store.tables import METADATA

SERVICE = Service(
    name="complaints",
    title="Anning: complaints",
    http_port=8001,
    metadata=METADATA,
    migrations=Path(__file__).parent / "migrations",
    routers=(complaints.router, reveals.router, register.router, import_router(FILES, "/complaint-imports", FILE)),
    projections=reactions.PROJECTIONS,
    sweeps=(*sweeps.SWEEPS, import_sweep(FILES)),
    personal=True,
)
