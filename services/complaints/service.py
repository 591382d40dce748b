"""The complaints service on one screen."""

from __future__ import annotations

from pathlib import Path

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
    routers=(complaints.router, reveals.router, register.router, FILES.router("/complaint-imports", FILE)),
    projections=reactions.PROJECTIONS,
    sweeps=(*sweeps.SWEEPS, FILES.sweep()),
    personal=True,
)
