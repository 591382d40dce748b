"""A change of the tables in the code becomes revisions that lead to it, as `make migration` writes them."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from anning.cli import app
from anning.services import load
from chassis import migrations
from chassis.database import Database, moment
from chassis.migrations import generation
from chassis.migrations.generation import NotWritten
from chassis.service import Service
from tests.architecture import schema

NAME = "ports"
TABLE = "orders"
MESSAGE = "Orders have a weight"


@pytest.fixture
def service(tmp_path: Path) -> Service:
    """A service with a history and tables of its own, to be changed."""
    return schema.copied(load(NAME), tmp_path)


def change(service: Service) -> None:
    """A column, an index, a check and a reference on a table in use, and a table that is new."""
    table = service.metadata.tables[TABLE]
    table.append_column(sa.Column("weight", sa.Integer))
    table.append_column(sa.Column("scale", sa.Uuid))
    table.append_column(moment("weighed_at"))
    sa.Index("ix_orders_weight", table.c.weight, postgresql_where=sa.text("weight IS NOT NULL"))
    table.append_constraint(sa.CheckConstraint("weight > 0", name="weight"))
    scales = sa.Table("scales", service.metadata, sa.Column("id", sa.Uuid, primary_key=True), comment="What weighs")
    sa.Index("ix_scales_id", scales.c.id)
    table.append_constraint(sa.ForeignKeyConstraint([table.c.scale], [scales.c.id]))


def test_a_change_becomes_revisions_that_lead_to_it_and_that_the_linter_accepts(
    service: Service, empty: Callable[[str], Database]
) -> None:
    head = int(schema.history(service).get_current_head() or 0)
    change(service)
    written = generation.write(service, empty("changed_scratch").conninfo, MESSAGE)
    assert [path.name for path in written] == [
        f"{head + 1:04}_orders_have_a_weight.py",
        f"{head + 2:04}_orders_have_a_weight_constraints.py",
        f"{head + 3:04}_orders_have_a_weight_indexes.py",
    ]
    ruff = Path(sys.executable).with_name("ruff")
    formatted = subprocess.run([ruff, "format", "--check", "--line-length=120", *written], check=False)
    assert formatted.returncode == 0
    changes, validations, indexes = (path.read_text() for path in written)
    assert "Raise a limit here" in changes
    assert "statement_timeout = '0'" in validations
    assert "Raise a limit here" not in validations + indexes
    assert not re.search(r"^ *(--|#).*;$", changes + validations + indexes, re.MULTILINE)
    for revision in schema.history(service).walk_revisions():
        assert schema.findings(service, revision) == ""
    migrated, declared = empty("changed_migrated"), empty("changed_declared")
    migrations.upgrade(service, migrated.conninfo)
    with declared.engine.begin() as connection:
        generation.mechanism_tables().create_all(connection)
        service.metadata.create_all(connection)
    assert schema.made_of(migrated) == schema.made_of(declared)
    with pytest.raises(NotWritten, match="nothing to migrate"):
        generation.write(service, empty("changed_again").conninfo, MESSAGE)


def test_a_change_of_the_chassis_tables_is_written_too(service: Service, empty: Callable[[str], Database]) -> None:
    newest = Path(schema.head(service).path)
    newest.write_text(newest.read_text() + '    op.execute("DROP INDEX ix_outbox_published_at")\n')
    (written,) = generation.write(service, empty("lacking").conninfo, "Published events are found by their time")
    assert "CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_outbox_published_at ON outbox" in written.read_text()


def test_a_change_that_hurts_a_running_service_is_found_by_the_linter(
    service: Service, empty: Callable[[str], Database]
) -> None:
    service.metadata.tables[TABLE].append_column(sa.Column("weight", sa.Integer, nullable=False))
    generation.write(service, empty("hurting").conninfo, MESSAGE)
    assert "adding-required-field" in schema.findings(service, schema.head(service))


def test_an_empty_revision_has_the_time_limits_and_no_statement(
    service: Service, empty: Callable[[str], Database]
) -> None:
    (written,) = generation.write(service, "", MESSAGE, empty=True)
    assert "lock_timeout" in written.read_text()
    assert schema.findings(service, schema.head(service)) == ""
    migrations.upgrade(service, empty("with_an_empty_revision").conninfo)


@pytest.mark.parametrize("message", ["", "安宁", 'a "weight"', "two\nlines"])
def test_a_message_that_makes_no_name_is_refused(service: Service, message: str) -> None:
    with pytest.raises(NotWritten, match="one line"):
        generation.write(service, "", message, empty=True)


def test_the_command_writes_nothing_where_nothing_changed() -> None:
    before = sorted(load(NAME).migrations.rglob("*.py"))
    done = CliRunner().invoke(app, ["migration", NAME, MESSAGE])
    assert done.exit_code == 1
    assert "nothing to migrate" in done.output
    assert sorted(load(NAME).migrations.rglob("*.py")) == before
