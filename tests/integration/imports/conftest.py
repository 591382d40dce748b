"""The post office: its API, its database, and clients that upload files."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from chassis import logs, privacy, rules
from chassis.aggregate import Recorded
from chassis.database import Database, Tx
from chassis.http.app import create_app
from chassis.imports import upload
from chassis.privacy import KeyRing
from tests.integration.http.clients import ApiClient
from tests.integration.http.issuer import Issuer
from tests.integration.http.serving import settings
from tests.integration.imports import letters


@pytest.fixture(scope="session", autouse=True)
def _logs() -> None:
    logs.configure("INFO", "json")


@pytest.fixture(autouse=True)
def _packs() -> None:
    rules.use_packs("CN-2015")


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The path of a key ring file."""
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
def _reset_faults() -> Iterator[None]:
    yield
    letters.faults = letters.Faults()


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    """A token issuer."""
    with Issuer() as issuer:
        yield issuer


@pytest.fixture(scope="module")
def published() -> list[Recorded]:
    """The events that transactions of the module's database have published."""
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
    """The API of the post office."""
    return create_app(letters.PostOffice(), settings(database_url, issuer), database)


@pytest.fixture
def api(app: FastAPI) -> Iterator[TestClient]:
    """A client of that API; a server error is a response, not an exception."""
    with ApiClient(app, raise_server_exceptions=False) as client:
        yield client


class Client:
    """Uploads files to the post office for one organisation, and reads its imports."""

    def __init__(self, api: TestClient, headers: dict[str, str]) -> None:
        self.api = api
        self.headers = headers

    def send(self, content: bytes, **headers: str) -> Any:
        """Upload a file of letters; return the response."""
        named = {"Content-Type": "application/x-ndjson"} | {k.replace("_", "-"): v for k, v in headers.items()}
        return self.api.post("/letter-imports", content=content, headers=self.headers | named)

    def send_streets(self, content: bytes) -> Any:
        """Upload a file of streets; return the response."""
        return self.api.post("/street-imports", content=content, headers=self.headers | {"Content-Type": "text/csv"})

    def create_import(self, content: bytes) -> str:
        """Upload a file of letters that is accepted; return the path of its import."""
        response = self.send(content)
        assert response.status_code == 202, response.text
        return str(response.headers["Location"])

    def get_import(self, path: str) -> dict[str, Any]:
        """The current state of an import."""
        response = self.api.get(path, headers=self.headers)
        assert response.status_code == 200, response.text
        found: dict[str, Any] = response.json()
        return found

    def errors(self, path: str) -> list[tuple[int, str]]:
        """The line number and the code of every rejected line, read page by page."""
        found: list[tuple[int, str]] = []
        following: str | None = f"{path}/errors?page_size=3"
        while following:
            response = self.api.get(following, headers=self.headers)
            assert response.status_code == 200, response.text
            found += [(item["line"], item["code"]) for item in response.json()["items"]]
            following = response.links["next"]["url"] if "next" in response.links else None
        return found

    def resume(self, path: str, reason: str = "fixed") -> Any:
        """Resume an import; return the response."""
        return self.api.post(f"{path}/resumption", json={"reason": reason}, headers=self.headers)


SCOPES = "letters:send streets:send"


@pytest.fixture
def carrier(api: TestClient, issuer: Issuer) -> Client:
    """A carrier that sends letters and streets."""
    return Client(api, issuer.bearer(SCOPES, org="carrier:CMCC"))


@pytest.fixture
def other_carrier(api: TestClient, issuer: Issuer) -> Client:
    """Another carrier."""
    return Client(api, issuer.bearer(SCOPES, org="carrier:CUCC"))


@pytest.fixture
def staff(api: TestClient, issuer: Issuer) -> Client:
    """Staff of the regulator."""
    return Client(api, issuer.bearer(SCOPES, org="regulator:MIIT"))


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> int:
    """Reduce chunks to this number of lines, so that a short file has several."""
    monkeypatch.setattr(upload, "CHUNK_LINES", 10)
    return 10


def letters_file(numbers: Sequence[object], text: str = "") -> bytes:
    """A file of letters with these numbers."""
    return b"".join(json.dumps({"number": str(number), "text": text}).encode() + b"\n" for number in numbers)
