"""Calls of the services' APIs, by any organisation with credentials."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self

import httpx2

from chassis.version import API_PREFIX
from sandbox import install
from sandbox.people import people
from sandbox.tokens import Bearer, Tokens, TokensOfPerson


class CallFailed(Exception):
    """An API has returned a problem; the message is its title and detail."""


class Client:
    """The calls to one service, by the system of an organisation or by a person."""

    def __init__(self, url: str, auth: Bearer) -> None:
        self.url = url + API_PREFIX
        self._http = httpx2.Client(base_url=self.url, auth=auth, timeout=60, trust_env=False)

    @classmethod
    def of_system(cls, url: str, issuer: str, credentials: Path, org: str) -> Self:
        """The calls of an organisation's system."""
        return cls(url, Bearer(Tokens(issuer, install.client(credentials, org))))

    @classmethod
    def of_person(cls, url: str, issuer: str, credentials: Path, name: str) -> Self:
        """The calls of a person of the sandbox: "MIIT-reviewer"."""
        return cls(url, Bearer(TokensOfPerson(credentials, people()[name], issuer)))

    def get(self, path: str, **parameters: str | int) -> Any:
        """The JSON at `path`. Raises CallFailed."""
        return self._answer(self._http.get(path, params=parameters))

    def pages(self, path: str, **parameters: str | int) -> Iterator[Any]:
        """Every item of a paged list. Raises CallFailed."""
        token: str | None = ""
        while token is not None:
            page = self.get(path, **parameters, **({"page_token": token} if token else {}))
            yield from page["items"]
            token = page["next_page_token"]

    def post(self, path: str, content: Any, *, version: int | None = None) -> Any:
        """POST JSON to `path`, with the version that was read; returns the response. Raises CallFailed."""
        seen = {} if version is None else {"If-Match": f'"{version}"'}
        return self._answer(self._http.post(path, json=content, headers=seen))

    def upload(self, path: str, file: Path, media_type: str, check: Callable[[], None] = lambda: None) -> Any:
        """Upload a file and wait until its import is finished; returns the import. `check` is called meanwhile.

        Raises CallFailed, and what `check` raises.
        """
        headers = {"Content-Type": media_type}
        if file.suffix == ".gz":
            headers["Content-Encoding"] = "gzip"
        with file.open("rb") as content:
            sent = self._http.post(path, content=content, headers=headers)
        self._answer(sent)
        location = sent.headers["Location"].removeprefix(API_PREFIX)
        while True:
            current = self.get(location)
            if current["state"] not in ("received", "running"):
                return current
            check()
            time.sleep(0.1)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _answer(self, response: httpx2.Response) -> Any:
        body = response.json()
        if response.is_error:
            raise CallFailed(f"{response.status_code} {body.get('title')}: {body.get('detail')}")
        return body
