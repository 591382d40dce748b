"""The token issuer: client credentials (RFC 6749) become access tokens (RFC 9068). It is stateless.

It replaces the identity provider of a deployment. A service needs of it the same as of any other one: the name of the
issuer and the address of its keys.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote_plus, urlsplit

import structlog
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from starlette.responses import Response

from chassis import clock
from chassis.http.client_address import Network, client_address, site_of
from chassis.http.limits import TooManyRequests, headers_of
from chassis.rates import Quota, Usage
from chassis.run_id import headers
from sandbox import install, tokens
from sandbox.rulebook import RULES, TokenRate

GRANT = "client_credentials"
_FORM = "application/x-www-form-urlencoded"
_BODY_BYTES = 16 * 1024
_LONGEST_ID = 40
"""A longer client id is not logged: secrets are longer, and one may be sent in its place."""

log = structlog.get_logger()


class _Refused(Exception):
    """An error by RFC 6749, 5.2."""

    def __init__(self, error: str, description: str, *, status: int = 400, basic: bool = False) -> None:
        super().__init__(error)
        self.error = error
        headers = {"WWW-Authenticate": 'Basic realm="anning-sandbox", charset="UTF-8"'} if basic else {}
        self.answer = _unstored({"error": error, "error_description": description}, status=status, headers=headers)


def create_app(
    directory: Path,
    issuer: str,
    audience: str,
    *,
    lifetime_seconds: int = tokens.LIFETIME_SECONDS,
    proxies: Sequence[Network] = (),
    run_id: str | None = None,
) -> FastAPI:
    """The issuer of the installation in `directory`. `issuer` is its address for clients and the `iss` of its tokens:
    scheme and host, nothing more. `proxies` state the address of a client in Forwarded. `/readyz` repeats the `run_id`.

    Raises NotInstalled, and ValueError for a malformed `issuer`.
    """
    parts = urlsplit(issuer)
    if parts.scheme not in ("http", "https") or issuer != f"{parts.scheme}://{parts.netloc}":
        raise ValueError(f"an issuer is https://host[:port], without a trailing slash: {issuer!r}")
    key = install.key(directory)
    install.clients(directory)  # an incomplete installation fails now, not at the first request
    published = {"keys": [{**key.as_dict(private=False), "use": "sig", "alg": "EdDSA"}]}
    app = FastAPI(title="Anning sandbox: token issuer", openapi_url=None)
    app.add_exception_handler(_Refused, _refused)
    app.add_exception_handler(TooManyRequests, _too_many)
    usage = Usage()

    def count(request: Request, quota: Quota, key: str) -> None:
        """Take one request from a quota; its response states what is left. Raises TooManyRequests."""
        standing = usage.take(quota, key, time.monotonic())
        request.state.limit_headers = {name.decode(): value.decode() for name, value in headers_of(standing)}
        if standing.wait:
            raise TooManyRequests(standing.wait)

    @app.get("/.well-known/jwks.json")
    async def keys() -> JSONResponse:
        """The public keys (RFC 7517)."""
        return JSONResponse(published, headers={"Cache-Control": "public, max-age=300"})

    @app.get("/.well-known/oauth-authorization-server")
    async def metadata() -> dict[str, Any]:
        """The metadata of this issuer (RFC 8414)."""
        return {
            "issuer": issuer,
            "token_endpoint": f"{issuer}/token",
            "jwks_uri": f"{issuer}/.well-known/jwks.json",
            "grant_types_supported": [GRANT],
            "response_types_supported": [],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "scopes_supported": list(install.all_scopes()),
        }

    @app.post("/token")
    async def token(request: Request) -> JSONResponse:
        """A token for the client that presents its secret, by HTTP Basic or in the form."""
        # The address is counted before the secret is checked: guessing is not faster, and uses up no quota of a client.
        rate = RULES.at(TokenRate, clock.now())
        request.state.address = client_address(request.scope, proxies)
        count(request, Quota.per_address(rate), site_of(request.state.address))
        form = await _form(request)
        # Read at each request: an installation is updated while the issuer runs, for a new service and its scopes.
        client = _authenticated(request, form, {each.client_id: each for each in install.clients(directory)})
        if "grant_type" not in form:
            raise _Refused("invalid_request", "grant_type is missing")
        if form["grant_type"] != GRANT:
            raise _Refused("unsupported_grant_type", f"the only grant_type is {GRANT}")
        scopes = tuple(dict.fromkeys(form["scope"].split())) if "scope" in form else client.scopes
        beyond = [scope for scope in scopes if scope not in client.scopes]
        if beyond:
            raise _Refused("invalid_scope", f"{client.client_id} may not have {_plain(beyond[0])}")
        count(request, Quota.per_client(rate), client.client_id)
        given = tokens.sign(
            key,
            issuer=issuer,
            audience=audience,
            client_id=client.client_id,
            org=client.org,
            scopes=scopes,
            lifetime_seconds=lifetime_seconds,
        )
        return _unstored(
            {
                "access_token": given,
                "token_type": "Bearer",
                "expires_in": lifetime_seconds,
                "scope": " ".join(scopes),
            },
            headers=request.state.limit_headers,
        )

    @app.get("/healthz")
    @app.get("/readyz")
    async def health() -> JSONResponse:
        """200 while the process runs."""
        return JSONResponse({"status": "ready"}, headers=headers(run_id))

    return app


async def _form(request: Request) -> dict[str, str]:
    """The parameters of the request. Empty ones count as absent, none may be repeated (RFC 6749, 3.2)."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        raise _Refused("invalid_request", f"the body is of the type {_FORM}")
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _BODY_BYTES:
            raise _Refused("invalid_request", "the body is too large", status=413)
    try:
        pairs = parse_qsl(body.decode("ascii"), max_num_fields=32, errors="strict")
    except ValueError:
        raise _Refused("invalid_request", "the body cannot be read") from None
    form = dict(pairs)
    if len(form) < len(pairs):
        raise _Refused("invalid_request", "a parameter is repeated")
    return form


