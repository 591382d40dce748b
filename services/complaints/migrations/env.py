"""Alembic's entry into the history of the complaints database."""

from chassis.migrations import run
from services.complaints.store.tables import METADATA

run(METADATA)
