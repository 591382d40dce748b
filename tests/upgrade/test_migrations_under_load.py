"""How new revisions affect processes of the last release, shown on one of its databases."""

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
    """A copy of a service, to which tests add a revision."""
    return schema.copied(load(NAME), tmp_path)


@pytest.fixture
def database(release: Release, new_database: Callable[[str], str]) -> str:
    """The URL of its database: the data of the release, migrated to the latest revision."""
    url = new_database(f"{NAME}_{next(_numbers)}")
    release.restore_database(NAME, url)
    migrations.upgrade(load(NAME), url)
    return url


def add_weight(service: Service, scratch: str) -> list[Path]:
    """Add a column, a check and an index to `orders`, and generate the revisions."""
    orders = service.metadata.tables["orders"]
    orders.append_column(sa.Column("weight", sa.Integer, nullable=False, server_default="1"))
    orders.append_constraint(sa.CheckConstraint("weight > 0", name="weight"))
    sa.Index("ix_orders_weight", orders.c.weight)
    return generation.write(service, scratch, MESSAGE)


def add_revision(service: Service, statements: str) -> None:
    """Write a revision with these statements."""
    (written,) = generation.write(service, "", MESSAGE, empty=True)
    content = written.read_text()
    written.write_text(content.replace('STATEMENTS = """', f'STATEMENTS = """{statements}'))


def columns(database: str) -> set[str]:
    """The columns of the table `orders`."""
    with psycopg.connect(database) as connection:
        found = connection.execute("SELECT column_name FROM information_schema.columns WHERE table_name = 'orders'")
        return {name for (name,) in found}


def test_generated_revisions_do_not_disturb_processes_of_the_last_release(
    service: Service, database: str, new_database: Callable[[str], str]
) -> None:
    assert len(add_weight(service, new_database("scratch"))) == 3
    with Load(database) as under_load:
        migrations.upgrade(service, database)
        under_load.complete_pass()
    assert under_load.error is None
    assert "weight" in columns(database)


def test_a_revision_that_cannot_get_its_lock_fails_and_can_be_repeated(
    service: Service, database: str, new_database: Callable[[str], str]
) -> None:
    for revision in add_weight(service, new_database("scratch_lock_timeout")):
        revision.write_text(revision.read_text().replace(f"'{LOCK_TIMEOUT}'", "'200ms'"))
    with Load(database) as under_load, psycopg.connect(database) as reader:
        reader.execute("SELECT count(*) FROM orders")  # in a transaction that stays open
        with pytest.raises(sa.exc.OperationalError, match="lock timeout"):
            migrations.upgrade(service, database)
        under_load.complete_pass()
        assert "weight" not in columns(database)
        reader.rollback()
        migrations.upgrade(service, database)
        under_load.complete_pass()
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
def test_a_revision_that_breaks_processes_of_the_last_release_is_detected(
    statement: str, service: Service, database: str
) -> None:
    add_revision(service, statement)
    with Load(database) as under_load:
        migrations.upgrade(service, database)
        under_load.complete_pass()
    assert isinstance(under_load.error, psycopg.errors.UndefinedColumn | psycopg.errors.IntegrityError)


def test_a_column_is_filled_as_documented_while_other_transactions_write(service: Service, database: str) -> None:
    add_revision(service, "ALTER TABLE orders ADD COLUMN sign text;")
    (written,) = generation.write(service, "", "Orders have their sign", empty=True)
    documented = DOCUMENTED.read_text().partition("```python\n")[2].partition("```")[0]
    written.write_text(written.read_text().partition("STATEMENTS")[0] + documented.replace("LIMIT 1000", "LIMIT 10"))
    assert schema.findings(service, schema.head(service)) == ""
    with Load(database) as under_load:
        migrations.upgrade(service, database)
        under_load.complete_pass()
    assert under_load.error is None
    with psycopg.connect(database) as connection:
        compared = connection.execute("SELECT signature, sign FROM orders").fetchall()
    assert len(compared) > 10
    assert all(signature == sign for signature, sign in compared)


def test_a_revision_that_holds_a_lock_too_long_is_detected(service: Service, database: str) -> None:
    add_revision(service, "LOCK TABLE orders; SELECT pg_sleep(2);")
    with Load(database) as under_load:
        migrations.upgrade(service, database)
        under_load.complete_pass()
    assert under_load.error is None
    assert under_load.slowest > 1
