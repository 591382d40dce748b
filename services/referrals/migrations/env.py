"""Alembic's environment for the referrals database."""

from chassis.migrations import run
from services.referrals.store.tables import METADATA

run(METADATA)
