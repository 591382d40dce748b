"""A service with a real database and a real token issuer. Each folder that uses these fixtures defines `service`."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from chassis import logs, migrations, rules
from chassis.database import MECHANISM, Database
from chassis.events import outbox
from chassis.http.app import create_app
from chassis.service import Service
from chassis.settings import Settings
from tests.integration.http import issuer as issuers
from tests.integration.http.clients import ApiClient
from tests.integration.http.issuer import Issuer


def settings(database_url: str, issuer: Issuer) -> Settings:
    """Settings of an API that trusts `issuer`."""
    return Settings(
        database_url=database_url,
        kafka="localhost:1",
        kafka_username="unused",
        kafka_password_file=Path("unused"),
        issuer=issuers.NAME,
        audience=issuers.AUDIENCE,
        jwks_url=issuer.url,
    )


@pytest.fixture(scope="session")
def logged() -> Iterator[None]:
    """Log as a process does: the default of structlog prints every local variable of an exception."""
    logs.configure("INFO", "json")
    handler = logging.getLogger().handlers[-1]
    yield
    logging.getLogger().removeHandler(handler)
    handler.close()  # its thread would write to a stream that pytest has closed


@pytest.fixture
def packs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Select the rule packs in force."""
    monkeypatch.setattr(rules, "_packs_in_force", None)
    rules.use_packs("CN-2015,CN-2026")


@pytest.fixture(scope="module")
def owned(service: Service, database_url: str) -> Iterator[Database]:
    """The module's database for the role that owns it, with the tables of the service."""
    migrations.upgrade(service, database_url)
    database = Database(database_url, pool=1)
    yield database
    database.close()


@pytest.fixture(scope="module")
def migrated(
    service: Service, owned: Database, database_url: str, as_service: Callable[[str], str]
) -> Iterator[Database]:
    """The module's database for the role of the service."""
    database = Database(as_service(database_url), flush=outbox.flush_as(service.name), pool=20)
    yield database
    database.close()


@pytest.fixture
def database(service: Service, owned: Database, migrated: Database) -> Database:
    """The module's database for the role of the service, empty."""
    with owned.begin() as tx:
        # For tables of a few rows, TRUNCATE is forty times slower: it creates their files again.
        for table in reversed([*MECHANISM.sorted_tables, *service.metadata.sorted_tables]):
            tx.execute(table.delete())
    return migrated


@pytest.fixture(scope="session")
def issuer() -> Iterator[Issuer]:
    """A token issuer."""
    with Issuer() as issuer:
        yield issuer


@pytest.fixture(scope="module")
def api_of_module(service: Service, migrated: Database, database_url: str, issuer: Issuer) -> FastAPI:
    """The API of the service, created once per module: its OpenAPI document takes longer than most tests."""
    return create_app(service, settings(database_url, issuer), migrated)


@pytest.fixture
def app(api_of_module: FastAPI, database: Database) -> FastAPI:
    """The API of the service on the empty database."""
    return api_of_module


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    """A client of that API; a server error is a response, not an exception."""
    with ApiClient(app, raise_server_exceptions=False) as client:
        yield client
