"""Callers: OAuth 2 access tokens as JWTs (RFC 6750, RFC 9068, RFC 8725), one issuer, one audience, scopes per act.

A route either `requires` scopes and receives its caller, or is declared `public`; `unprotected_routes` lists those that
are neither. What two persons decide `requires_person`: the token of someone who has just authenticated with a second
factor (RFC 9470), which no system can have. Tokens expire by real time, not by `chassis.clock`.
"""

# No `from __future__ import annotations`: FastAPI cannot resolve the annotations of a callable object as strings.

import base64
import hashlib
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx2
import structlog
from fastapi import FastAPI, Security
from fastapi.dependencies.models import Dependant
from fastapi.openapi.models import HTTPBearer
from fastapi.routing import RouteContext, iter_route_contexts
from fastapi.security.base import SecurityBase
from joserfc import jws, jwt
from joserfc.errors import JoseError, UnsupportedAlgorithmError
from joserfc.jwa import JWSAlgModel
from joserfc.jwk import ECKey, JWKRegistry, OKPKey
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from chassis.http.client_address import client_address
from chassis.http.problems import Forbidden, KeysUnavailable, Unauthenticated
from chassis.settings import Settings

ALGORITHMS = ("EdDSA", "Ed25519", "ES256")
"""EdDSA by its names before and after RFC 9864. None is symmetric: no public key can be used as a secret."""

LEEWAY_SECONDS = 30

MOST_VERIFIED = 10_000
"""The maximum of cached valid tokens; a few hundred bytes each."""

REALM = "anning"

SECOND_FACTOR = "2"
"""The claim `acr` of a person who has authenticated with a second factor."""

AUTHENTICATED_WITHIN_SECONDS = 300
"""How long ago a person who decides may have authenticated."""

_ORG = re.compile(r"([a-z][a-z0-9-]{0,31}):([A-Za-z0-9_.-]{1,64})")

_CLIENT = re.compile(r"[A-Za-z0-9_.:-]{1,64}")

log = structlog.get_logger()

SigningKey = OKPKey | ECKey
F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Caller:
    """The subject of a token: a person or a system of one organisation, with its scopes.

    The claim `org` is `<kind>:<code>`: carrier:CMCC, authority:SAMR, regulator:CA-44. A person has authenticated at
    `auth_time` (seconds since 1970) in the way that `acr` names (RFC 9068, section 2.2.1); a system has neither.
    """

    subject: str
    org_kind: str
    org: str
    scopes: frozenset[str]
    acr: str | None = None
    auth_time: float | None = None

    @property
    def organisation(self) -> str:
        """Kind and code, as in the claim."""
        return f"{self.org_kind}:{self.org}"

    @property
    def has_just_authenticated(self) -> bool:
        """Whether this is a person who has authenticated with a second factor within the last minutes."""
        if self.acr != SECOND_FACTOR or self.auth_time is None:
            return False
        return time.time() - self.auth_time <= AUTHENTICATED_WITHIN_SECONDS + LEEWAY_SECONDS


class SigningKeys:
    """The issuer's public keys (RFC 7517), cached, and fetched again when they expire or lack a key id.

    Cached keys stay valid while the issuer is unreachable. The issuer receives at most one request in `retry_seconds`.
    """

    def __init__(
        self, url: str, *, fresh_seconds: float = 600, retry_seconds: float = 5, timeout_seconds: float = 3
    ) -> None:
        self._url = url
        self._fresh_seconds = fresh_seconds
        self._retry_seconds = retry_seconds
        self._timeout_seconds = timeout_seconds
        self._keys: dict[str, SigningKey] = {}
        self._fetched_at = float("-inf")
        self._tried_at = float("-inf")
        self._fetching = threading.Lock()

    def cached(self, kid: str) -> SigningKey | None:
        """The key with this id, unless a fetch is due."""
        now = time.monotonic()
        due = kid not in self._keys or now - self._fetched_at > self._fresh_seconds
        return None if due and now - self._tried_at > self._retry_seconds else self._keys.get(kid)

    def find(self, kid: str) -> SigningKey | None:
        """The key with this id, fetched if necessary (blocks); None where the issuer has none.

        Raises KeysUnavailable without any keys.
        """
        # A caller with a cached key does not wait while another thread fetches.
        if self._fetching.acquire(blocking=kid not in self._keys):
            try:
                if self.cached(kid) is None and time.monotonic() - self._tried_at > self._retry_seconds:
                    self._fetch()
            finally:
                self._fetching.release()
        if not self._keys:
            raise KeysUnavailable
        return self._keys.get(kid)

    def _fetch(self) -> None:
        self._tried_at = time.monotonic()
        try:
            answer = httpx2.get(self._url, timeout=self._timeout_seconds)
            answer.raise_for_status()
            documents = answer.json()["keys"]
            keys = dict(_imported(documents))
        except (httpx2.HTTPError, ValueError, KeyError, TypeError, AttributeError) as error:
            log.warning("fetching the keys of the token issuer failed", url=self._url, error=str(error))
            return
        if not keys:
            log.warning("the token issuer publishes no key of an accepted type", url=self._url)
            return
        self._keys = keys
        self._fetched_at = time.monotonic()


