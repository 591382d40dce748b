"""Tokens follow RFC 9068 and have a claim for the organisation."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from joserfc import jws, jwt
from joserfc.jwa import JWSAlgModel

from sandbox import install, tokens
from sandbox.install import NotInstalled
from sandbox.people import people

ISSUER = "http://issuer.example"


class _AnyAlgorithm(jws.JWSRegistry):
    """Accepts EdDSA without the warning that it has a newer name."""

    def get_alg(self, name: str) -> JWSAlgModel:
        return self.algorithms[name]


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("tokens") / "credentials"
    install.into(made)
    return made


def _read(directory: Path, token: str) -> jwt.Token:
    return jwt.decode(token, install.key(directory), registry=_AnyAlgorithm())


def test_a_token_has_issuer_audience_and_organisation(directory: Path) -> None:
    token = _read(directory, tokens.mint(directory, "carrier:CUCC", issuer=ISSUER))
    assert token.header == {"alg": "EdDSA", "typ": "at+jwt", "kid": install.key(directory).kid}
    assert token.claims["iss"] == ISSUER
    assert token.claims["aud"] == "anning"
    assert token.claims["sub"] == token.claims["client_id"] == "carrier-CUCC"
    assert token.claims["org"] == "carrier:CUCC"
    assert token.claims["scope"].split() == list(install.client(directory, "carrier:CUCC").scopes)


def test_a_token_is_valid_for_ten_minutes(directory: Path) -> None:
    claims = _read(directory, tokens.mint(directory, "carrier:CUCC", issuer=ISSUER)).claims
    assert abs(claims["iat"] - time.time()) < 5
    assert claims["exp"] - claims["iat"] == 600


def test_mint_signs_tokens_that_no_client_could_get(directory: Path) -> None:
    token = tokens.mint(directory, "carrier:NONE", ["orders:lift"], issuer=ISSUER, audience="elsewhere", issued_at=1000)
    claims = _read(directory, token).claims
    assert (claims["org"], claims["scope"], claims["aud"]) == ("carrier:NONE", "orders:lift", "elsewhere")
    assert (claims["iat"], claims["exp"]) == (1000, 1600)


def test_the_token_of_a_person_states_who_has_authenticated_how_and_when(directory: Path) -> None:
    person = people()["MIIT-reviewer"]
    claims = _read(directory, tokens.mint_for(directory, person, issuer=ISSUER)).claims
    assert (claims["sub"], claims["client_id"]) == (str(person.subject), "sandbox")
    assert (claims["org"], claims["acr"]) == ("regulator:MIIT", "2")
    assert abs(claims["auth_time"] - time.time()) < 5
    assert claims["scope"].split() == list(person.scopes)


def test_the_token_of_a_client_names_no_authentication(directory: Path) -> None:
    claims = _read(directory, tokens.mint(directory, "regulator:MIIT", issuer=ISSUER)).claims
    assert {"acr", "auth_time"}.isdisjoint(claims)
    assert claims["sub"] == claims["client_id"]


def test_every_token_has_a_unique_id(directory: Path) -> None:
    ids = {_read(directory, tokens.mint(directory, "carrier:CUCC", issuer=ISSUER)).claims["jti"] for _ in range(20)}
    assert len(ids) == 20


def test_mint_requires_an_installation(tmp_path: Path) -> None:
    with pytest.raises(NotInstalled):
        tokens.mint(tmp_path, "carrier:CUCC", [], issuer=ISSUER)
