"""The API as carriers, authorities, staff and the public use it."""

from __future__ import annotations

from typing import Any

from fastapi.testclient import TestClient
from httpx2 import Response

from chassis import clock
from tests.integration.credit.scenes import SHOP, days
from tests.integration.http.issuer import Issuer

SCOPES = "credit:check credit:read credit:propose credit:decide"
MIIT, GUANGDONG, BEIJING = "regulator:MIIT", "regulator:CA-44", "regulator:CA-11"
CMCC, SAMR = "carrier:CMCC", "authority:SAMR"


class Api:
    """Calls routes for a person of an organisation, with every scope there is unless told otherwise."""

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
        by: str = "li",
        seen: object = None,
        key: str | None = None,
        scopes: str = SCOPES,
    ) -> Response:
        """`by` is the person, `seen` the version in If-Match, `key` the Idempotency-Key."""
        headers = self._issuer.bearer(scopes, org=org, sub=by)
        if seen is not None:
            headers["If-Match"] = f'"{seen}"'
        if key is not None:
            headers["Idempotency-Key"] = key
        if body is None:
            return self.client.post(path, headers=headers)
        return self.client.post(path, json=body, headers=headers)


def problem(response: Response) -> tuple[int, str]:
    """The status and the slug of a problem."""
    assert response.headers["content-type"] == "application/problem+json", response.text
    return response.status_code, response.json()["type"].rpartition("/")[2]


PROPOSAL: dict[str, Any] = {
    "code": SHOP,
    "list": "adverse",
    "tier": "general",
    "facts": ["messages went on after two orders"],
    "article": "电信业务经营许可管理办法第四十二条",
}
CONFIRM = {"decision": "confirm", "reason": "well founded"}
REJECT = {"decision": "reject", "reason": "unfounded"}


def proposed(api: Api, **say: Any) -> str:
    """The path of an entry that Li has just proposed by hand."""
    answer = api.post(MIIT, "/entries", PROPOSAL | say)
    assert answer.status_code == 201, answer.text
    return str(answer.headers["location"])


def confirmed(api: Api, **say: Any) -> str:
    """The path of an entry that Wang has confirmed eight days after it was proposed."""
    path = proposed(api, **say)
    with clock.shifted(days(8)):
        assert api.post(MIIT, f"{path}/decision", CONFIRM, by="wang", seen=1).status_code == 200
    return path
