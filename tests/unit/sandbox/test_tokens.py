"""Tokens are those of RFC 9068, with the organisation that services ask for."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from joserfc import jws, jwt
from joserfc.jwa import JWSAlgModel

from sandbox import install, tokens
from sandbox.install import NotInstalled

ISSUER = "http://issuer.example"


class _AnyAlgorithm(jws.JWSRegistry):
    """Without the warning that EdDSA has a newer name."""

    def get_alg(self, name: str) -> JWSAlgModel:
        return self.algorithms[name]


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("tokens") / "credentials"
    install.into(made)
    return made


def _read(directory: Path, token: str) -> jwt.Token:
    return jwt.decode(token, install.key(directory), registry=_AnyAlgorithm())


def test_a_token_names_its_issuer_its_audience_and_the_organisation(directory: Path) -> None:
    token = _read(directory, tokens.mint(directory, "carrier:CUCC", issuer=ISSUER))
    assert token.header == {"alg": "EdDSA", "typ": "at+jwt", "kid": install.key(directory).kid}
    assert token.claims["iss"] == ISSUER
    assert token.claims["aud"] == "anning"
    assert token.claims["sub"] == token.claims["client_id"] == "carrier-CUCC"
    assert token.claims["org"] == "carrier:CUCC"
    assert token.claims["scope"].split() == list(install.client(directory, "carrier:CUCC").scopes)


def test_a_token_is_good_for_ten_minutes_from_now(directory: Path) -> None:
    claims = _read(directory, tokens.mint(directory, "carrier:CUCC", issuer=ISSUER)).claims
    assert abs(claims["iat"] - time.time()) < 5
    assert claims["exp"] - claims["iat"] == 600


def test_a_test_may_mint_what_no_client_could_get(directory: Path) -> None:
    token = tokens.mint(directory, "carrier:NONE", ["orders:lift"], issuer=ISSUER, audience="elsewhere", issued_at=1000)
    claims = _read(directory, token).claims
    assert (claims["org"], claims["scope"], claims["aud"]) == ("carrier:NONE", "orders:lift", "elsewhere")
    assert (claims["iat"], claims["exp"]) == (1000, 1600)


def test_a_colleagues_token_is_of_another_person_of_the_same_organisation(directory: Path) -> None:
    token = tokens.mint(directory, "regulator:MIIT", issuer=ISSUER, client_id="regulator-MIIT-reviewer")
    claims = _read(directory, token).claims
    assert (claims["sub"], claims["client_id"]) == ("regulator-MIIT-reviewer", "regulator-MIIT-reviewer")
    assert claims["org"] == "regulator:MIIT"
    assert claims["scope"].split() == list(install.client(directory, "regulator:MIIT").scopes)


def test_no_two_tokens_have_the_same_id(directory: Path) -> None:
    ids = {_read(directory, tokens.mint(directory, "carrier:CUCC", issuer=ISSUER)).claims["jti"] for _ in range(20)}
    assert len(ids) == 20


def test_nothing_is_minted_where_nothing_was_installed(tmp_path: Path) -> None:
    with pytest.raises(NotInstalled):
        tokens.mint(tmp_path, "carrier:CUCC", [], issuer=ISSUER)
