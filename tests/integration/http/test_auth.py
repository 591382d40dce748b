"""Which tokens are accepted, and for which routes."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Annotated

import pytest
import structlog
from fastapi import FastAPI
from fastapi.testclient import TestClient
from joserfc.jwk import ECKey, OKPKey, RSAKey

from chassis.database import Database
from chassis.http import auth
from chassis.http.app import create_app
from chassis.http.auth import LEEWAY_SECONDS, Caller, SigningKeys, requires_person
from chassis.http.routes import Router
from tests.integration.http.clients import ApiClient
from tests.integration.http.issuer import Issuer, new_key
from tests.integration.http.parcels import Parcels
from tests.integration.http.serving import settings

SCOPES = "parcels:read parcels:send"


def read(api: TestClient, token: str) -> int:
    return api.get("/parcels", headers={"Authorization": f"Bearer {token}"}).status_code


def test_a_token_with_the_scope_is_accepted(api: TestClient, issuer: Issuer) -> None:
    assert read(api, issuer.token(SCOPES)) == 200


@pytest.mark.parametrize("name", ["EdDSA", "Ed25519"])
def test_ed25519_is_accepted_under_its_old_and_its_new_name(api: TestClient, issuer: Issuer, name: str) -> None:
    assert read(api, issuer.token(SCOPES, header={"alg": name})) == 200


def test_es256_is_accepted(api: TestClient, issuer: Issuer) -> None:
    issuer.keys = [ECKey.generate_key("P-256", {"kid": "p"})]
    assert read(api, issuer.token(SCOPES, header={"alg": "ES256"})) == 200


@pytest.mark.parametrize("typ", ["application/at+jwt", "AT+JWT"])
def test_the_token_type_is_compared_as_a_media_type(api: TestClient, issuer: Issuer, typ: str) -> None:
    assert read(api, issuer.token(SCOPES, header={"typ": typ})) == 200


def test_a_token_for_several_audiences_is_accepted(api: TestClient, issuer: Issuer) -> None:
    assert read(api, issuer.token(SCOPES, aud=["billing", "anning"])) == 200


def swap_payload(token: str, other: str) -> str:
    header, _, signature = token.split(".")
    return ".".join([header, other.split(".")[1], signature])


NOW = int(time.time())
REFUSED: dict[str, Callable[[Issuer], str]] = {
    "expired": lambda issuer: issuer.token(SCOPES, exp=NOW - 60),
    "without an expiry": lambda issuer: issuer.token(SCOPES, exp=None),
    "with an expiry that is not a number": lambda issuer: issuer.token(SCOPES, exp="tomorrow"),
    "not valid yet": lambda issuer: issuer.token(SCOPES, nbf=NOW + 3600),
    "issued in the future": lambda issuer: issuer.token(SCOPES, iat=NOW + 3600),
    "without a time of issue": lambda issuer: issuer.token(SCOPES, iat=None),
    "for another audience": lambda issuer: issuer.token(SCOPES, aud="billing"),
    "for no audience": lambda issuer: issuer.token(SCOPES, aud=None),
    "for an empty audience": lambda issuer: issuer.token(SCOPES, aud=[]),
    "of another issuer": lambda issuer: issuer.token(SCOPES, iss="https://elsewhere.test"),
    "of no issuer": lambda issuer: issuer.token(SCOPES, iss=None),
    "without a subject": lambda issuer: issuer.token(SCOPES, sub=None),
    "with an empty subject": lambda issuer: issuer.token(SCOPES, sub=""),
    "without an organisation": lambda issuer: issuer.token(SCOPES, org=None),
    "with an organisation without a kind": lambda issuer: issuer.token(SCOPES, org="CMCC"),
    "with an organisation that is a list": lambda issuer: issuer.token(SCOPES, org=["carrier:CMCC"]),  # type: ignore[arg-type]
    "with two organisations in one claim": lambda issuer: issuer.token(SCOPES, org="carrier:CMCC regulator:MIIT"),
    "with scopes as a list": lambda issuer: issuer.token(scope=SCOPES.split()),  # type: ignore[arg-type]
    "of another type": lambda issuer: issuer.token(SCOPES, header={"typ": "JWT"}),
    "of no type": lambda issuer: issuer.token(SCOPES, header={"typ": None}),
    "unsigned": lambda issuer: issuer.token(SCOPES, header={"alg": "none"}),
    "unsigned, in mixed case": lambda issuer: issuer.token(SCOPES, header={"alg": "nOnE"}),
    "signed with the public key as a secret": lambda issuer: issuer.token(SCOPES, header={"alg": "HS256"}),
    "signed with RSA": lambda issuer: issuer.token(
        SCOPES, key=RSAKey.generate_key(2048, {"kid": "first"}), header={"alg": "RS256"}
    ),
    "signed with another key of the same id": lambda issuer: issuer.token(SCOPES, key=new_key("first")),
    "signed with an unknown key": lambda issuer: issuer.token(SCOPES, key=new_key("unknown")),
    "with an algorithm that does not fit the key": lambda issuer: issuer.token(
        SCOPES, key=ECKey.generate_key("P-256", {"kid": "first"}), header={"alg": "ES256"}
    ),
    "without a key id": lambda issuer: issuer.token(SCOPES, header={"kid": None}),
    "with critical extensions": lambda issuer: issuer.token(SCOPES, header={"crit": ["b64"], "b64": True}),
    "with an embedded key": lambda issuer: issuer.token(
        SCOPES, key=(own := new_key("own")), header={"jwk": own.as_dict(private=False)}
    ),
    "truncated": lambda issuer: issuer.token(SCOPES)[:-8],
    "with another payload": lambda issuer: swap_payload(issuer.token(""), issuer.token(SCOPES)),
    "in five parts": lambda issuer: issuer.token(SCOPES) + ".a.b",
    "not a token": lambda issuer: "abc",
    "not ASCII": lambda issuer: "é.ü.ß",
}


@pytest.mark.parametrize("fault", REFUSED)
def test_an_invalid_token_is_refused(api: TestClient, issuer: Issuer, fault: str) -> None:
    token = REFUSED[fault](issuer)
    with structlog.testing.capture_logs() as lines:
        response = api.get("/parcels", headers={b"Authorization": f"Bearer {token}".encode()})
    assert (response.status_code, response.json()["type"]) == (401, "/problems/unauthenticated")
    assert response.headers["WWW-Authenticate"].startswith('Bearer realm="anning", error="invalid_token"')
    (line,) = (each for each in lines if each["event"] == "token refused")
    claims_readable = fault not in ("not a token", "not ASCII")
    assert (line["client"], line["address"]) == ("system-1" if claims_readable else None, "testclient")
    assert line["reason"] == response.json()["detail"]
    assert not any(len(part) > 10 and part in str(line) for part in token.split("."))


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic YTpi", "Token abc"])
def test_a_request_without_a_bearer_token_is_challenged(api: TestClient, header: str | None) -> None:
    response = api.get("/parcels", headers={} if header is None else {"Authorization": header})
    assert (response.status_code, response.headers["WWW-Authenticate"]) == (401, 'Bearer realm="anning"')


def test_a_missing_scope_is_forbidden_and_named(api: TestClient, issuer: Issuer) -> None:
    with structlog.testing.capture_logs() as lines:
        response = api.post("/parcels", json={"road": "a", "grams": 1}, headers=issuer.bearer("parcels:read"))
    (line,) = (each for each in lines if each["event"] == "token refused")
    assert (line["client"], line["reason"]) == ("system-1", "The scope parcels:send is missing.")
    assert (response.status_code, response.json()["type"]) == (403, "/problems/forbidden")
    assert response.headers["WWW-Authenticate"].endswith('error="insufficient_scope", scope="parcels:send"')


def test_a_small_clock_difference_is_tolerated(api: TestClient, issuer: Issuer) -> None:
    now = int(time.time())
    assert read(api, issuer.token(SCOPES, exp=now - 10)) == 200
    assert read(api, issuer.token(SCOPES, iat=now + 10, nbf=now + 10)) == 200


def test_a_parcel_of_another_organisation_is_not_found(api: TestClient, issuer: Issuer) -> None:
    mine = api.post("/parcels", json={"road": "a", "grams": 1}, headers=issuer.bearer(SCOPES)).headers["Location"]
    theirs = issuer.bearer(SCOPES, org="carrier:CUCC")
    assert api.get(mine, headers=issuer.bearer(SCOPES)).status_code == 200
    assert api.get(mine, headers=theirs).json()["type"] == "/problems/not-found"


def test_public_routes_need_no_token(api: TestClient) -> None:
    assert api.get("/roads").status_code == 200


# ---- tokens in the cache of verified tokens


def test_a_verified_token_is_refused_after_the_issuer_has_withdrawn_its_key(
    app: FastAPI, api: TestClient, issuer: Issuer
) -> None:
    app.state.token_verifier.keys = keys_of(issuer, fresh_seconds=0, retry_seconds=0)
    token = issuer.token(SCOPES)
    assert [read(api, token), read(api, token)] == [200, 200]
    issuer.keys = [new_key("second")]
    assert read(api, token) == 401


def test_a_verified_token_is_refused_after_its_expiry(api: TestClient, issuer: Issuer) -> None:
    token = issuer.token(SCOPES, exp=int(time.time()) - LEEWAY_SECONDS + 2)
    assert read(api, token) == 200
    deadline = time.monotonic() + 5
    while read(api, token) == 200:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert read(api, token) == 401


def test_a_verified_token_grants_only_its_own_scopes(api: TestClient, issuer: Issuer) -> None:
    bearer = issuer.bearer("parcels:read")
    assert api.get("/parcels", headers=bearer).status_code == 200
    assert api.post("/parcels", json={"road": "a", "grams": 1}, headers=bearer).status_code == 403


def test_the_cache_of_verified_tokens_is_bounded(
    app: FastAPI, api: TestClient, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auth, "MOST_VERIFIED", 2)
    tokens = [issuer.token(SCOPES, sub=f"system-{number}") for number in range(4)]
    assert [read(api, each) for each in tokens * 2] == [200] * 8
    assert len(app.state.token_verifier._verified) == 2


# ---- the issuer's keys


def keys_of(issuer: Issuer, **seconds: float) -> SigningKeys:
    return SigningKeys(issuer.url, **seconds)


def test_a_new_key_is_fetched_when_it_is_first_seen(issuer: Issuer) -> None:
    keys = keys_of(issuer, retry_seconds=0)
    assert keys.find("first") is not None
    issuer.keys.append(new_key("second"))
    assert keys.find("second") is not None


def test_unknown_keys_do_not_cause_repeated_requests_to_the_issuer(issuer: Issuer) -> None:
    keys = keys_of(issuer)
    assert [keys.find(f"unknown {number}") for number in range(20)] == [None] * 20
    assert issuer.requests == 1


def test_known_keys_are_not_fetched_again(issuer: Issuer) -> None:
    keys = keys_of(issuer, retry_seconds=0)
    assert all(keys.find("first") for _ in range(5))
    assert issuer.requests == 1


def test_cached_keys_stay_valid_while_the_issuer_is_down(issuer: Issuer) -> None:
    keys = keys_of(issuer, fresh_seconds=0, retry_seconds=0)
    assert keys.find("first") is not None
    issuer.up = False
    assert keys.find("first") is not None
    assert issuer.requests == 2


def test_a_withdrawn_key_is_no_longer_valid(issuer: Issuer) -> None:
    keys = keys_of(issuer, fresh_seconds=0, retry_seconds=0)
    assert keys.find("first") is not None
    issuer.keys = [new_key("second")]
    assert keys.find("first") is None


def test_keys_of_unsupported_kinds_are_ignored(issuer: Issuer) -> None:
    issuer.keys = [RSAKey.generate_key(2048, {"kid": "rsa"}), *issuer.keys]
    keys = keys_of(issuer)
    assert keys.find("rsa") is None
    assert isinstance(keys.find("first"), OKPKey)


def test_an_unreachable_issuer_is_a_503_while_no_key_is_cached(api: TestClient, issuer: Issuer) -> None:
    issuer.up = False
    response = api.get("/parcels", headers=issuer.bearer(SCOPES))
    assert (response.status_code, response.json()["type"]) == (503, "/problems/keys-unavailable")
    assert response.headers["Retry-After"] == "5"
    assert api.get("/roads").status_code == 200


# ---- routes without a guard


def test_an_api_with_a_route_that_is_neither_guarded_nor_public_does_not_start(
    database: Database, database_url: str, issuer: Issuer
) -> None:
    unguarded = Router(tags=[])

    @unguarded.get("/secrets")
    def secrets() -> list[str]:
        return ["everything"]

    with pytest.raises(RuntimeError, match="GET /v1/secrets"):
        create_app(Parcels(routers=(unguarded,)), settings(database_url, issuer), database)


UNPROVEN: dict[str, dict[str, object]] = {
    "a system": {"acr": None, "auth_time": None},
    "one factor": {"acr": "1"},
    "no way of authentication": {"acr": None},
    "no time of authentication": {"auth_time": None},
    "too long ago": {"auth_time": NOW - auth.AUTHENTICATED_WITHIN_SECONDS - 2 * LEEWAY_SECONDS},
    "a time as text": {"auth_time": str(NOW)},
    "a time as a boolean": {"auth_time": True},
}


@pytest.mark.parametrize("claims", UNPROVEN.values(), ids=UNPROVEN)
def test_what_a_person_decides_needs_a_second_factor_of_the_last_minutes(
    database: Database, database_url: str, issuer: Issuer, claims: dict[str, object]
) -> None:
    decisions = Router(tags=[])

    @decisions.post("/decisions")
    def decide(caller: Annotated[Caller, requires_person("parcels:send")]) -> str:
        return caller.subject

    app = create_app(Parcels(routers=(decisions,)), settings(database_url, issuer), database)
    with ApiClient(app) as client:
        assert client.post("/decisions", headers=issuer.bearer(SCOPES, sub="li")).json() == "li"
        refused = client.post("/decisions", headers=issuer.bearer(SCOPES, **claims))
    assert (refused.status_code, refused.json()["type"]) == (401, "/problems/unauthenticated")
    challenge = 'error="insufficient_user_authentication", acr_values="2", max_age="300"'
    assert refused.headers["WWW-Authenticate"].endswith(challenge)
