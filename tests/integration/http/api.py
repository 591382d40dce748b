"""Calls to an API as organisations make them: with tokens, versions and idempotency keys."""

from __future__ import annotations

from typing import Any

from fastapi.testclient import TestClient
from httpx2 import Response

from tests.integration.http.issuer import Issuer


class Api:
    """Calls routes for an organisation, by default with all `scopes` and as `person`."""

    scopes: str
    """All scopes of the service."""
    media_type = "application/x-ndjson"
    """The media type of uploaded files."""
    person = "system-1"
    """The subject of the tokens."""

    def __init__(self, client: TestClient, issuer: Issuer) -> None:
        self.client = client
        self._issuer = issuer

    def get(self, org: str, path: str, *, scopes: str | None = None, **query: Any) -> Response:
        headers = self._issuer.bearer(self.scopes if scopes is None else scopes, org=org)
        return self.client.get(path, params=query or None, headers=headers)

    def post(
        self,
        org: str,
        path: str,
        body: Any = None,
        *,
        seen: object = None,
        key: str | None = None,
        scopes: str | None = None,
        by: str | None = None,
    ) -> Response:
        """`seen` is the version in If-Match, `key` the Idempotency-Key, `by` the subject of the token."""
        headers = self._issuer.bearer(self.scopes if scopes is None else scopes, org=org, sub=by or self.person)
        if seen is not None:
            headers["If-Match"] = f'"{seen}"'
        if key is not None:
            headers["Idempotency-Key"] = key
        if body is None:
            return self.client.post(path, headers=headers)
        return self.client.post(path, json=body, headers=headers)

    def upload(self, org: str, path: str, content: bytes, media_type: str | None = None, **headers: str) -> Response:
        own = self._issuer.bearer(self.scopes, org=org) | {"Content-Type": media_type or self.media_type} | headers
        return self.client.post(path, content=content, headers=own)


def problem(response: Response) -> tuple[int, str]:
    """The status and the slug of a problem."""
    assert response.headers["content-type"] == "application/problem+json", response.text
    return response.status_code, response.json()["type"].rpartition("/")[2]
