"""Random requests of every organisation: no server error, only documented responses, and no trace of refused ones."""

from __future__ import annotations

import pytest
from fastapi import FastAPI

from chassis import clock
from chassis.database import Database
from services.credit.store.tables import METADATA
from tests.integration.credit.api import SCOPES
from tests.integration.credit.scenes import OF_BEIJING, SHOP, consume, days, entries, fined, listed, three_orders
from tests.integration.http.fuzzing import fuzz
from tests.integration.http.issuer import Issuer


@pytest.mark.timeout(400)
@pytest.mark.parametrize(
    ("org", "examples"),
    [
        ("regulator:MIIT", 25),
        ("regulator:CA-44", 25),
        ("carrier:CMCC", 8),
        ("authority:SAMR", 8),
        ("channel:app", 4),
    ],
)
def test_the_description_and_the_service_agree(
    app: FastAPI, database: Database, issuer: Issuer, org: str, examples: int
) -> None:
    consume(database, *three_orders(), fined(enterprise=OF_BEIJING))
    listed(database)
    known = {"/entries/": {"id": str(entries(database)[0].id)}, "/standings/": {"code": SHOP}}
    headers = issuer.bearer(SCOPES, org=org, exp=2**33)
    with clock.shifted(days(8)):
        assert fuzz(app, headers, known, examples, database, METADATA) == []
