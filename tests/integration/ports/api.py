"""The API as carriers and staff use it."""

from __future__ import annotations

from tests.integration.http import api as calls

SCOPES = (
    "ports:file ports:initial-load ports:read ports:statistics orders:read orders:act orders:lift "
    "orders:propose orders:decide enquiries:read enquiries:answer ports:quarantine"
)


class Api(calls.Api):
    """Calls the routes of this service."""

    scopes = SCOPES
    media_type = "text/csv"
