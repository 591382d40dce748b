"""The objects of a database, the revisions that make them, and the findings of a linter of migrations."""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import Script, ScriptDirectory

from chassis import migrations
from chassis.database import Database, metadata
from chassis.migrations.generation import mechanism_tables
from chassis.service import Service

NOT_FOR_US = {
    "prefer-bigint-over-int": "integers count versions, lines and bytes; what identifies a row is a UUID or a bigint",
    "prefer-bigint-over-smallint": "smallints are buckets, of which there are sixteen",
    "prefer-text-field": "Alembic's own table; ours have text",
}
"""Rules of squawk that are left out, and why."""

WITHOUT_LIMITS = ("require-lock-timeout", "require-statement-timeout")
"""Rules that a first revision may break, whose database no process uses yet, and the three that are as old as that."""

_BEFORE_LIMITS = {("complaints", "0002"), ("ports", "0002"), ("ports", "0003")}

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
    """The revisions of a service."""
    return ScriptDirectory.from_config(migrations.config(service))


def head(service: Service) -> Script:
    """The newest revision of a service."""
    found = history(service).get_revision("head")
    assert found is not None
    return found


def copied(service: Service, folder: Path) -> Service:
    """The service with a history, in this folder, and tables of its own."""
    shutil.copytree(service.migrations, folder / "migrations", ignore=shutil.ignore_patterns("__pycache__"))
    tables = metadata()
    for table in service.metadata.sorted_tables:
        table.to_metadata(tables)
    return replace(service, metadata=tables, migrations=folder / "migrations")


def missing_revisions(database: Database, service: Service) -> list[object]:
    """What Alembic would write into a further revision."""
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection)
        # It takes several, unlike its signature.
        return list(compare_metadata(context, [service.metadata, mechanism_tables()]))  # type: ignore[arg-type]


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


def findings(service: Service, revision: Script) -> str:
    """What the linter of migrations finds in a revision; nothing where it is fine."""
    old = revision.down_revision is None or (service.name, revision.revision) in _BEFORE_LIMITS
    return squawk(statements_of(service, revision), WITHOUT_LIMITS if old else ())


def squawk(statements: str, excluded: Iterable[str] = ()) -> str:
    """What the linter of migrations finds, a line each."""
    checked = subprocess.run(
        [
            *(Path(sys.executable).with_name("squawk"), "--pg-version=17", "--reporter=gcc"),
            f"--exclude={','.join([*NOT_FOR_US, *excluded])}",
        ],
        input=statements,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode in (0, 1), checked.stderr
    assert (checked.returncode == 1) == bool(checked.stdout), checked.stderr
    return checked.stdout
