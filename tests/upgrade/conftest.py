"""The data of the last release."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from chassis.roles import owner_of
from tests.parts.protocols import Postgres
from tests.upgrade.release import Release


@pytest.fixture(scope="session")
def release() -> Release:
    """The last release, from which the current code upgrades."""
    return Release.newest()


@pytest.fixture(scope="module")
def released(
    release: Release, postgres: Postgres, new_database: Callable[[str], str], as_service: Callable[[str], str]
) -> Callable[[str], str]:
    """Restore the database of a service as the release has it: the role of the service owns everything, and no other
    role exists. Name of the service → URL for that role."""

    def restore(service: str) -> str:
        url = as_service(new_database(f"{service}_released"))
        name = str(conninfo_to_dict(url)["dbname"])
        owner, role = sql.Identifier(owner_of(name)), sql.Identifier(name)
        with psycopg.connect(postgres.url(name), autocommit=True) as superuser:
            superuser.execute(sql.SQL("REASSIGN OWNED BY {} TO {}").format(owner, role))
            superuser.execute(sql.SQL("DROP OWNED BY {}").format(owner))
            superuser.execute(sql.SQL("DROP ROLE {}").format(owner))
        release.restore_database(service, url)
        return url

    return restore


@pytest.fixture(scope="session")
def give_owner(postgres: Postgres) -> Callable[[str], str]:
    """Give a restored database an owner, as a start of the current code does: its URL → URL for the owner."""
    return lambda url: postgres.create_database(str(conninfo_to_dict(url)["dbname"]))
