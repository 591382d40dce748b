"""Whose token is accepted, and for what."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from joserfc.jwk import ECKey, OKPKey, RSAKey

from chassis.database import Database
from chassis.http import auth
from chassis.http.app import create_app
from chassis.http.auth import LEEWAY_SECONDS, SigningKeys
from chassis.http.routes import Router
from tests.integration.http.issuer import Issuer, new_key
from tests.integration.http.parcels import Parcels
from tests.integration.http.serving import settings

SCOPES = "parcels:read parcels:send"


def read(api: TestClient, token: str) -> int:
    return api.get("/parcels", headers={"Authorization": f"Bearer {token}"}).status_code


def test_a_token_with_the_scope_opens_the_route(api: TestClient, issuer: Issuer) -> None:
    assert read(api, issuer.token(SCOPES)) == 200


@pytest.mark.parametrize("name", ["EdDSA", "Ed25519"])
def test_ed25519_is_accepted_by_its_old_and_its_new_name(api: TestClient, issuer: Issuer, name: str) -> None:
    assert read(api, issuer.token(SCOPES, header={"alg": name})) == 200


def test_es256_is_accepted(api: TestClient, issuer: Issuer) -> None:
    issuer.keys = [ECKey.generate_key("P-256", {"kid": "p"})]
    assert read(api, issuer.token(SCOPES, header={"alg": "ES256"})) == 200


@pytest.mark.parametrize("typ", ["application/at+jwt", "AT+JWT"])
def test_the_type_is_compared_as_a_media_type(api: TestClient, issuer: Issuer, typ: str) -> None:
    assert read(api, issuer.token(SCOPES, header={"typ": typ})) == 200


def test_one_of_several_audiences_may_be_ours(api: TestClient, issuer: Issuer) -> None:
    assert read(api, issuer.token(SCOPES, aud=["billing", "anning"])) == 200


def swap_payload(token: str, other: str) -> str:
    header, _, signature = token.split(".")
    return ".".join([header, other.split(".")[1], signature])


NOW = int(time.time())
REFUSED: dict[str, Callable[[Issuer], str]] = {
    "expired": lambda it: it.token(SCOPES, exp=NOW - 60),
    "without an end": lambda it: it.token(SCOPES, exp=None),
    "with an end that is not a number": lambda it: it.token(SCOPES, exp="tomorrow"),
    "not valid yet": lambda it: it.token(SCOPES, nbf=NOW + 3600),
    "issued in the future": lambda it: it.token(SCOPES, iat=NOW + 3600),
    "without a time of issue": lambda it: it.token(SCOPES, iat=None),
    "for another audience": lambda it: it.token(SCOPES, aud="billing"),
    "for no audience": lambda it: it.token(SCOPES, aud=None),
    "for an empty audience": lambda it: it.token(SCOPES, aud=[]),
    "of another issuer": lambda it: it.token(SCOPES, iss="https://elsewhere.test"),
    "of no issuer": lambda it: it.token(SCOPES, iss=None),
    "without a subject": lambda it: it.token(SCOPES, sub=None),
    "with an empty subject": lambda it: it.token(SCOPES, sub=""),
    "without an organisation": lambda it: it.token(SCOPES, org=None),
    "with an organisation of no kind": lambda it: it.token(SCOPES, org="CMCC"),
    "with an organisation that is a list": lambda it: it.token(SCOPES, org=["carrier:CMCC"]),  # type: ignore[arg-type]
    "with an organisation that smuggles": lambda it: it.token(SCOPES, org="carrier:CMCC regulator:MIIT"),
    "with scopes as a list": lambda it: it.token(scope=SCOPES.split()),  # type: ignore[arg-type]
    "of another type": lambda it: it.token(SCOPES, header={"typ": "JWT"}),
    "of no type": lambda it: it.token(SCOPES, header={"typ": None}),
    "unsigned": lambda it: it.token(SCOPES, header={"alg": "none"}),
    "unsigned, oddly spelt": lambda it: it.token(SCOPES, header={"alg": "nOnE"}),
    "signed with the public key as a secret": lambda it: it.token(SCOPES, header={"alg": "HS256"}),
    "signed by RSA": lambda it: it.token(
        SCOPES, key=RSAKey.generate_key(2048, {"kid": "first"}), header={"alg": "RS256"}
    ),
    "signed with somebody's key of the same id": lambda it: it.token(SCOPES, key=new_key("first")),
    "signed with an unknown key": lambda it: it.token(SCOPES, key=new_key("unheard of")),
    "claiming an algorithm that its key is not for": lambda it: it.token(
        SCOPES, key=ECKey.generate_key("P-256", {"kid": "first"}), header={"alg": "ES256"}
    ),
    "without a key id": lambda it: it.token(SCOPES, header={"kid": None}),
    "with critical extensions": lambda it: it.token(SCOPES, header={"crit": ["b64"], "b64": True}),
    "bringing its own key": lambda it: it.token(
        SCOPES, key=(own := new_key("own")), header={"jwk": own.as_dict(private=False)}
    ),
    "cut short": lambda it: it.token(SCOPES)[:-8],
    "with another payload": lambda it: swap_payload(it.token(""), it.token(SCOPES)),
    "in five parts": lambda it: it.token(SCOPES) + ".a.b",
    "not a token": lambda it: "abc",
    "not even text": lambda it: "é.ü.ß",
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_token_is_refused_that_is(api: TestClient, issuer: Issuer, what: str) -> None:
    token = REFUSED[what](issuer)
    answer = api.get("/parcels", headers={b"Authorization": f"Bearer {token}".encode()})
    assert (answer.status_code, answer.json()["type"]) == (401, "/problems/unauthenticated")
    assert answer.headers["WWW-Authenticate"].startswith('Bearer realm="anning", error="invalid_token"')


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic YTpi", "Token abc"])
def test_a_request_without_a_bearer_token_is_asked_for_one(api: TestClient, header: str | None) -> None:
    answer = api.get("/parcels", headers={} if header is None else {"Authorization": header})
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, 'Bearer realm="anning"')


def test_a_missing_scope_is_forbidden_and_named(api: TestClient, issuer: Issuer) -> None:
    answer = api.post("/parcels", json={"road": "a", "grams": 1}, headers=issuer.bearer("parcels:read"))
    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/forbidden")
    assert answer.headers["WWW-Authenticate"].endswith('error="insufficient_scope", scope="parcels:send"')


def test_a_clock_that_differs_a_little_does_no_harm(api: TestClient, issuer: Issuer) -> None:
    now = int(time.time())
    assert read(api, issuer.token(SCOPES, exp=now - 10)) == 200
    assert read(api, issuer.token(SCOPES, iat=now + 10, nbf=now + 10)) == 200


def test_another_organisations_parcel_is_not_there(api: TestClient, issuer: Issuer) -> None:
    mine = api.post("/parcels", json={"road": "a", "grams": 1}, headers=issuer.bearer(SCOPES)).headers["Location"]
    theirs = issuer.bearer(SCOPES, org="carrier:CUCC")
    assert api.get(mine, headers=issuer.bearer(SCOPES)).status_code == 200
    assert api.get(mine, headers=theirs).json()["type"] == "/problems/not-found"


def test_public_routes_need_no_token(api: TestClient) -> None:
    assert api.get("/roads").status_code == 200


# ---- tokens that were found good before


def test_a_token_found_good_is_refused_once_the_issuer_took_its_key_back(
    app: FastAPI, api: TestClient, issuer: Issuer
) -> None:
    app.state.token_verifier.keys = keys_of(issuer, fresh_seconds=0, retry_seconds=0)
    token = issuer.token(SCOPES)
    assert [read(api, token), read(api, token)] == [200, 200]
    issuer.keys = [new_key("second")]
    assert read(api, token) == 401


def test_a_token_found_good_is_refused_once_it_has_ended(api: TestClient, issuer: Issuer) -> None:
    token = issuer.token(SCOPES, exp=int(time.time()) - LEEWAY_SECONDS + 2)
    assert read(api, token) == 200
    deadline = time.monotonic() + 5
    while read(api, token) == 200:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert read(api, token) == 401


def test_a_token_found_good_opens_no_more_than_its_own_scopes(api: TestClient, issuer: Issuer) -> None:
    bearer = issuer.bearer("parcels:read")
    assert api.get("/parcels", headers=bearer).status_code == 200
    assert api.post("/parcels", json={"road": "a", "grams": 1}, headers=bearer).status_code == 403


def test_no_more_tokens_are_remembered_than_fit(
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


def test_unknown_keys_do_not_make_us_ask_the_issuer_again_and_again(issuer: Issuer) -> None:
    keys = keys_of(issuer)
    assert [keys.find(f"made up {number}") for number in range(20)] == [None] * 20
    assert issuer.asked == 1


def test_known_keys_are_not_asked_for_again(issuer: Issuer) -> None:
    keys = keys_of(issuer, retry_seconds=0)
    assert all(keys.find("first") for _ in range(5))
    assert issuer.asked == 1


def test_while_the_issuer_is_down_its_old_keys_stay_good(issuer: Issuer) -> None:
    keys = keys_of(issuer, fresh_seconds=0, retry_seconds=0)
    assert keys.find("first") is not None
    issuer.up = False
    assert keys.find("first") is not None
    assert issuer.asked == 2


def test_a_key_that_the_issuer_took_back_is_not_good_any_longer(issuer: Issuer) -> None:
    keys = keys_of(issuer, fresh_seconds=0, retry_seconds=0)
    assert keys.find("first") is not None
    issuer.keys = [new_key("second")]
    assert keys.find("first") is None


def test_keys_of_kinds_that_we_do_not_take_are_left_out(issuer: Issuer) -> None:
    issuer.keys = [RSAKey.generate_key(2048, {"kid": "rsa"}), *issuer.keys]
    keys = keys_of(issuer)
    assert keys.find("rsa") is None
    assert isinstance(keys.find("first"), OKPKey)


def test_before_any_key_was_fetched_a_dead_issuer_is_a_503(api: TestClient, issuer: Issuer) -> None:
    issuer.up = False
    answer = api.get("/parcels", headers=issuer.bearer(SCOPES))
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/keys-unavailable")
    assert answer.headers["Retry-After"] == "5"
    assert api.get("/roads").status_code == 200


# ---- every route has its guard


def test_a_route_that_is_neither_guarded_nor_public_is_not_served(
    database: Database, database_url: str, issuer: Issuer
) -> None:
    forgotten = Router(tags=[])

    @forgotten.get("/secrets")
    def secrets() -> list[str]:
        return ["everything"]

    with pytest.raises(RuntimeError, match="GET /secrets"):
        create_app(Parcels(routers=(forgotten,)), settings(database_url, issuer), database)
