"""Access tokens for manual use of the APIs: of a system, requested from the sandbox's issuer with its own secret, or of
a person of the sandbox, who authenticates at that moment."""

from __future__ import annotations

from pathlib import Path

import httpx2

from sandbox import install
from sandbox.install import NotInstalled
from sandbox.people import people
from sandbox.tokens import Tokens, mint_for


class TokenRefused(Exception):
    """There is no token for this name; the message states the reason."""


def access_token(name: str, credentials: Path, issuer: str, address: str) -> str:
    """A token of the client or person of that name; keys and secrets are in the folder `credentials`. `issuer` is in
    the token of a person; a client requests its own at the `address` of the issuer.

    Raises TokenRefused: unknown name, no credentials, or no response of the issuer.
    """
    try:
        if person := people().get(name):
            return mint_for(credentials, person, issuer=issuer)
        client = install.client_by_id(credentials, name)
    except NotInstalled as error:
        raise TokenRefused(str(error)) from error
    except KeyError as error:
        known = ", ".join([*sorted(people()), *sorted(each.client_id for each in install.clients(credentials))])
        raise TokenRefused(f"there is no person or client {name!r}; there are: {known}") from error
    try:
        return Tokens(address, client).bearer()
    except httpx2.HTTPStatusError as error:
        raise TokenRefused(f"{address} refused {name}: HTTP {error.response.status_code}") from error
    except httpx2.HTTPError as error:
        raise TokenRefused(f"nothing answers at {address}: start the system with `make up`") from error
