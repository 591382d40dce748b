"""The token issuer implements OAuth 2: client credentials, access tokens, and the errors of RFC 6749."""

from __future__ import annotations

from base64 import b64encode
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import quote

import httpx2
import pytest
import structlog
from fastapi import FastAPI
from fastapi.testclient import TestClient

from chassis.rules import Rulebook
from sandbox import install, issuer
from sandbox.rulebook import TokenRate

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
def carrier(directory: Path) -> install.RegisteredClient:
    return install.client(directory, "carrier:CMCC")


def _request_token(http: TestClient, client: install.RegisteredClient | None = None, **form: str) -> httpx2.Response:
    headers = {}
    if client:
        headers["Authorization"] = "Basic " + b64encode(f"{client.client_id}:{client.secret}".encode()).decode()
    return http.post("/token", data={"grant_type": "client_credentials"} | form, headers=headers)


def test_a_token_has_all_scopes_of_the_client_by_default(http: TestClient, carrier: install.RegisteredClient) -> None:
    answer = _request_token(http, carrier)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    issued = answer.json()
    assert issued["token_type"] == "Bearer"
    assert issued["expires_in"] == 600
    assert issued["scope"].split() == list(carrier.scopes)


def test_a_client_may_send_its_secret_in_the_form(http: TestClient, carrier: install.RegisteredClient) -> None:
    answer = _request_token(http, client_id=carrier.client_id, client_secret=carrier.secret)
    assert answer.status_code == 200


def test_basic_credentials_are_form_encoded(http: TestClient, carrier: install.RegisteredClient) -> None:
    pair = f"{quote(carrier.client_id, safe='').replace('-', '%2D')}:{quote(carrier.secret)}"
    header = {"Authorization": f"basic {b64encode(pair.encode()).decode()}"}
    assert http.post("/token", data={"grant_type": "client_credentials"}, headers=header).status_code == 200


def test_a_client_may_request_fewer_scopes(http: TestClient, carrier: install.RegisteredClient) -> None:
    answer = _request_token(http, carrier, scope="orders:read")
    assert answer.json()["scope"] == "orders:read"


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"scope": "orders:read regulator:everything"}, "invalid_scope"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": ""}, "invalid_request"),
        ({"client_secret": "in the form too"}, "invalid_request"),
    ],
)
def test_a_request_that_cannot_be_granted_gets_the_named_error(
    http: TestClient, carrier: install.RegisteredClient, form: dict[str, str], error: str
) -> None:
    answer = _request_token(http, carrier, **form)
    assert (answer.status_code, answer.json()["error"]) == (400, error)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "Basic " + b64encode(b"carrier-CMCC:guessed").decode(),
        "Basic " + b64encode(b"unknown:" + b"-" * 43).decode(),
        "Basic " + b64encode(b"no colon").decode(),
        "Basic ####",
        "Bearer something",
    ],
)
def test_a_request_without_valid_credentials_gets_no_token(http: TestClient, header: str | None) -> None:
    headers = {"Authorization": header} if header else {}
    answer = http.post("/token", data={"grant_type": "client_credentials"}, headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert answer.headers["www-authenticate"].startswith("Basic")
    assert "access_token" not in answer.json()


@pytest.mark.parametrize(
    ("client_id", "logged"), [("carrier-CMCC", "carrier-CMCC"), ("unknown", "unknown"), ("s" * 43, "too long")]
)
def test_a_refused_request_is_logged_with_its_client_and_address_and_no_secret(
    http: TestClient, client_id: str, logged: str
) -> None:
    with structlog.testing.capture_logs() as lines:
        form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": "guessed-secret"}
        assert http.post("/token", data=form).status_code == 401
    (line,) = (each for each in lines if each["event"] == "token request refused")
    assert (line["error"], line["client"], line["address"]) == ("invalid_client", logged, "testclient")
    assert not {"guessed-secret", "s" * 43} & {*map(str, line.values())}


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
def test_a_body_that_is_not_a_valid_form_is_rejected(
    http: TestClient, body: bytes, headers: dict[str, str], status: int
) -> None:
    answer = http.post("/token", content=body, headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (status, "invalid_request")


def test_the_metadata_has_all_addresses_and_the_key_set_no_private_key(http: TestClient) -> None:
    metadata = http.get("/.well-known/oauth-authorization-server").json()
    assert metadata["issuer"] == ISSUER
    assert metadata["token_endpoint"] == f"{ISSUER}/token"
    assert metadata["jwks_uri"] == f"{ISSUER}/.well-known/jwks.json"
    (key,) = http.get("/.well-known/jwks.json").json()["keys"]
    assert key.keys() == {"kty", "crv", "x", "kid", "use", "alg"}


@pytest.mark.parametrize("address", ["http://issuer.example/", "http://issuer.example/path", "issuer.example", ""])
def test_an_issuer_address_without_scheme_or_with_a_path_is_rejected(directory: Path, address: str) -> None:
    with pytest.raises(ValueError, match="an issuer is"):
        issuer.create_app(directory, address, "anning")


FEW = """
packs: {CN-2015: few tokens a day, CN-2026: nothing of its own}
rules:
  rate.tokens:
    - {pack: CN-2015, legal_source: none, mark: D, parameters: {per_client: 3, per_address: 6, window: 1d}}
"""


@pytest.fixture
def strict(directory: Path, monkeypatch: pytest.MonkeyPatch) -> FastAPI:
    """An issuer of few tokens a day, behind a proxy."""
    monkeypatch.setattr(issuer, "RULES", Rulebook(FEW, [TokenRate]))
    return issuer.create_app(directory, ISSUER, "anning", proxies=[ip_network("192.0.2.7")])


def test_a_client_gets_a_limited_number_of_tokens(
    strict: FastAPI, directory: Path, carrier: install.RegisteredClient
) -> None:
    http = TestClient(strict)

    *given, refused = [_request_token(http, carrier) for _ in range(4)]

    assert {each.status_code for each in given} == {200}
    assert given[0].headers["ratelimit-policy"] == '"rate.tokens.client";q=3;w=86400'
    assert refused.status_code == 429
    assert refused.headers["content-type"] == "application/problem+json"
    assert 0 < int(refused.headers["retry-after"]) <= 28_800
    assert refused.headers["ratelimit"].startswith('"rate.tokens.client";r=0;t=')
    assert _request_token(http, install.client(directory, "carrier:CUCC")).status_code == 200


def test_an_address_has_a_limited_number_of_guesses(strict: FastAPI, carrier: install.RegisteredClient) -> None:
    guessing = TestClient(strict, client=("203.0.113.9", 4711))

    *guesses, refused = [_request_token(guessing, client_id="carrier-CMCC", client_secret="guess") for _ in range(7)]

    assert {each.status_code for each in guesses} == {401}
    assert refused.status_code == 429
    assert _request_token(guessing, carrier).status_code == 429, "it would tell which guess is right"
    other = TestClient(strict, client=("203.0.113.10", 4711))
    assert _request_token(other, carrier).status_code == 200


def test_the_address_is_the_one_that_a_named_proxy_states(strict: FastAPI) -> None:
    behind = TestClient(strict, client=("192.0.2.7", 4711))

    def guess(address: str) -> int:
        form = {"grant_type": "client_credentials", "client_id": "carrier-CMCC", "client_secret": "guess"}
        return behind.post("/token", data=form, headers={"Forwarded": f"for={address}"}).status_code

    assert [guess("203.0.113.9") for _ in range(7)] == [401] * 6 + [429]
    assert guess("203.0.113.10") == 401
