"""The complaints service under test."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from chassis import privacy
from chassis.database import Database
from chassis.service import Service
from services.complaints.service import SERVICE
from tests.integration.complaints.scenes import Office
from tests.integration.http.issuer import Issuer


@pytest.fixture(scope="session")
def service() -> Service:
    return SERVICE


@pytest.fixture(autouse=True)
def _process(
    logged: None, packs: None, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """What a process configures when it starts: the rules in force, a key ring."""
    monkeypatch.setattr(privacy, "_ring", _ring(tmp_path_factory.getbasetemp() / "complaints-keys.json"))


def _ring(path: Path) -> privacy.KeyRing:
    return privacy.KeyRing.load(path) if path.exists() else privacy.KeyRing.create(path)


@pytest.fixture
def office(client: TestClient, database: Database, issuer: Issuer) -> Office:
    """The service as channels, staff and citizens use it."""
    return Office(client, database, issuer)
