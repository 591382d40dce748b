"""Alembic's environment for the credit database."""

from chassis.migrations import run
from services.credit.store.tables import METADATA

run(METADATA)
