"""The API as authorities and staff use it."""

from __future__ import annotations

from tests.integration.http import api as calls

SCOPES = "clues:read clues:act clues:route clues:quarantine"


class Api(calls.Api):
    """A client of this service's routes."""

    scopes = SCOPES