def _authenticated(
    request: Request, form: dict[str, str], clients: dict[str, install.RegisteredClient]
) -> install.RegisteredClient:
    header = request.headers.get("authorization")
    if header is not None and "client_secret" in form:
        raise _Refused("invalid_request", "the client secret is sent in the header and in the form")
    client_id, secret = _basic(header) if header is not None else (form.get("client_id"), form.get("client_secret"))
    request.state.client_id = _plain(client_id or "") if len(client_id or "") <= _LONGEST_ID else "too long"
    client = clients.get(client_id or "")
    # Compared in constant time, also for an unknown client.
    expected = client.secret if client else "-" * 43
    fits = hmac.compare_digest(expected.encode(), (secret or "").encode())
    if client is None or not fits:
        raise _Refused("invalid_client", "client id and secret do not match", status=401, basic=True)
    return client


def _basic(header: str) -> tuple[str, str]:
    scheme, _, encoded = header.partition(" ")
    try:
        pair = base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        pair = ""
    client_id, colon, secret = pair.partition(":")
    if scheme.lower() != "basic" or not colon:
        raise _Refused("invalid_client", "the header Authorization is not HTTP Basic", status=401, basic=True)
    # Both are form-encoded before they are joined (RFC 6749, 2.3.1).
    return unquote_plus(client_id), unquote_plus(secret)


def _plain(text: str) -> str:
    """The characters that an error description may have (RFC 6749, 5.2)."""
    return "".join(each for each in text[:64] if " " <= each <= "~" and each not in '"\\')


def _unstored(content: dict[str, Any], *, status: int = 200, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse(content, status, {"Cache-Control": "no-store", "Pragma": "no-cache", **(headers or {})})


async def _too_many(request: Request, error: Exception) -> Response:
    assert isinstance(error, TooManyRequests)
    return _with_limit(request, error.response())


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, _Refused)
    client = getattr(request.state, "client_id", None)
    log.warning("token request refused", error=error.error, client=client, address=request.state.address)
    return _with_limit(request, error.answer)


def _with_limit(request: Request, answer: Response) -> Response:
    answer.headers.update(request.state.limit_headers)
    return answer