def _imported(documents: list[dict[str, Any]]) -> Iterator[tuple[str, SigningKey]]:
    for document in documents:
        try:
            key = JWKRegistry.import_key(document)
        except (JoseError, ValueError, TypeError) as error:
            log.warning("a key of the token issuer is ignored", kid=document.get("kid"), error=str(error))
            continue
        if isinstance(key, OKPKey | ECKey) and key.kid:
            yield key.kid, key


class _Signatures(jws.JWSRegistry):
    """The accepted algorithms only. joserfc's own lookup warns about the old name of EdDSA, which issuers use."""

    def get_alg(self, name: str) -> JWSAlgModel:
        if name not in ALGORITHMS:
            raise UnsupportedAlgorithmError(f"algorithm {name!r} is not accepted")
        return self.algorithms[name]


@dataclass(frozen=True, slots=True)
class _Verified:
    """The caller of a valid token, until it `ends` (seconds since 1970) and while the issuer publishes `key`."""

    caller: Caller
    kid: str
    key: SigningKey
    ends: float


class TokenVerifier:
    """Verifies tokens: signature, type, issuer, audience, times, organisation."""

    def __init__(self, issuer: str, audience: str, keys: SigningKeys) -> None:
        self.keys = keys
        self._verified: dict[bytes, _Verified] = {}
        self._signatures = _Signatures(algorithms=ALGORITHMS, strict_check_header=False)
        self._claims = jwt.JWTClaimsRegistry(
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": audience},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
        )

    @classmethod
    def from_settings(cls, settings: Settings) -> "TokenVerifier":
        """The verifier for the issuer in the settings."""
        return cls(settings.issuer, settings.audience, SigningKeys(settings.jwks_url))

    async def caller(self, token: str) -> Caller:
        """The caller of a token. Raises Unauthenticated, and KeysUnavailable where it cannot be verified.

        A valid token is cached until it ends, while the issuer publishes its key: verifying a signature takes as long
        as a database statement.
        """
        digest = hashlib.sha256(token.encode()).digest()
        found = self._verified.get(digest)
        if found is not None and time.time() < found.ends and self.keys.cached(found.kid) is found.key:
            return found.caller
        found = await self._verify(token)
        if len(self._verified) >= MOST_VERIFIED:
            del self._verified[next(iter(self._verified))]
        self._verified[digest] = found
        return found.caller

    async def _verify(self, token: str) -> "_Verified":
        try:
            kid = self._key_id(token)
            key = self.keys.cached(kid) or await run_in_threadpool(self.keys.find, kid)
            if key is None:
                raise _refused("signed with a key that the issuer does not publish")
            claims = jwt.decode(token, key, registry=self._signatures).claims
            self._claims.validate(claims)
        except JoseError as error:
            raise _refused(error.description or error.error) from error
        except (ValueError, TypeError, OverflowError) as error:
            raise _refused("it is not a JWT") from error
        return _Verified(_caller(claims), kid, key, claims["exp"] + LEEWAY_SECONDS)

    def _key_id(self, token: str) -> str:
        header = jws.extract_compact(token.encode("ascii")).headers()
        if str(header.get("typ", "")).lower() not in ("at+jwt", "application/at+jwt"):
            raise _refused("its type is not at+jwt")
        if header.get("alg") not in ALGORITHMS:
            raise _refused("its algorithm is not one of " + ", ".join(ALGORITHMS))
        if "crit" in header:
            raise _refused("it has critical extensions")
        kid = header.get("kid")
        if not isinstance(kid, str):
            raise _refused("it has no key id")
        return kid


def _caller(claims: dict[str, Any]) -> Caller:
    org = claims.get("org")
    match = _ORG.fullmatch(org) if isinstance(org, str) else None
    if match is None:
        raise _refused("it has no valid organisation")
    scope = claims.get("scope", "")
    if not isinstance(scope, str):
        raise _refused("its scope is not a string")
    acr, auth_time = claims.get("acr"), claims.get("auth_time")
    return Caller(
        claims["sub"],
        match[1],
        match[2],
        frozenset(scope.split()),
        acr if isinstance(acr, str) else None,
        auth_time if isinstance(auth_time, int | float) and not isinstance(auth_time, bool) else None,
    )


