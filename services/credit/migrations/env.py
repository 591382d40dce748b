"""Alembic's entry into the history of the credit database."""

from chassis.migrations import run
from services.credit.store.tables import METADATA

run(METADATA)
