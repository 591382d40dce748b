"""The ports service, and a client for its API."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from chassis import rules
from chassis.service import Service
from services.ports.service import SERVICE
from standalone.system import LOAD
from tests.integration.http.issuer import Issuer
from tests.integration.ports.api import Api


@pytest.fixture(scope="session")
def service() -> Service:
    return SERVICE


@pytest.fixture(autouse=True)
def _process(logged: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a process sets up when it starts. Carriers see their orders at once."""
    monkeypatch.setattr(rules, "_packs_in_force", None)
    rules.use_packs(LOAD)


@pytest.fixture
def api(client: TestClient, issuer: Issuer) -> Api:
    return Api(client, issuer)