def _refused(reason: str) -> Unauthenticated:
    plain = re.sub(r'[^\x20-\x7e]|["\\]', "", reason)
    challenge = f'Bearer realm="{REALM}", error="invalid_token", error_description="{plain}"'
    return Unauthenticated(f"The access token is not accepted: {plain}", headers={"WWW-Authenticate": challenge})


async def caller_of(request: Request) -> Caller:
    """The caller of a request, by its token.

    Raises Unauthenticated, and KeysUnavailable where the token cannot be verified.
    """
    token = _token_of(request)
    if not token:
        raise Unauthenticated(headers={"WWW-Authenticate": f'Bearer realm="{REALM}"'})
    verifier: TokenVerifier = request.app.state.token_verifier
    return await verifier.caller(token)


def _token_of(request: Request) -> str:
    """The token of a request; empty where it has none."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _log_refused(request: Request, reason: str | None) -> None:
    token = _token_of(request)
    if token:
        address = client_address(request.scope, request.app.state.proxies)
        log.warning("token refused", reason=reason, client=_claimed_client(token), address=address)


def _claimed_client(token: str) -> str | None:
    """The client that a token names, which may be forged; None where it names none."""
    _, _, rest = token.strip().partition(".")
    claims, _, _ = rest.partition(".")
    try:
        decoded = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
    except (ValueError, RecursionError):
        return None
    client = decoded.get("client_id") if isinstance(decoded, dict) else None
    return client if isinstance(client, str) and _CLIENT.fullmatch(client) else None


class _Bearer(SecurityBase):
    """The one security scheme of every API, for a route that needs these scopes."""

    scheme_name = "bearer"
    model = HTTPBearer(
        bearerFormat="JWT",
        description="An access token (RFC 9068). The claim `org` is the organisation, `scope` the allowed acts.",
    )

    def __init__(self, *scopes: str) -> None:
        self._scopes = scopes

    # Async, though it rarely waits: a sync dependency would cost a change of threads.
    async def __call__(self, request: Request) -> Caller:
        try:
            caller = await caller_of(request)
        except Unauthenticated as refused:
            _log_refused(request, refused.detail)
            raise
        missing = [scope for scope in self._scopes if scope not in caller.scopes]
        if missing:
            _log_refused(request, f"The scope {missing[0]} is missing.")
            challenge = f'Bearer realm="{REALM}", error="insufficient_scope", scope="{" ".join(self._scopes)}"'
            raise Forbidden(f"The scope {missing[0]} is missing.", headers={"WWW-Authenticate": challenge})
        request.state.caller = caller
        return caller


class _PersonsBearer(_Bearer):
    """The same scheme, for a route that needs a person who has just authenticated."""

    async def __call__(self, request: Request) -> Caller:
        caller = await super().__call__(request)
        if not caller.has_just_authenticated:
            _log_refused(request, "The caller is no person who has just authenticated.")
            challenge = (
                f'Bearer realm="{REALM}", error="insufficient_user_authentication", '
                f'acr_values="{SECOND_FACTOR}", max_age="{AUTHENTICATED_WITHIN_SECONDS}"'
            )
            raise Unauthenticated(
                "This needs a person who has authenticated with a second factor within the last "
                f"{AUTHENTICATED_WITHIN_SECONDS // 60} minutes. A system cannot do it.",
                headers={"WWW-Authenticate": challenge},
            )
        return caller


def requires(*scopes: str) -> Any:
    """The dependency of a route that requires these scopes: `caller: Annotated[Caller, requires("orders:read")]`."""
    return Security(_Bearer(*scopes), scopes=list(scopes))


def requires_person(*scopes: str) -> Any:
    """The dependency of a route that requires these scopes, and a person who has just authenticated."""
    return Security(_PersonsBearer(*scopes), scopes=list(scopes))


def public(endpoint: F) -> F:
    """Declare a route as public. Placed below the route's own decorator."""
    endpoint.__anning_public__ = True  # type: ignore[attr-defined]
    return endpoint


def unprotected_routes(app: FastAPI) -> list[str]:
    """The routes that neither require a token nor are declared public: "GET /orders"."""
    return [
        f"{method} {context.path}"
        for context in iter_route_contexts(app.routes)
        for method in sorted(context.methods or {"*"})
        if not is_public(context) and not requires_token(context)
    ]


def is_public(context: RouteContext) -> bool:
    """Whether the route is declared public."""
    return getattr(context.endpoint, "__anning_public__", False) is True


def requires_token(context: RouteContext) -> bool:
    """Whether the route requires a token."""
    dependant = getattr(context, "dependant", None)
    return dependant is not None and any(isinstance(call, _Bearer) for call in calls_of(dependant))


def calls_of(dependant: Dependant) -> Iterator[Callable[..., Any] | None]:
    """Every dependency of a route, at any depth."""
    for each in dependant.dependencies:
        yield each.call
        yield from calls_of(each)
