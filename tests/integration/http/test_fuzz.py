"""Whatever is sent: no fault of the service, no answer that the description does not have, no trace of a refusal."""

from __future__ import annotations

import pytest
from fastapi import FastAPI

from chassis.database import Database
from tests.integration.http.fuzzing import fuzz
from tests.integration.http.issuer import Issuer


@pytest.mark.timeout(300)
def test_the_description_and_the_service_agree(app: FastAPI, database: Database, issuer: Issuer) -> None:
    headers = issuer.bearer("parcels:send parcels:read", exp=2**33)
    assert fuzz(app, headers, {}, 60, database) == []
