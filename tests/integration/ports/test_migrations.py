"""The migrations create exactly the tables in the code."""

from __future__ import annotations

from collections.abc import Mapping

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from chassis.database import Database
from services.ports.store.tables import METADATA


def test_the_migrated_database_equals_the_tables_in_the_code(database: Database) -> None:
    def ours(name: str | None, kind: str, parents: Mapping[str, str | None]) -> bool:
        return kind != "table" or name in METADATA.tables

    with database.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"include_name": ours, "compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, METADATA) == []
