"""The parcels API with a real database and a real token issuer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from chassis import logs
from chassis.database import Database
from chassis.http.app import create_app, create_monitoring
from tests.integration.http import parcels
from tests.integration.http.clients import ApiClient
from tests.integration.http.issuer import Issuer
from tests.integration.http.serving import settings


@pytest.fixture(scope="session", autouse=True)
def _logs() -> None:
    """Log as a process does: the default of structlog prints every local variable of an exception."""
    logs.configure("INFO", "json")


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    """The running issuer of one test, with one key."""
    with Issuer() as issuer:
        yield issuer


@pytest.fixture(scope="module")
def database(database_url: str) -> Iterator[Database]:
    """The module's database with the tables of parcels."""
    database = Database(database_url, lock_timeout_ms=3_000)
    parcels.create_tables(database)
    yield database
    database.close()


@pytest.fixture
def app(database: Database, database_url: str, issuer: Issuer) -> FastAPI:
    """The API of parcels."""
    return create_app(parcels.Parcels(), settings(database_url, issuer), database)


@pytest.fixture
def api(app: FastAPI) -> Iterator[TestClient]:
    """A client of that API; a server error is a response, not an exception."""
    with ApiClient(app, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def sender(issuer: Issuer) -> dict[str, str]:
    """The Authorization header of a carrier that may send and read parcels."""
    return issuer.bearer("parcels:send parcels:read")


@pytest.fixture
def monitoring(app: FastAPI) -> Iterator[TestClient]:
    """A client of the monitoring port of the process that serves that API."""
    with TestClient(create_monitoring(parcels.Parcels(), app.state.health)) as client:
        yield client
