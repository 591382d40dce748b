"""The complaints service on one screen."""

from __future__ import annotations

from pathlib import Path

from chassis.imports import import_router
from chassis.quarantine_routes import quarantine_router
from chassis.service import Service
from contracts.organisations import has_persons, is_national
from services.complaints.access import FILE, READ_QUARANTINE
from services.complaints.api import complaints, holds, register, reveals
from services.complaints.imports import COMPLAINT_IMPORTS
from services.complaints.policy.rulebook import RULES
from services.complaints.reactions import PROJECTIONS
from services.complaints.store.contents import CLASSES
from services.complaints.store.tables import METADATA
from services.complaints.sweeps import SWEEPS

SERVICE = Service(
    name="complaints",
    title="Anning: complaints",
    http_port=8001,
    has_persons=has_persons,
    metadata=METADATA,
    migrations=Path(__file__).parent / "migrations",
    routers=(
        *(complaints.router, reveals.router, holds.router, register.router),
        import_router(COMPLAINT_IMPORTS, "/complaint-imports", FILE, RULES),
        quarantine_router(READ_QUARANTINE, is_national),
    ),
    projections=PROJECTIONS,
    sweeps=SWEEPS,
    personal=True,
    data_classes=CLASSES,
)
