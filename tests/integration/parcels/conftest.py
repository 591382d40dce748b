"""The parcels service, and a client of its API."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from chassis.service import Service
from examples.parcels.service import SERVICE
from tests.integration.http.api import Api
from tests.integration.http.issuer import Issuer


class ParcelsApi(Api):
    """Calls the routes of this service."""

    scopes = "parcels:send parcels:read parcels:deliver"


@pytest.fixture(scope="session")
def service() -> Service:
    return SERVICE


@pytest.fixture(autouse=True)
def _process(logged: None, packs: None) -> None:
    """The process-wide configuration of a service."""


@pytest.fixture
def api(client: TestClient, issuer: Issuer) -> ParcelsApi:
    return ParcelsApi(client, issuer)
