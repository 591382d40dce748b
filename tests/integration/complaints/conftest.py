"""The complaints service over a real database and a real issuer of tokens."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from chassis import logs, migrations, privacy, rules
from chassis.database import MECHANISM, Database
from chassis.events import outbox
from chassis.http.app import create_app
from chassis.settings import Settings
from services.complaints.service import SERVICE
from services.complaints.store.tables import METADATA
from tests.integration.complaints.scenes import Office
from tests.integration.http import issuer as issuers
from tests.integration.http.issuer import Issuer


@pytest.fixture(scope="session", autouse=True)
def _logs() -> None:
    logs.configure("INFO", "json")


@pytest.fixture(autouse=True)
def _process(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """What a process is told when it starts: rules in force, a key ring."""
    monkeypatch.setattr(rules, "_packs_in_force", None)
    rules.use_packs("CN-2015,CN-2026")
    monkeypatch.setattr(privacy, "_ring", _ring(tmp_path_factory.getbasetemp() / "complaints-keys.json"))


def _ring(path: Path) -> privacy.KeyRing:
    return privacy.KeyRing.load(path) if path.exists() else privacy.KeyRing.create(path)


@pytest.fixture(scope="module")
def _migrated(database_url: str) -> Iterator[Database]:
    migrations.upgrade(SERVICE, database_url)
    database = Database(database_url, flush=outbox.flush_as("complaints"), pool=20)
    yield database
    database.close()


@pytest.fixture
def database(_migrated: Database) -> Database:
    """The module's database, empty."""
    names = ", ".join(table.name for metadata in (MECHANISM, METADATA) for table in metadata.sorted_tables)
    with _migrated.begin() as tx:
        tx.cursor().execute(f"TRUNCATE {names}")
    return _migrated


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    """An issuer of tokens."""
    with Issuer() as issuer:
        yield issuer


@pytest.fixture(scope="module")
def app(_migrated: Database, database_url: str, issuer: Issuer) -> FastAPI:
    """The API of the service."""
    settings = Settings(
        database_url=database_url,
        kafka="localhost:1",
        issuer=issuers.NAME,
        audience=issuers.AUDIENCE,
        jwks_url=issuer.url,
    )
    return create_app(SERVICE, settings, _migrated)


@pytest.fixture(scope="module")
def _client(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def office(_client: TestClient, database: Database, issuer: Issuer) -> Office:
    """The service as channels, staff and citizens meet it."""
    return Office(_client, database, issuer)
