"""The connection of an organisation to a service: its requests, and its waits while the service does not respond."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator, Mapping
from typing import Any

import httpx2
import structlog

from chassis.version import API_PREFIX
from sandbox.tokens import Bearer, Tokens

log = structlog.get_logger()

_PAGE_SIZE = 500
_AGAIN = {429, 502, 503, 504}
_LONGEST_WAIT_SECONDS = 2.0


class Closed(Exception):
    """The connection was closed during a wait."""


class Office:
    """Requests of one organisation to one service, by any number of threads over persistent connections.

    It waits for a service that restarts or is not ready, until `closing` is set: then Closed is raised.
    """

    def __init__(self, url: str, tokens: Tokens, closing: threading.Event, *, connections: int) -> None:
        self._closing = closing
        self._http = httpx2.Client(
            base_url=url + API_PREFIX,
            auth=Bearer(tokens),
            timeout=httpx2.Timeout(15, connect=3),
            # Closed before the server closes it, which keeps an idle connection for five seconds.
            limits=httpx2.Limits(max_keepalive_connections=connections, keepalive_expiry=4),
            trust_env=False,
        )

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def get(self, path: str) -> httpx2.Response:
        """The response to a GET, whatever its status. Raises Closed."""
        return self._ask("GET", path)

    def post(self, path: str, body: Mapping[str, Any], *, key: str, etag: str | None = None) -> httpx2.Response:
        """The response to an act, whatever its status: on the version `etag` where it depends on one. With `key` it can
        be repeated safely. Raises Closed."""
        seen = {} if etag is None else {"If-Match": etag}
        return self._ask("POST", path, {"json": body or None}, {"Idempotency-Key": key, **seen})

    def send(self, path: str, content: bytes, media_type: str, *, key: str) -> httpx2.Response:
        """The response to a file, whatever its status; `key` as for `post`. Raises Closed."""
        return self._ask("POST", path, {"content": content}, {"Idempotency-Key": key, "Content-Type": media_type})

    def items(self, path: str, **query: str) -> Iterator[dict[str, Any]]:
        """Every item of a listing, page by page. Raises Closed, and HTTPStatusError for an error response."""
        following: dict[str, str] = {}
        while True:
            parameters = httpx2.QueryParams({**query, "page_size": str(_PAGE_SIZE), **following})
            answer = self._ask("GET", f"{path}?{parameters}")
            answer.raise_for_status()
            page = answer.json()
            yield from page["items"]
            if page["next_page_token"] is None:
                return
            following = {"page_token": page["next_page_token"]}

    def _ask(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None
    ) -> httpx2.Response:
        """`body` is a parameter of httpx2: `json` or `content`."""
        tries = 0
        while True:
            wait = min(0.1 * 2**tries, _LONGEST_WAIT_SECONDS)
            try:
                answer = self._http.request(method, path, headers=headers, **(body or {}))
            except httpx2.HTTPError as error:  # no connection, no response, or no token
                trouble = f"{type(error).__name__}: {error}"
            else:
                if answer.status_code not in _AGAIN:
                    if tries:
                        log.info("service responds again", path=path, tries=tries + 1)
                    return answer
                trouble = f"HTTP {answer.status_code}"
                wait = max(wait, _seconds(answer.headers.get("retry-after", "")))
            if not tries:
                log.warning("service does not respond, waiting", path=path, trouble=trouble)
            tries += 1
            if self._closing.wait(min(wait, _LONGEST_WAIT_SECONDS) * random.uniform(0.75, 1.25)):
                raise Closed


def _seconds(text: str) -> float:
    return float(text) if text.isdecimal() else 0.0
