"""The database is what its migrations make, and that is what the code expects."""

from __future__ import annotations

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

import chassis.worker  # noqa: F401 - with it every table of the chassis is known
from chassis import migrations
from chassis.database import MECHANISM, Database
from services.complaints.service import SERVICE
from services.complaints.store.tables import METADATA


def test_the_tables_are_those_of_the_code(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, [METADATA, MECHANISM]) == []  # type: ignore[arg-type]


def test_migrating_twice_changes_nothing(database: Database, database_url: str) -> None:
    migrations.upgrade(SERVICE, database_url)
    with database.engine.connect() as connection:
        assert connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar_one() == "0001"


def test_an_assessed_complaint_without_an_assessment_cannot_be_stored(database: Database) -> None:
    with database.engine.connect() as connection:
        checks = connection.execute(
            sa.text("SELECT conname FROM pg_constraint WHERE conrelid = 'complaints'::regclass AND contype = 'c'")
        ).scalars()
        assert {"ck_complaints_state", "ck_complaints_assessed"} <= set(checks)
