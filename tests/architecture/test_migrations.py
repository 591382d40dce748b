"""The revisions of every database: one line, to exactly the tables in the code, without long locks."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import pytest
import sqlalchemy as sa

from anning.services import load
from chassis import migrations
from chassis.database import Database
from chassis.migrations.generation import mechanism_tables
from tests.architecture import schema, sources
from tests.architecture.schema import history, made_of, missing_revisions, seen_by

every_service = pytest.mark.parametrize("name", sources.services())


@pytest.fixture(scope="module")
def migrated(empty: Callable[[str], Database]) -> Callable[[str], Database]:
    """The database of a service after every revision."""

    @cache
    def make(name: str) -> Database:
        database = empty(f"{name}_migrated")
        migrations.upgrade(load(name), database.conninfo)
        return database

    return make


@every_service
def test_a_history_has_one_head_and_one_beginning(name: str) -> None:
    revisions = history(load(name))
    assert len(revisions.get_heads()) == 1
    assert len(revisions.get_bases()) == 1


@every_service
def test_an_empty_database_becomes_exactly_what_the_code_declares(
    name: str, empty: Callable[[str], Database], migrated: Callable[[str], Database]
) -> None:
    service = load(name)
    declared = empty(f"{name}_declared")
    with declared.engine.begin() as connection:
        mechanism_tables().create_all(connection)
        service.metadata.create_all(connection)
    assert missing_revisions(migrated(name), service) == []
    assert made_of(migrated(name)) == made_of(declared)


@every_service
def test_a_second_upgrade_changes_nothing(name: str, migrated: Callable[[str], Database]) -> None:
    before = made_of(migrated(name))
    migrations.upgrade(load(name), migrated(name).conninfo)
    assert made_of(migrated(name)) == before


def test_a_migration_waits_for_another_one(empty: Callable[[str], Database]) -> None:
    database, service = empty("taken"), load(sources.services()[0])
    with ThreadPoolExecutor(1) as pool:
        with database.engine.connect() as other:
            other.execute(sa.text("SELECT pg_advisory_lock(hashtext('anning migrate'))"))
            waiting = pool.submit(migrations.upgrade, service, database.conninfo)
            with pytest.raises(TimeoutError):
                waiting.result(timeout=1)
            # No transaction is open meanwhile: CREATE INDEX CONCURRENTLY would wait for its end.
            assert other.execute(sa.text(_TRANSACTIONS)).scalar_one() == 0
            other.execute(sa.text("SELECT pg_advisory_unlock_all()"))
        waiting.result()


_TRANSACTIONS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND state = 'idle in transaction'
"""


@every_service
def test_no_table_is_both_the_services_and_the_chassis(name: str) -> None:
    assert not load(name).metadata.tables.keys() & mechanism_tables().tables.keys()


@every_service
def test_no_revision_holds_a_lock_for_long_or_drops_what_is_in_use(name: str) -> None:
    service = load(name)
    for revision in history(service).walk_revisions():
        assert f"'{revision.revision}'" in schema.statements_of(service, revision)
        assert schema.findings(service, revision) == ""


# ------------------------------------------------------------------------------------- each check finds what breaks it


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE outbox ADD COLUMN forgotten integer",
        "DROP INDEX ix_outbox_unpublished",
        "ALTER TABLE outbox ALTER COLUMN published_at SET NOT NULL",
        'ALTER TABLE outbox ALTER COLUMN key TYPE text COLLATE "default"',
        "ALTER TABLE outbox ADD CONSTRAINT forgotten CHECK (version > 0)",
        "CREATE TABLE forgotten (id uuid PRIMARY KEY)",
    ],
)
def test_a_database_that_differs_from_the_code_is_found(change: str, migrated: Callable[[str], Database]) -> None:
    database = migrated(sources.services()[0])
    before = made_of(database)
    with database.engine.connect() as connection:
        connection.execute(sa.text(change))
        assert seen_by(connection) != before
        connection.rollback()


@pytest.mark.parametrize(
    ("statement", "rule"),
    [
        ("CREATE INDEX ix_orders_state ON orders (state);", "require-concurrent-index-creation"),
        ("ALTER TABLE orders ALTER COLUMN state TYPE bigint;", "changing-column-type"),
        ("ALTER TABLE orders DROP COLUMN state;", "ban-drop-column"),
        ("ALTER TABLE orders RENAME COLUMN state TO status;", "renaming-column"),
        ("ALTER TABLE orders ADD COLUMN weight double precision NOT NULL;", "adding-required-field"),
        ("ALTER TABLE orders ADD CONSTRAINT ck CHECK (version > 0);", "constraint-missing-not-valid"),
        ("DROP TABLE orders;", "ban-drop-table"),
        ("ALTER TABLE orders ADD COLUMN weight integer;", "require-lock-timeout"),
        ("ALTER TABLE orders ADD COLUMN weight integer;", "require-statement-timeout"),
    ],
)
def test_a_statement_that_hurts_a_running_service_is_found(statement: str, rule: str) -> None:
    found = schema.squawk(f"BEGIN;\n{statement}\nCOMMIT;\n")
    assert rule in found
