"""The token issuer speaks OAuth 2: client credentials in, access tokens out, errors as RFC 6749 names them."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path
from urllib.parse import quote

import httpx2
import pytest
from fastapi.testclient import TestClient

from sandbox import install, issuer

ISSUER = "http://issuer.example:8070"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("issuer") / "credentials"
    install.into(made)
    return made


@pytest.fixture(scope="module")
def http(directory: Path) -> TestClient:
    return TestClient(issuer.create_app(directory, ISSUER, "anning"))


@pytest.fixture
def carrier(directory: Path) -> install.Client:
    return install.client(directory, "carrier:CMCC")


def _asked(http: TestClient, client: install.Client | None = None, **form: str) -> httpx2.Response:
    headers = {}
    if client:
        headers["Authorization"] = "Basic " + b64encode(f"{client.client_id}:{client.secret}".encode()).decode()
    return http.post("/token", data={"grant_type": "client_credentials"} | form, headers=headers)


def test_a_client_gets_a_token_for_all_it_may_do(http: TestClient, carrier: install.Client) -> None:
    answer = _asked(http, carrier)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    given = answer.json()
    assert given["token_type"] == "Bearer"
    assert given["expires_in"] == 600
    assert given["scope"].split() == list(carrier.scopes)


def test_a_client_may_show_its_secret_in_the_form(http: TestClient, carrier: install.Client) -> None:
    answer = _asked(http, client_id=carrier.client_id, client_secret=carrier.secret)
    assert answer.status_code == 200


def test_basic_credentials_are_form_encoded_first(http: TestClient, carrier: install.Client) -> None:
    pair = f"{quote(carrier.client_id, safe='').replace('-', '%2D')}:{quote(carrier.secret)}"
    header = {"Authorization": f"basic {b64encode(pair.encode()).decode()}"}
    assert http.post("/token", data={"grant_type": "client_credentials"}, headers=header).status_code == 200


def test_a_client_may_ask_for_less_than_it_may_do(http: TestClient, carrier: install.Client) -> None:
    answer = _asked(http, carrier, scope="orders:read")
    assert answer.json()["scope"] == "orders:read"


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"scope": "orders:read regulator:everything"}, "invalid_scope"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": ""}, "invalid_request"),
        ({"client_secret": "in two ways"}, "invalid_request"),
    ],
)
def test_what_cannot_be_granted_is_refused_by_name(
    http: TestClient, carrier: install.Client, form: dict[str, str], error: str
) -> None:
    answer = _asked(http, carrier, **form)
    assert (answer.status_code, answer.json()["error"]) == (400, error)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "Basic " + b64encode(b"carrier-CMCC:guessed").decode(),
        "Basic " + b64encode(b"nobody:" + b"-" * 43).decode(),
        "Basic " + b64encode(b"no colon").decode(),
        "Basic ####",
        "Bearer something",
    ],
)
def test_who_has_no_secret_gets_nothing(http: TestClient, header: str | None) -> None:
    headers = {"Authorization": header} if header else {}
    answer = http.post("/token", data={"grant_type": "client_credentials"}, headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert answer.headers["www-authenticate"].startswith("Basic")
    assert "access_token" not in answer.json()


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"grant_type=client_credentials&grant_type=client_credentials", FORM, 400),
        (b"grant_type=\xff\xfe", FORM, 400),
        (b"grant_type=%ff", FORM, 400),
        (b'{"grant_type": "client_credentials"}', {"Content-Type": "application/json"}, 400),
        (b"grant_type=" + b"x" * 20_000, FORM, 413),
    ],
)
def test_what_is_no_form_is_refused(http: TestClient, body: bytes, headers: dict[str, str], status: int) -> None:
    answer = http.post("/token", content=body, headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (status, "invalid_request")


def test_it_says_where_everything_is_and_shows_no_private_key(http: TestClient) -> None:
    metadata = http.get("/.well-known/oauth-authorization-server").json()
    assert metadata["issuer"] == ISSUER
    assert metadata["token_endpoint"] == f"{ISSUER}/token"
    assert metadata["jwks_uri"] == f"{ISSUER}/.well-known/jwks.json"
    (key,) = http.get("/.well-known/jwks.json").json()["keys"]
    assert key.keys() == {"kty", "crv", "x", "kid", "use", "alg"}


@pytest.mark.parametrize("address", ["http://issuer.example/", "http://issuer.example/path", "issuer.example", ""])
def test_an_issuer_is_an_address_without_a_path(directory: Path, address: str) -> None:
    with pytest.raises(ValueError, match="an issuer is"):
        issuer.create_app(directory, address, "anning")
