"""The referrals service, and how it is called."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from chassis.service import Service
from services.referrals.service import SERVICE
from tests.integration.http.issuer import Issuer
from tests.integration.referrals.api import Api


@pytest.fixture(scope="session")
def service() -> Service:
    return SERVICE


@pytest.fixture(autouse=True)
def _process(logged: None, packs: None) -> None:
    """The configuration of a process: its log and its rule packs."""


@pytest.fixture
def api(client: TestClient, issuer: Issuer) -> Api:
    return Api(client, issuer)
