"""Access tokens for manual use of the APIs, requested from the sandbox's issuer with a client's own secret."""

from __future__ import annotations

from pathlib import Path

import httpx2

from sandbox import install
from sandbox.install import NotInstalled
from sandbox.tokens import Tokens


class TokenRefused(Exception):
    """There is no token for this client; the message states the reason."""


def access_token(client_id: str, credentials: Path, issuer: str) -> str:
    """A token of that client from the issuer at that address; its secret is in the folder `credentials`.

    Raises TokenRefused: unknown client, no credentials, or no response of the issuer.
    """
    try:
        client = install.client_by_id(credentials, client_id)
    except NotInstalled as error:
        raise TokenRefused(str(error)) from error
    except KeyError as error:
        known = ", ".join(sorted(each.client_id for each in install.clients(credentials)))
        raise TokenRefused(f"there is no client {client_id!r}; there are: {known}") from error
    try:
        return Tokens(issuer, client).bearer()
    except httpx2.HTTPStatusError as error:
        raise TokenRefused(f"{issuer} refused {client_id}: HTTP {error.response.status_code}") from error
    except httpx2.HTTPError as error:
        raise TokenRefused(f"nothing answers at {issuer}: start the system with `make up`") from error
