"""The ports service, and a client for its API."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from chassis.service import Service
from services.ports.service import SERVICE
from tests.integration.http.issuer import Issuer
from tests.integration.ports.api import Api


@pytest.fixture(scope="session")
def service() -> Service:
    return SERVICE


@pytest.fixture(autouse=True)
def _process(logged: None, packs: None) -> None:
    """What a process sets up when it starts."""


@pytest.fixture
def api(client: TestClient, issuer: Issuer) -> Api:
    return Api(client, issuer)
