"""Generated requests of every kind of caller: no server error, no response that the description lacks, and no trace of
a refused request."""

from __future__ import annotations

import pytest
from fastapi import FastAPI

from chassis.database import Database
from services.ports.store.tables import METADATA
from tests.integration.http.fuzzing import fuzz
from tests.integration.http.issuer import Issuer
from tests.integration.ports.api import SCOPES
from tests.integration.ports.scenes import (
    NUMBER,
    consume,
    enquiries,
    file,
    five,
    form,
    listed,
    named,
    orders,
    proposals,
    unregistered,
)


@pytest.mark.timeout(400)
@pytest.mark.parametrize(
    ("org", "examples"),
    [("carrier:CMCC", 25), ("regulator:MIIT", 25), ("carrier:CUCC", 8), ("regulator:CA-44", 8), ("channel:app", 4)],
)
def test_the_description_and_the_service_agree(
    app: FastAPI, database: Database, issuer: Issuer, org: str, examples: int
) -> None:
    filed = file(database, form())[0].filing
    consume(database, *five(), unregistered("u1", "1065712345"), unregistered("u2", "1065712345"))
    listed(database, f"{NUMBER}2", existing="propose")
    known = {
        "/orders/": {"id": str(orders(database)[0].id)},
        "/enquiries/": {"id": str(enquiries(database)[0].id)},
        "/filings/": {"id": str(filed)},
        "/shutdown-proposals/": {"id": str(proposals(database)[0].id)},
        "/listings/": {"entry": str(named("an entry"))},
        "/ports/": {"carrier": "CMCC", "number": NUMBER},
    }
    headers = issuer.bearer(SCOPES, org=org, exp=2**33)
    assert fuzz(app, headers, known, examples, database, METADATA) == []
