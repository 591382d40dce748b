"""A token issuer whose tokens, keys and availability are controlled by the test."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
import warnings
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from joserfc import jwt
from joserfc.errors import SecurityWarning
from joserfc.jwk import ECKey, OKPKey, RSAKey

NAME = "https://issuer.test"
AUDIENCE = "anning"

Key = OKPKey | ECKey | RSAKey


def new_key(kid: str) -> OKPKey:
    """A new Ed25519 key."""
    return OKPKey.generate_key("Ed25519", {"kid": kid})


class Issuer:
    """Publishes `keys` at `url` while it is up, and signs with the first of them by default."""

    def __init__(self) -> None:
        self.keys: list[Key] = [new_key("first")]
        self.up = True
        self.requests = 0
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                issuer.requests += 1
                content = json.dumps({"keys": [key.as_dict(private=False) for key in issuer.keys]}).encode()
                self.send_response(200 if issuer.up else 500)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                """Log nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/jwks.json"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def token(
        self,
        scope: str = "",
        *,
        org: str | None = "carrier:CMCC",
        key: Key | None = None,
        header: dict[str, Any] | None = None,
        **claims: Any,
    ) -> str:
        """A token of a person who authenticates now, valid except for the given values; a claim or header of None is
        left out."""
        key = key or self.keys[0]
        now = int(time.time())
        headers = {"alg": "Ed25519", "typ": "at+jwt", "kid": key.kid, **(header or {})}
        payload = {
            "iss": NAME,
            "aud": AUDIENCE,
            "sub": "system-1",
            "client_id": "system-1",
            "iat": now,
            "exp": now + 300,
            "scope": scope,
            "org": org,
            "acr": "2",
            "auth_time": now,
            **claims,
        }
        return _signed(
            {name: value for name, value in headers.items() if value is not None},
            {name: value for name, value in payload.items() if value is not None},
            key,
        )

    def bearer(self, scope: str = "", **rest: Any) -> dict[str, str]:
        """The Authorization header with such a token."""
        return {"Authorization": f"Bearer {self.token(scope, **rest)}"}


def _signed(header: dict[str, Any], claims: dict[str, Any], key: Key) -> str:
    algorithm = header["alg"]
    if algorithm.lower() == "none" or algorithm == "HS256":
        # Libraries refuse to make these: an unsigned token, and one whose HMAC secret is the public key.
        signed = ".".join(_encoded(json.dumps(each).encode()) for each in (header, claims))
        secret = key.as_dict(private=False)["x"] if algorithm == "HS256" else ""
        signature = hmac.digest(_decoded(str(secret)), signed.encode(), hashlib.sha256) if secret else b""
        return f"{signed}.{_encoded(signature)}"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SecurityWarning)
        return jwt.encode(header, claims, key, algorithms=[algorithm], default_type=None)


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
