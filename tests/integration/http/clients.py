"""A client of an API in this process that names paths below the version of the API."""

from __future__ import annotations

from typing import Any

from fastapi.testclient import TestClient
from httpx2 import Response

from chassis.version import API_PREFIX

_OTHERS = ("/healthz", "/readyz", "/metrics", "/openapi.json", "/docs", "/problems/")


def address(path: str) -> str:
    """The address of a path below the version. The addresses in responses, and those without a version, stay."""
    return path if path.startswith((f"{API_PREFIX}/", *_OTHERS)) else API_PREFIX + path


class ApiClient(TestClient):
    """Sends requests to paths below the version: `get("/orders")` reads `/v1/orders`."""

    def request(self, method: str, url: Any, **options: Any) -> Response:
        """The response; its problem where it is an error."""
        return super().request(method, address(str(url)), **options)
