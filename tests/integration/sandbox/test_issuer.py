"""The issuer over real HTTP: services accept its tokens, and clients renew them before they expire."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import httpx2
import pytest
from fastapi import FastAPI, Response
from joserfc import jws, jwt
from joserfc.jwa import JWSAlgModel
from joserfc.jwk import KeySet

from chassis.http.auth import Caller, SigningKeys, TokenVerifier, requires
from chassis.http.problems import Problem, Unauthenticated
from sandbox import install, issuer, tokens
from sandbox.tokens import Bearer, Tokens
from standalone.processes import free_port
from tests.integration.sandbox.serving import served


class _AnyAlgorithm(jws.JWSRegistry):
    """Accepts EdDSA without the warning that it has a newer name."""

    def get_alg(self, name: str) -> JWSAlgModel:
        return self.algorithms[name]


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("issuer") / "credentials"
    install.into(made)
    return made


@pytest.fixture(scope="module")
def address(directory: Path) -> Iterator[str]:
    port = free_port()
    with served(issuer.create_app(directory, f"http://127.0.0.1:{port}", "anning"), port) as at:
        yield at


def _caller(verifier: TokenVerifier, token: str) -> Caller:
    return asyncio.run(verifier.caller(token))


def _verifier(address: str) -> TokenVerifier:
    return TokenVerifier(address, "anning", SigningKeys(f"{address}/.well-known/jwks.json"))


def test_the_published_key_verifies_an_issued_token(address: str, directory: Path) -> None:
    token = Tokens(address, install.client(directory, "carrier:CTCC")).bearer()
    metadata = httpx2.get(f"{address}/.well-known/oauth-authorization-server").json()
    keys = KeySet.import_key_set(httpx2.get(metadata["jwks_uri"]).json())
    read = jwt.decode(token, keys, registry=_AnyAlgorithm())
    assert read.header["typ"] == "at+jwt"
    assert read.claims["iss"] == metadata["issuer"] == address
    assert read.claims["org"] == "carrier:CTCC"


def test_a_service_accepts_a_token_and_reads_its_organisation(address: str, directory: Path) -> None:
    token = Tokens(address, install.client(directory, "regulator:CA-44"), scopes=["orders:read"]).bearer()
    caller = _caller(_verifier(address), token)
    assert caller.organisation == "regulator:CA-44"
    assert caller.scopes == {"orders:read"}


@pytest.mark.parametrize(
    "claims",
    [
        {"issued_at": time.time() - 3600},
        {"audience": "elsewhere"},
        {"issuer": "http://another.example"},
    ],
)
def test_a_service_rejects_expired_tokens_other_audiences_and_other_issuers(
    address: str, directory: Path, claims: dict[str, str]
) -> None:
    token = tokens.mint(directory, "carrier:CMCC", **({"issuer": address} | claims))  # type: ignore[arg-type]
    with pytest.raises(Unauthenticated):
        _caller(_verifier(address), token)


def test_a_service_rejects_a_token_of_another_installation(address: str, tmp_path: Path) -> None:
    install.into(tmp_path / "forger")
    token = tokens.mint(tmp_path / "forger", "regulator:MIIT", issuer=address)
    with pytest.raises(Unauthenticated):
        _caller(_verifier(address), token)


def test_a_token_is_cached_and_renewed_before_it_expires(directory: Path) -> None:
    port = free_port()
    at = f"http://127.0.0.1:{port}"
    with served(issuer.create_app(directory, at, "anning", lifetime_seconds=1), port):
        client = Tokens(at, install.client(directory, "carrier:CMCC"))
        before = time.monotonic()
        first = client.bearer()
        issued = time.monotonic()
        returned = issued
        while client.bearer() == first:
            assert returned < issued + 0.8, "a token close to its expiry was still returned"
            returned = time.monotonic()
        assert time.monotonic() >= before + 0.8, "a token was renewed too early"


def test_a_wrong_secret_is_rejected(address: str, directory: Path) -> None:
    right = install.client(directory, "carrier:CMCC")
    wrong = install.RegisteredClient(client_id=right.client_id, secret="guessed", org=right.org, scopes=right.scopes)
    with pytest.raises(httpx2.HTTPStatusError, match="401"):
        Tokens(address, wrong).bearer()


def test_a_client_fetches_a_new_token_when_an_api_rejects_the_cached_one(tmp_path: Path) -> None:
    """As after a new installation: issuer and APIs have another key."""
    for name in ("old", "new"):
        install.into(tmp_path / name)
    (tmp_path / "new" / "clients.json").write_bytes((tmp_path / "old" / "clients.json").read_bytes())
    client = install.client(tmp_path / "old", "carrier:CMCC")
    port, api_port = free_port(), free_port()
    at = f"http://127.0.0.1:{port}"
    with ExitStack() as old:
        old.enter_context(served(issuer.create_app(tmp_path / "old", at, "anning"), port))
        cached = Tokens(at, client)
        cached.bearer()
    with (
        served(issuer.create_app(tmp_path / "new", at, "anning"), port),
        served(_api(at), api_port) as api,
        httpx2.Client(base_url=api, auth=Bearer(cached)) as http,
    ):
        answer = http.get("/whoami")
        assert (answer.status_code, answer.text) == (200, "carrier:CMCC")


def _api(issuer_address: str) -> FastAPI:
    app = FastAPI()
    app.state.token_verifier = _verifier(issuer_address)
    app.state.proxies = ()

    @app.exception_handler(Problem)
    async def refused(_: object, problem: Exception) -> Response:
        assert isinstance(problem, Problem)
        return problem.response()

    @app.get("/whoami")
    def whoami(caller: Annotated[Caller, requires("orders:read")]) -> Response:
        return Response(caller.organisation)

    return app
