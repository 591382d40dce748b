"""What a further revision does to processes of the last release, on one of its databases."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from anning.services import load
from chassis import migrations
from chassis.migrations import LOCK_TIMEOUT, generation
from chassis.service import Service
from standalone.system import ROOT
from tests.architecture import schema
from tests.upgrade.load import Load
from tests.upgrade.release import Release

NAME = "ports"
MESSAGE = "Orders have a weight"
DOCUMENTED = ROOT / "docs" / "migrations.md"

_numbers = count(1)


@pytest.fixture
def service(tmp_path: Path) -> Service:
    """A service that gets a further revision."""
    return schema.copied(load(NAME), tmp_path)


@pytest.fixture
def database(release: Release, new_database: Callable[[str], str]) -> str:
    """The url of its database, as the release left it and at the newest revision."""
    url = new_database(f"{NAME}_{next(_numbers)}")
    release.restore_database(NAME, url)
    migrations.upgrade(load(NAME), url)
    return url


def add_weight(service: Service, scratch: str) -> list[Path]:
    """Give orders a column, a check and an index."""
    orders = service.metadata.tables["orders"]
    orders.append_column(sa.Column("weight", sa.Integer, nullable=False, server_default="1"))
    orders.append_constraint(sa.CheckConstraint("weight > 0", name="weight"))
    sa.Index("ix_orders_weight", orders.c.weight)
    return generation.write(service, scratch, MESSAGE)


def further(service: Service, statements: str) -> None:
    """A revision of one's own."""
    (written,) = generation.write(service, "", MESSAGE, empty=True)
    content = written.read_text()
    written.write_text(content.replace('STATEMENTS = """', f'STATEMENTS = """{statements}'))


def columns(database: str) -> set[str]:
    """The columns of orders."""
    with psycopg.connect(database) as connection:
        found = connection.execute("SELECT column_name FROM information_schema.columns WHERE table_name = 'orders'")
        return {name for (name,) in found}


def test_generated_revisions_disturb_no_process_of_the_last_release(
    service: Service, database: str, new_database: Callable[[str], str]
) -> None:
    assert len(add_weight(service, new_database("scratch"))) == 3
    with Load(database) as under_load:
        migrations.upgrade(service, database)
        under_load.go_through()
    assert under_load.error is None
    assert "weight" in columns(database)


def test_a_revision_that_does_not_get_its_lock_gives_up_and_can_be_run_again(
    service: Service, database: str, new_database: Callable[[str], str]
) -> None:
    for revision in add_weight(service, new_database("scratch_of_one_that_waits")):
        revision.write_text(revision.read_text().replace(f"'{LOCK_TIMEOUT}'", "'200ms'"))
    with Load(database) as under_load, psycopg.connect(database) as reader:
        reader.execute("SELECT count(*) FROM orders")  # in a transaction that stays open
        with pytest.raises(sa.exc.OperationalError, match="lock timeout"):
            migrations.upgrade(service, database)
        under_load.go_through()
        assert "weight" not in columns(database)
        reader.rollback()
        migrations.upgrade(service, database)
        under_load.go_through()
    assert under_load.error is None
    assert "weight" in columns(database)


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE orders DROP COLUMN signature;",
        "ALTER TABLE orders RENAME COLUMN signature TO sign;",
        "ALTER TABLE orders ADD weight integer NOT NULL DEFAULT 1; ALTER TABLE orders ALTER weight DROP DEFAULT;",
        "ALTER TABLE orders ADD CONSTRAINT ck_orders_none CHECK (version < 0) NOT VALID;",
    ],
)
def test_a_revision_that_breaks_processes_of_the_last_release_is_found(
    statement: str, service: Service, database: str
) -> None:
    further(service, statement)
    with Load(database) as under_load:
        migrations.upgrade(service, database)
        under_load.go_through()
    assert isinstance(under_load.error, psycopg.errors.UndefinedColumn | psycopg.errors.IntegrityError)


def test_a_column_is_filled_as_documented_while_others_write(service: Service, database: str) -> None:
    further(service, "ALTER TABLE orders ADD COLUMN sign text;")
    (written,) = generation.write(service, "", "Orders have their sign", empty=True)
    documented = DOCUMENTED.read_text().partition("```python\n")[2].partition("```")[0]
    written.write_text(written.read_text().partition("STATEMENTS")[0] + documented.replace("LIMIT 1000", "LIMIT 10"))
    assert schema.findings(service, schema.head(service)) == ""
    with Load(database) as under_load:
        migrations.upgrade(service, database)
        under_load.go_through()
    assert under_load.error is None
    with psycopg.connect(database) as connection:
        compared = connection.execute("SELECT signature, sign FROM orders").fetchall()
    assert len(compared) > 10
    assert all(signature == sign for signature, sign in compared)


def test_a_revision_that_holds_a_lock_for_long_is_found(service: Service, database: str) -> None:
    further(service, "LOCK TABLE orders; SELECT pg_sleep(2);")
    with Load(database) as under_load:
        migrations.upgrade(service, database)
        under_load.go_through()
    assert under_load.error is None
    assert under_load.slowest > 1
