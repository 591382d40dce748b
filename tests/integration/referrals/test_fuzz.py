"""Random requests of every kind of caller: no server error, no response outside the API description, and no trace of
refused requests."""

from __future__ import annotations

import pytest
from fastapi import FastAPI

from chassis.database import Database
from services.referrals.store.tables import METADATA
from tests.integration.http.fuzzing import fuzz
from tests.integration.http.issuer import Issuer
from tests.integration.referrals.api import SCOPES
from tests.integration.referrals.scenes import assessed, batches, clues, consume, rows, seal


@pytest.mark.timeout(400)
@pytest.mark.parametrize(
    ("org", "examples"),
    [
        *(("authority:SAMR", 25), ("regulator:MIIT", 25)),
        *(("authority:MOE", 8), ("regulator:CA-44", 8), ("carrier:CMCC", 4)),
    ],
)
def test_the_service_keeps_to_its_api_description(
    app: FastAPI, database: Database, issuer: Issuer, org: str, examples: int
) -> None:
    consume(database, *(assessed(name) for name in "abc"))
    seal(database)
    consume(database, assessed("unrouted", industry="unknown"))
    sealed = next(row for row in clues(database) if row.state == "referred")
    unrouted = next(row for row in clues(database) if row.state == "open")
    known = {
        "/clues/": {"id": str(unrouted.id if org == "regulator:MIIT" else sealed.id)},
        "/batches/": {"id": str(batches(database)[0].id)},
        "/sealings/": {"id": str(rows(database, "SELECT id FROM sealings WHERE because = 'command'")[0].id)},
    }
    headers = issuer.bearer(SCOPES, org=org, exp=2**33)
    assert fuzz(app, headers, known, examples, database, METADATA) == []
