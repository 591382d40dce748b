"""The API as carriers and staff use it."""

from __future__ import annotations

from typing import Any

from fastapi.testclient import TestClient
from httpx2 import Response

from tests.integration.http.issuer import Issuer

SCOPES = (
    "ports:file ports:read ports:statistics orders:read orders:act orders:lift orders:propose orders:decide "
    "enquiries:read enquiries:answer"
)


class Api:
    """Calls routes for an organisation, with every scope there is unless told otherwise, and by whom."""

    def __init__(self, client: TestClient, issuer: Issuer) -> None:
        self.client = client
        self._issuer = issuer

    def get(self, org: str, path: str, *, scopes: str = SCOPES, **query: Any) -> Response:
        headers = self._issuer.bearer(scopes, org=org)
        return self.client.get(path, params=query or None, headers=headers)

    def post(
        self,
        org: str,
        path: str,
        body: Any = None,
        *,
        seen: object = None,
        key: str | None = None,
        scopes: str = SCOPES,
        by: str = "system-1",
    ) -> Response:
        """`seen` is the version in If-Match, `key` the Idempotency-Key, `by` the person that acts."""
        headers = self._issuer.bearer(scopes, org=org, sub=by)
        if seen is not None:
            headers["If-Match"] = f'"{seen}"'
        if key is not None:
            headers["Idempotency-Key"] = key
        if body is None:
            return self.client.post(path, headers=headers)
        return self.client.post(path, json=body, headers=headers)

    def upload(self, org: str, path: str, content: bytes, media_type: str = "text/csv", **headers: str) -> Response:
        own = self._issuer.bearer(SCOPES, org=org) | {"Content-Type": media_type} | headers
        return self.client.post(path, content=content, headers=own)


def problem(response: Response) -> tuple[int, str]:
    """The status and the slug of a problem."""
    assert response.headers["content-type"] == "application/problem+json", response.text
    return response.status_code, response.json()["type"].rpartition("/")[2]
