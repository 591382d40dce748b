"""The owner of a database makes its tables; the service uses them, those of later migrations too, and no more."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from anning.services import load
from chassis import migrations
from chassis.broker import Broker
from standalone.system import ROOT
from tests.integration.audit.conftest import NAME
from tests.parts.protocols import Postgres


@pytest.fixture
def owner_url(new_database: Callable[[str], str], request: pytest.FixtureRequest) -> str:
    return new_database(f"r{abs(hash(request.node.name)) % 1_000_000}")


@pytest.fixture
def service_url(owner_url: str, as_service: Callable[[str], str]) -> str:
    return as_service(owner_url)


def execute(url: str, *statements: str) -> int:
    """The number of rows of the last statement."""
    with psycopg.connect(url, options="-c lock_timeout=10s") as connection:
        for statement in statements:
            done = connection.execute(statement.encode())
        return done.rowcount


def test_the_service_uses_every_table_of_its_owner(owner_url: str, service_url: str) -> None:
    execute(owner_url, "CREATE TABLE later (id bigserial PRIMARY KEY, place bigint GENERATED ALWAYS AS IDENTITY)")
    assert execute(service_url, "INSERT INTO later DEFAULT VALUES", "SELECT * FROM later FOR UPDATE") == 1
    assert execute(service_url, "UPDATE later SET id = 7") == execute(service_url, "DELETE FROM later") == 1
    assert execute(service_url, "CREATE TEMPORARY TABLE staged (id bigint)", "SELECT FROM staged") == 0


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE own (id bigint)",
        "ALTER TABLE later ADD COLUMN more bigint",
        "DROP TABLE later",
        "TRUNCATE later",
        "CREATE TRIGGER none BEFORE INSERT ON later FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
        "SET ROLE {owner}",
    ],
)
def test_the_service_makes_and_changes_no_table(owner_url: str, service_url: str, statement: str) -> None:
    execute(owner_url, "CREATE TABLE later (id bigint)")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        execute(service_url, statement.format(owner=conninfo_to_dict(owner_url)["user"]))


def test_a_migration_takes_the_right_to_change_the_audit_log_from_every_role(
    postgres: Postgres, owner_url: str, service_url: str
) -> None:
    migrations.upgrade(load(NAME), owner_url)
    name = str(conninfo_to_dict(owner_url)["dbname"])
    execute(postgres.url(name), f"GRANT ALL ON audit_log TO {name}", "GRANT UPDATE ON audit_seals TO PUBLIC")
    assert execute(service_url, "UPDATE audit_log SET act = act", "UPDATE audit_seals SET rows = rows") == 0
    migrations.upgrade(load(NAME), owner_url)
    for statement in ("UPDATE audit_log SET act = act", "UPDATE audit_seals SET rows = rows"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            execute(service_url, statement)


def test_a_migration_without_the_owner_of_the_database_is_refused(service_url: str) -> None:
    settings = {"DATABASE_URL": service_url, "ISSUER": "i", "JWKS_URL": "j"}
    environment = os.environ | {f"ANNING_{name}": value for name, value in settings.items()}
    environment |= Broker("k", "n", Path("p")).variables
    command = [sys.executable, "-m", "anning", "migrate", NAME]
    failed = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (failed.returncode, failed.stdout) == (1, "")
    assert failed.stderr.startswith("anning: not set: ANNING_OWNER_DATABASE_URL")


def test_a_database_with_one_role_gets_an_owner_while_its_service_runs(
    postgres: Postgres, owner_url: str, service_url: str
) -> None:
    name = str(conninfo_to_dict(owner_url)["dbname"])
    execute(postgres.url(name), f"ALTER DATABASE {name} OWNER TO {name}")
    execute(service_url, "CREATE TABLE first (id bigint)", "CREATE TABLE second (id bigint)")
    with psycopg.connect(service_url) as running:
        running.execute("INSERT INTO second VALUES (1)")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            postgres.create_database(name)
        running.execute("INSERT INTO second VALUES (2)")
        running.commit()
        assert postgres.create_database(name) == owner_url
        assert running.execute("UPDATE second SET id = 3").rowcount == 2
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        execute(service_url, "DROP TABLE second")
    assert execute(owner_url, "ALTER TABLE first ADD COLUMN more bigint", "SELECT FROM second") == 2
