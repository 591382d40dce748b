"""Alembic's environment for the ports database."""

from chassis.migrations import run
from services.ports.store.tables import METADATA

run(METADATA)
