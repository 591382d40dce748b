"""The entry point of Alembic for the parcels database."""

from chassis.migrations import run
from examples.parcels.store import METADATA

run(METADATA)
