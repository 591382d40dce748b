"""Random requests by every kind of caller: no internal errors, no response that the description does not have, and no
trace of refused requests."""

from __future__ import annotations

import pytest
from fastapi import FastAPI

from services.complaints.store.tables import METADATA
from tests.integration.complaints.scenes import ALL_SCOPES, Office
from tests.integration.http.fuzzing import fuzz


@pytest.mark.timeout(400)
@pytest.mark.parametrize(
    ("org", "examples"),
    [("regulator:MIIT", 40), ("regulator:CA-44", 10), ("channel:app", 15), ("carrier:CMCC", 5)],
)
def test_the_service_conforms_to_its_description(app: FastAPI, office: Office, org: str, examples: int) -> None:
    filed = office.file()
    imported = office.import_lines(b"{}", org="channel:app")
    office.assess()
    reveal = office.request_reveal(filed["id"], by="system-1")
    office.decide(reveal)
    known = {
        "/complaints/": {"id": filed["id"]},
        "/complaint-imports/": {"id": imported["id"]},
        "/receipts/": {"receipt": filed["receipt"]},
        "/reveals/": {"id": reveal["id"]},
    }
    headers = office.issuer.bearer(ALL_SCOPES, org=org, exp=2**33)
    assert fuzz(app, headers, known, examples, office.database, METADATA) == []
