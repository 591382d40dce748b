"""The credit service and a client of its API."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from chassis.service import Service
from services.credit.service import SERVICE
from tests.integration.credit.api import Api
from tests.integration.http.issuer import Issuer


@pytest.fixture(scope="session")
def service() -> Service:
    return SERVICE


@pytest.fixture(autouse=True)
def _process(logged: None, packs: None) -> None:
    """Logging and rule packs, as at the start of a process."""


@pytest.fixture
def api(client: TestClient, issuer: Issuer) -> Api:
    return Api(client, issuer)
