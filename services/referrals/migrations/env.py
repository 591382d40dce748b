"""Alembic's entry into the history of the referrals database."""

from chassis.migrations import run
from services.referrals.store.tables import METADATA

run(METADATA)
