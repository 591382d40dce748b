"""An operator gives a database of the last release its owner, as the runbook states."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from anning.services import load
from chassis import audit, migrations, seals
from chassis.database import Database
from chassis.roles import owner_of
from standalone.system import ROOT
from tests.parts.protocols import Postgres
from tests.upgrade.load import Load

NAME = "ports"
RUNBOOK = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")


@pytest.fixture
def documented() -> list[str]:
    """The statements of the runbook."""
    section = RUNBOOK.partition("## The roles of a database")[2]
    return section.partition("```sql\n")[2].partition("```")[0].split(";\n")


def test_the_statements_of_the_runbook_do_what_a_start_of_the_system_does(
    documented: list[str], postgres: Postgres, released: Callable[[str], str], give_owner: Callable[[str], str]
) -> None:
    url = released(NAME)
    name = str(conninfo_to_dict(url)["dbname"])
    with Load(url) as under_load:
        with psycopg.connect(postgres.url(name), autocommit=True) as superuser:
            for statement in documented:
                superuser.execute(statement.replace(f"anning_{NAME}", name).encode())
            by_hand = _state(superuser)
        # It has nothing left to do but to set the password.
        owner_url = give_owner(url)
        with psycopg.connect(postgres.url(name)) as superuser:
            assert _state(superuser) == by_hand
        migrations.upgrade(load(NAME), owner_url)
        under_load.complete_pass()
    assert under_load.error is None
    assert {owner for _, owner, _ in by_hand["tables"]} == {owner_of(name)}

    database = Database(url, pool=1)
    try:
        with database.begin() as tx:
            audited = tx.execute(audit.AUDIT_LOG.select()).all()
            assert seals.seal(tx, 10_000) == len(audited) > 0
        with database.read() as read:
            assert seals.verify(read).entries == len(audited)
    finally:
        database.close()


def _state(superuser: psycopg.Connection) -> dict[str, list[tuple[str, ...]]]:
    queries = {
        "tables": "SELECT relname, relowner::regrole::text, array_to_string(relacl, ' ') FROM pg_class"
        " WHERE relnamespace = 'public'::regnamespace ORDER BY relname",
        "defaults": "SELECT defaclobjtype::text, array_to_string(defaclacl, ' ') FROM pg_default_acl ORDER BY 1",
        "database": "SELECT datdba::regrole::text, array_to_string(datacl, ' ') FROM pg_database"
        " WHERE datname = current_database()",
    }
    return {kind: superuser.execute(query.encode()).fetchall() for kind, query in queries.items()}
