"""The post office: its API, its database, and files sent to it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from chassis import logs, privacy
from chassis.aggregate import Recorded
from chassis.database import Database, Tx
from chassis.http.app import create_app
from chassis.imports import upload
from chassis.privacy import KeyRing
from tests.integration.http.issuer import Issuer
from tests.integration.http.serving import settings
from tests.integration.imports import letters


@pytest.fixture(scope="session", autouse=True)
def _logs() -> None:
    logs.configure("INFO", "json")


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a key ring."""
    path = tmp_path_factory.mktemp("keys") / "keys.json"
    KeyRing.create(path)
    return path


@pytest.fixture(autouse=True)
def ring(keys: Path) -> Iterator[KeyRing]:
    """The key ring of this process."""
    ring = KeyRing.load(keys)
    privacy.configure(ring)
    yield ring
    privacy.configure(None)


@pytest.fixture(autouse=True)
def _faultless() -> Iterator[None]:
    yield
    letters.faults = letters.Faults()


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    """An issuer of tokens."""
    with Issuer() as issuer:
        yield issuer


@pytest.fixture(scope="module")
def published() -> list[Recorded]:
    """What the transactions of the module's database published."""
    return []


@pytest.fixture(scope="module")
def database(database_url: str, published: list[Recorded]) -> Iterator[Database]:
    """The module's database with the tables of the post office."""

    def flush(tx: Tx, events: Sequence[Recorded]) -> None:
        published.extend(events)

    database = Database(database_url, flush=flush)
    letters.create_tables(database)
    yield database
    database.close()


@pytest.fixture
def app(database: Database, database_url: str, issuer: Issuer) -> FastAPI:
    """The post office's API."""
    return create_app(letters.PostOffice(), settings(database_url, issuer), database)


@pytest.fixture
def api(app: FastAPI) -> Iterator[TestClient]:
    """A client of that API; a fault of the server is an answer, not an exception."""
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


class Sender:
    """Somebody who sends files to the post office and asks what became of them."""

    def __init__(self, api: TestClient, headers: dict[str, str]) -> None:
        self.api = api
        self.headers = headers

    def send(self, content: bytes, **headers: str) -> Any:
        """The answer to a file of letters."""
        named = {"Content-Type": "application/x-ndjson"} | {k.replace("_", "-"): v for k, v in headers.items()}
        return self.api.post("/letter-imports", content=content, headers=self.headers | named)

    def send_streets(self, content: bytes) -> Any:
        """The answer to a file of streets."""
        return self.api.post("/street-imports", content=content, headers=self.headers | {"Content-Type": "text/csv"})

    def sent(self, content: bytes) -> str:
        """The address of a file of letters that was taken."""
        answer = self.send(content)
        assert answer.status_code == 202, answer.text
        return str(answer.headers["Location"])

    def look(self, address: str) -> dict[str, Any]:
        """An import as it is told now."""
        answer = self.api.get(address, headers=self.headers)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def errors(self, address: str) -> list[tuple[int, str]]:
        """Number and code of every line that was not taken, read page by page."""
        found: list[tuple[int, str]] = []
        following: str | None = f"{address}/errors?page_size=3"
        while following:
            answer = self.api.get(following, headers=self.headers)
            assert answer.status_code == 200, answer.text
            found += [(item["line"], item["code"]) for item in answer.json()["items"]]
            following = answer.links["next"]["url"] if "next" in answer.links else None
        return found

    def resume(self, address: str, reason: str = "mended") -> Any:
        """The answer to a resumption."""
        return self.api.post(f"{address}/resumption", json={"reason": reason}, headers=self.headers)


SCOPES = "letters:send streets:send"


@pytest.fixture
def carrier(api: TestClient, issuer: Issuer) -> Sender:
    """A carrier that sends letters and streets."""
    return Sender(api, issuer.bearer(SCOPES, org="carrier:CMCC"))


@pytest.fixture
def other_carrier(api: TestClient, issuer: Issuer) -> Sender:
    """Another carrier."""
    return Sender(api, issuer.bearer(SCOPES, org="carrier:CUCC"))


@pytest.fixture
def staff(api: TestClient, issuer: Issuer) -> Sender:
    """Staff of the regulator."""
    return Sender(api, issuer.bearer(SCOPES, org="regulator:MIIT"))


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> int:
    """Chunks of so many lines, so that a short file has many."""
    monkeypatch.setattr(upload, "CHUNK_LINES", 10)
    return 10


def letters_file(numbers: Sequence[object], text: str = "") -> bytes:
    """A file of letters with these numbers."""
    return b"".join(json.dumps({"number": str(number), "text": text}).encode() + b"\n" for number in numbers)
