"""The audit log of one service, in a database with its two roles."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from anning.services import load
from chassis.service import Service
from tests.parts.protocols import Postgres

NAME = "credit"


@pytest.fixture(scope="session")
def service() -> Service:
    return load(NAME)


@pytest.fixture
def tamper(postgres: Postgres, database_url: str) -> Callable[..., None]:
    """Execute a statement as the superuser of the server, which no right and no trigger stops."""

    def execute(statement: str, *parameters: object) -> None:
        name = str(conninfo_to_dict(database_url)["dbname"])
        with psycopg.connect(postgres.url(name)) as superuser:
            superuser.execute("SET session_replication_role = replica")
            assert superuser.execute(sql.SQL(statement), parameters).rowcount == 1

    return execute
