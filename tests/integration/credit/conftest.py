"""The credit database, and facts to be heard."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from chassis import logs, migrations, rules
from chassis.database import MECHANISM, Database
from chassis.events import outbox
from chassis.http.app import create_app
from chassis.settings import Settings
from services.credit.service import SERVICE
from services.credit.store.tables import METADATA
from tests.integration.credit.api import Api
from tests.integration.http import issuer as issuers
from tests.integration.http.issuer import Issuer


@pytest.fixture(scope="session", autouse=True)
def _logs() -> None:
    """As a process logs; structlog's own way would print every local variable of a fault."""
    logs.configure("INFO", "json")


@pytest.fixture(autouse=True)
def _packs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "_packs_in_force", None)
    rules.use_packs("CN-2015,CN-2026")


@pytest.fixture(scope="module")
def _tables(database_url: str) -> Iterator[Database]:
    migrations.upgrade(SERVICE, database_url)
    database = Database(database_url, flush=outbox.flush_as("credit"), pool=20)
    yield database
    database.close()


@pytest.fixture
def database(_tables: Database) -> Database:
    """The module's database, empty."""
    with _tables.begin() as tx:
        # Emptying tables of a few rows: a TRUNCATE would make their files anew, forty times slower.
        for table in reversed([*MECHANISM.sorted_tables, *METADATA.sorted_tables]):
            tx.execute(table.delete())
    return _tables


@pytest.fixture(scope="session")
def issuer() -> Iterator[Issuer]:
    """An issuer of tokens."""
    with Issuer() as issuer:
        yield issuer


@pytest.fixture
def app(database: Database, database_url: str, issuer: Issuer) -> FastAPI:
    """The API of this service."""
    settings = Settings(
        database_url=database_url,
        kafka="localhost:1",
        issuer=issuers.NAME,
        audience=issuers.AUDIENCE,
        jwks_url=issuer.url,
    )
    return create_app(SERVICE, settings, database)


@pytest.fixture
def api(app: FastAPI, issuer: Issuer) -> Iterator[Api]:
    """A client of it; a fault of the server is an answer, not an exception."""
    with TestClient(app, raise_server_exceptions=False) as client:
        yield Api(client, issuer)
