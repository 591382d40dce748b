"""The history of every database: one line of revisions, to exactly the tables of the code, that locks nobody out."""

from __future__ import annotations

import io
import pkgutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import Script, ScriptDirectory

import chassis
from anning.services import load
from chassis import migrations
from chassis.database import MECHANISM, Database
from chassis.service import Service
from tests.architecture import sources

for _module in pkgutil.walk_packages(chassis.__path__, "chassis."):
    import_module(_module.name)  # so that MECHANISM has every table of the chassis

every_service = pytest.mark.parametrize("name", sources.services())

NOT_FOR_US = {
    "require-lock-timeout": "chassis.migrations sets one on the connection, for every revision",
    "require-statement-timeout": "chassis.database sets one on every connection",
    "prefer-bigint-over-int": "integers count versions, lines and bytes; what identifies a row is a UUID or a bigint",
    "prefer-bigint-over-smallint": "smallints are buckets, of which there are sixteen",
    "prefer-text-field": "Alembic's own table; ours have text",
}
"""Rules of squawk that are left out, and why."""

CATALOGUE = {
    "columns": """
        SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, o.collname,
               pg_get_expr(d.adbin, d.adrelid)
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        LEFT JOIN pg_collation o ON o.oid = a.attcollation
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND a.attnum > 0
        AND NOT a.attisdropped""",
    "indexes": "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "constraints": """
        SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace AND conrelid <> 0""",
    "triggers and functions": """
        SELECT tgrelid::regclass::text, tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
        UNION ALL SELECT '', proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace""",
}
"""What a database is made of. Alembic's comparison does not look at collations, checks and conditions of indexes."""


def history(service: Service) -> ScriptDirectory:
    return ScriptDirectory.from_config(migrations.config(service))


@pytest.fixture(scope="module")
def empty(new_database: Callable[[str], str]) -> Iterator[Callable[[str], Database]]:
    """Makes an empty database of that name."""
    with ExitStack() as opened:

        def make(name: str) -> Database:
            database = Database(new_database(name), pool=1)
            opened.callback(database.close)
            return database

        yield make


@pytest.fixture(scope="module")
def migrated(empty: Callable[[str], Database]) -> Callable[[str], Database]:
    """The database of a service after every revision."""

    @cache
    def make(name: str) -> Database:
        database = empty(f"{name}_migrated")
        migrations.upgrade(load(name), database.conninfo)
        return database

    return make


def missing_revisions(database: Database, service: Service) -> list[object]:
    """What Alembic would write into a further revision."""
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection)
        # It takes several, whatever its signature says.
        return list(compare_metadata(context, [service.metadata, MECHANISM]))  # type: ignore[arg-type]


def made_of(database: Database) -> dict[str, set[tuple[object, ...]]]:
    """Every object of a database but Alembic's own table."""
    with database.engine.connect() as connection:
        return seen_by(connection)


def seen_by(connection: sa.Connection) -> dict[str, set[tuple[object, ...]]]:
    """The same, as one transaction sees it."""
    return {
        kind: {tuple(row) for row in connection.execute(sa.text(query)) if row[0] != "alembic_version"}
        for kind, query in CATALOGUE.items()
    }


def statements_of(service: Service, revision: Script) -> str:
    """The SQL of one revision, as Alembic would write it to a file."""
    made = migrations.config(service)
    made.output_buffer = written = io.StringIO()
    command.upgrade(made, f"{revision.down_revision or 'base'}:{revision.revision}", sql=True)
    return written.getvalue()


def squawk(statements: str) -> tuple[int, str]:
    """What the linter of migrations says: 0 where it has nothing to say, and its words."""
    checked = subprocess.run(
        [
            *(Path(sys.executable).with_name("squawk"), "--pg-version=17", "--reporter=gcc"),
            f"--exclude={','.join(NOT_FOR_US)}",
        ],
        input=statements,
        capture_output=True,
        text=True,
        check=False,
    )
    return checked.returncode, checked.stdout + checked.stderr


@every_service
def test_a_history_has_one_head_and_one_beginning(name: str) -> None:
    revisions = history(load(name))
    assert len(revisions.get_heads()) == 1
    assert len(revisions.get_bases()) == 1


@every_service
def test_an_empty_database_becomes_exactly_what_the_code_says(
    name: str, empty: Callable[[str], Database], migrated: Callable[[str], Database]
) -> None:
    service = load(name)
    declared = empty(f"{name}_declared")
    with declared.engine.begin() as connection:
        MECHANISM.create_all(connection)
        service.metadata.create_all(connection)
    assert missing_revisions(migrated(name), service) == []
    assert made_of(migrated(name)) == made_of(declared)


@every_service
def test_a_second_upgrade_changes_nothing(name: str, migrated: Callable[[str], Database]) -> None:
    before = made_of(migrated(name))
    migrations.upgrade(load(name), migrated(name).conninfo)
    assert made_of(migrated(name)) == before


@every_service
def test_no_table_is_both_the_services_and_the_chassis(name: str) -> None:
    assert not load(name).metadata.tables.keys() & MECHANISM.tables.keys()


@every_service
def test_no_revision_locks_others_out_for_long_or_loses_what_is_in_use(name: str) -> None:
    service = load(name)
    for revision in history(service).walk_revisions():
        statements = statements_of(service, revision)
        assert f"'{revision.revision}'" in statements
        status, said = squawk(statements)
        assert status == 0, said


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
def test_a_database_that_is_not_what_the_code_says_is_found(change: str, migrated: Callable[[str], Database]) -> None:
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
    ],
)
def test_a_statement_that_hurts_a_running_service_is_found(statement: str, rule: str) -> None:
    status, said = squawk(f"BEGIN;\n{statement}\nCOMMIT;\n")
    assert status != 0
    assert rule in said
