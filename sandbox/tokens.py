"""Access tokens (RFC 9068): those of systems are fetched from the issuer and renewed, those of persons are signed here,
because the issuer has no login."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Collection, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import httpx2
from joserfc import jws, jwt
from joserfc.jwa import JWSAlgModel
from joserfc.jwk import OKPKey

from chassis.http.auth import SECOND_FACTOR
from sandbox import install
from sandbox.install import RegisteredClient
from sandbox.people import Person

LIFETIME_SECONDS = 600
"""The lifetime of a token."""

_ALGORITHM = "EdDSA"
# A token is renewed after this share of its lifetime: its user has the rest of it.
_RENEWED_AFTER = 0.8

APPLICATION = "sandbox"
"""The claim `client_id` of the tokens of persons."""

_AUTHENTICATED_AGAIN_SECONDS = 120


class _Signatures(jws.JWSRegistry):
    """EdDSA by the name that every verifier accepts; joserfc's own lookup warns that RFC 9864 has a newer one."""

    def get_alg(self, name: str) -> JWSAlgModel:
        return self.algorithms[name]


_SIGNATURES = _Signatures(algorithms=[_ALGORITHM])


@dataclass(frozen=True, slots=True)
class Authentication:
    """Who has authenticated, how (`acr`), and when (seconds since 1970): the claims of a person's token."""

    subject: str
    acr: str
    auth_time: float


def sign(
    key: OKPKey,
    *,
    issuer: str,
    audience: str,
    client_id: str,
    org: str,
    scopes: Collection[str],
    lifetime_seconds: int = LIFETIME_SECONDS,
    issued_at: float | None = None,
    person: Authentication | None = None,
) -> str:
    """A token (RFC 9068) with the claim `org`. `issued_at` is in seconds since 1970 (None: now, in real time). `person`
    None: the client is a system, which is its own subject."""
    issued = time.time() if issued_at is None else issued_at
    claims = {
        "iss": issuer,
        "sub": client_id,
        "aud": audience,
        "exp": int(issued + lifetime_seconds),
        "iat": int(issued),
        "jti": str(uuid.uuid4()),
        "client_id": client_id,
        "scope": " ".join(scopes),
        "org": org,
    }
    if person is not None:
        claims |= {"sub": person.subject, "acr": person.acr, "auth_time": int(person.auth_time)}
    header = {"alg": _ALGORITHM, "typ": "at+jwt", "kid": key.kid}
    return jwt.encode(header, claims, key, registry=_SIGNATURES)


def mint(
    directory: Path,
    org: str,
    scopes: Collection[str] | None = None,
    *,
    issuer: str,
    audience: str = "anning",
    lifetime_seconds: int = LIFETIME_SECONDS,
    issued_at: float | None = None,
) -> str:
    """A token of an organisation's client, signed with the key in `directory`, without a running issuer. For tests.

    `scopes`: None for all scopes of the client; with them, any organisation is possible. Raises NotInstalled, and
    KeyError for an unknown client.
    """
    return sign(
        install.key(directory),
        issuer=issuer,
        audience=audience,
        client_id=install.client_id_of(org),
        org=org,
        scopes=install.client(directory, org).scopes if scopes is None else scopes,
        lifetime_seconds=lifetime_seconds,
        issued_at=issued_at,
    )


def mint_for(
    directory: Path,
    person: Person,
    *,
    issuer: str,
    audience: str = "anning",
    lifetime_seconds: int = LIFETIME_SECONDS,
) -> str:
    """A token of a person who authenticates now with a second factor, signed with the key in `directory`. Raises
    NotInstalled."""
    return sign(
        install.key(directory),
        issuer=issuer,
        audience=audience,
        client_id=APPLICATION,
        org=person.org,
        scopes=person.scopes,
        lifetime_seconds=lifetime_seconds,
        person=Authentication(str(person.subject), SECOND_FACTOR, time.time()),
    )


class Tokens:
    """The tokens of one client: fetched at first use, cached, and renewed before they expire.

    Thread-safe: one thread fetches while the others wait.
    """

    def __init__(
        self,
        issuer: str,
        client: RegisteredClient,
        *,
        scopes: Collection[str] | None = None,
        timeout_seconds: float = 5,
    ) -> None:
        """`scopes`: None for all scopes of the client."""
        self._url = f"{issuer}/token"
        self._credentials = httpx2.BasicAuth(client.client_id, client.secret)
        self._form = {"grant_type": "client_credentials"} | ({} if scopes is None else {"scope": " ".join(scopes)})
        self._timeout_seconds = timeout_seconds
        self._renewing = threading.Lock()
        self._token: str | None = None
        self._renew_at = 0.0

    def bearer(self) -> str:
        """A token that stays valid for a while. Raises httpx2.HTTPError when the issuer returns none."""
        with self._renewing:
            if self._token is None or time.monotonic() >= self._renew_at:
                self._fetch()
            assert self._token is not None
            return self._token

    def refused(self, token: str) -> None:
        """Discard `token`, which an API has refused: the issuer may have a new key."""
        with self._renewing:
            if self._token == token:
                self._token = None

    def _fetch(self) -> None:
        with httpx2.Client(timeout=self._timeout_seconds, trust_env=False) as http:
            answer = http.post(self._url, data=self._form, auth=self._credentials)
        answer.raise_for_status()
        given = answer.json()
        self._token = str(given["access_token"])
        self._renew_at = time.monotonic() + _RENEWED_AFTER * float(given["expires_in"])


class TokensOfPerson:
    """The tokens of a person, who authenticates again before a decision would need it. Thread-safe."""

    def __init__(self, directory: Path, person: Person, issuer: str) -> None:
        self._directory = directory
        self._person = person
        self._issuer = issuer
        self._token: str | None = None
        self._renew_at = 0.0

    def bearer(self) -> str:
        """A token that stays valid for a while. Raises NotInstalled."""
        if self._token is None or time.monotonic() >= self._renew_at:
            self._token = mint_for(self._directory, self._person, issuer=self._issuer)
            self._renew_at = time.monotonic() + _AUTHENTICATED_AGAIN_SECONDS
        return self._token

    def refused(self, token: str) -> None:
        """Discard `token`, which an API has refused."""
        if self._token == token:
            self._token = None


class _Source(Protocol):
    def bearer(self) -> str: ...

    def refused(self, token: str) -> None: ...


class Bearer(httpx2.Auth):
    """Adds a token to every request; after a refusal it retries once with a new one."""

    def __init__(self, tokens: _Source) -> None:
        self._tokens = tokens

    def auth_flow(self, request: httpx2.Request) -> Generator[httpx2.Request, httpx2.Response, None]:
        token = self._tokens.bearer()
        request.headers["Authorization"] = f"Bearer {token}"
        answer = yield request
        if answer.status_code == 401:
            self._tokens.refused(token)
            request.headers["Authorization"] = f"Bearer {self._tokens.bearer()}"
            yield request
