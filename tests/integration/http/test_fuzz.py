"""Generated requests: no server error, only documented responses, and no change by a refused request."""

from __future__ import annotations

import pytest
from fastapi import FastAPI

from chassis.database import Database
from tests.integration.http.fuzzing import fuzz
from tests.integration.http.issuer import Issuer


@pytest.mark.timeout(300)
def test_responses_to_generated_requests_conform_to_the_description(
    app: FastAPI, database: Database, issuer: Issuer
) -> None:
    headers = issuer.bearer("parcels:send parcels:read", exp=2**33)
    assert fuzz(app, headers, {}, 60, database) == []
