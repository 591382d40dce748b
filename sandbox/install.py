"""The installation of the sandbox: the key that signs tokens and the credentials of its clients.

Nothing has a default and nothing is shipped: every installation has its own key and secrets, in a directory that only
its owner can read.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
import sys
from collections.abc import Iterable, Iterator
from importlib import resources
from pathlib import Path

import msgspec
from joserfc.jwk import OKPKey

from contracts.authorities import AUTHORITIES
from contracts.carriers import CARRIERS
from contracts.channels import CHANNELS

_KEY = "key.json"
_CLIENTS = "clients.json"


class NotInstalled(Exception):
    """A directory has no key or no clients, or can be read by others. The message states which."""


class RegisteredClient(msgspec.Struct, frozen=True, kw_only=True):
    """A client of the token issuer: its organisation and its maximum scopes."""

    client_id: str
    secret: str
    org: str
    scopes: tuple[str, ...]

    def __repr__(self) -> str:
        return f"RegisteredClient({self.client_id})"


class _Plan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    regulators: tuple[str, ...]
    scopes: dict[str, tuple[str, ...]]

    def organisations(self, carriers: Iterable[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Every organisation that has a client, with the scopes of the client."""
        codes = {
            "regulator": self.regulators,
            "carrier": (*CARRIERS, *carriers),
            "authority": tuple(code for code, each in AUTHORITIES.items() if not each.own),
            "channel": tuple(code for code, channel in CHANNELS.items() if not channel.of_staff),
        }
        for kind, of_kind in codes.items():
            for code in of_kind:
                yield f"{kind}:{code}", self.scopes[kind]


def into(directory: Path, *, carriers: Iterable[str] = ()) -> None:
    """Install the sandbox in `directory` (created with 0700), or update an installation.

    Creates a client for every regulator, carrier, authority and channel, and for the further `carriers`. An existing
    key and existing secrets stay; scopes are those of this release. Raises NotInstalled where the existing files can be
    read by others.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    directory.chmod(0o700)
    if not (directory / _KEY).exists():
        _write(
            directory / _KEY, msgspec.json.encode(OKPKey.generate_key("Ed25519", auto_kid=True).as_dict(private=True))
        )
    existing = {each.client_id: each for each in clients(directory)} if (directory / _CLIENTS).exists() else {}
    made = dict(existing)
    for org, scopes in _plan().organisations(carriers):
        client_id = client_id_of(org)
        secret = existing[client_id].secret if client_id in existing else secrets.token_urlsafe(32)
        made[client_id] = RegisteredClient(client_id=client_id, secret=secret, org=org, scopes=scopes)
    if made != existing:
        _write(directory / _CLIENTS, msgspec.json.format(msgspec.json.encode(list(made.values()))))


def client_id_of(org: str) -> str:
    """The id of the client of an organisation: carrier-CMCC for carrier:CMCC."""
    return org.replace(":", "-")


def clients(directory: Path) -> list[RegisteredClient]:
    """All clients. Raises NotInstalled."""
    return msgspec.json.decode(_read(directory / _CLIENTS), type=list[RegisteredClient])


def client(directory: Path, org: str) -> RegisteredClient:
    """The client of an organisation. Raises NotInstalled, and KeyError for an unknown one."""
    return client_by_id(directory, client_id_of(org))


def client_by_id(directory: Path, client_id: str) -> RegisteredClient:
    """The client with that id: `carrier-CMCC`. Raises NotInstalled, and KeyError for an unknown one."""
    for each in clients(directory):
        if each.client_id == client_id:
            return each
    raise KeyError(client_id)


def key(directory: Path) -> OKPKey:
    """The key that signs tokens, with its private part. Raises NotInstalled."""
    return OKPKey.import_key(msgspec.json.decode(_read(directory / _KEY), type=dict[str, str | list[str]]))


def all_scopes() -> tuple[str, ...]:
    """Every scope of any client, sorted."""
    return tuple(sorted({scope for scopes in _plan().scopes.values() for scope in scopes}))


def scopes_of(kind: str) -> tuple[str, ...]:
    """The scopes of the clients of a kind of organisation: "carrier"."""
    return _plan().scopes[kind]


def _plan() -> _Plan:
    return msgspec.yaml.decode(resources.files("sandbox").joinpath("clients.yaml").read_bytes(), type=_Plan)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            if stat.S_IMODE(mode) & 0o077:
                raise NotInstalled(f"{path} can be read by others than its owner (mode {stat.S_IMODE(mode):o})")
            return file.read()
    except FileNotFoundError:
        raise NotInstalled(f"{path} is missing: run python -m sandbox.install {path.parent}") from None


def _write(path: Path, content: bytes) -> None:
    """Write a file atomically, readable by its owner only."""
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            unfinished.unlink()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m sandbox.install DIRECTORY")
    into(Path(sys.argv[1]))
