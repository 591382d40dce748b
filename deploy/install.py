"""Creates the secrets of an installation in containers; existing ones stay.

Each secret is in the folder (a volume) of those that read it: the database server, the broker, the containers that
create the databases and the users of the broker, each service, the owner of each database, each key ring, the sandbox.
No secret has a default, and none is shipped.
"""

from __future__ import annotations

import argparse
import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from chassis import roles
from chassis.events import access
from chassis.privacy import KeyRing
from chassis.roles import role_of
from sandbox import install as sandbox

POSTGRES_UID = 999
"""The user `postgres` of the image of that name."""
KAFKA_UID = 1000
"""The user `appuser` of the image apache/kafka."""
ANNING_UID = 10001
"""The user `anning` of deploy/Dockerfile."""

_UIDS = {"postgres": POSTGRES_UID, "kafka": KAFKA_UID}

SUPERUSER = "postgres"
PASSWORD = "password"  # noqa: S105 - the name of a file
PASSFILE = "pgpass"
KEYS = "keys.json"
KAFKA_PASSWORD = "kafka-password"  # noqa: S105 - the name of a file
JAAS, CLIENT = "jaas.conf", "client.properties"


def into(directory: Path, services: Iterable[str], keyed: Iterable[str]) -> None:
    """Create what is missing: the superuser's password in `postgres/password`, and for libpq in `databases/pgpass`;
    `SERVICE/pgpass` of each service, `SERVICE-owner/pgpass` of the owner of its database;
    `SERVICE-keys/keys.json` of those with personal data (`keyed`); `kafka-password` of each service, in its folder and
    in that of the owner; the password of the broker itself in `broker/kafka-password`, for its logins in
    `kafka/jaas.conf`, and for Kafka's own programs in `kafka/client.properties`; `sandbox/`, the token issuer's key and
    clients."""
    password = directory / "postgres" / PASSWORD
    _write_new(password, secrets.token_urlsafe(24))
    _write_new(directory / "databases" / PASSFILE, f"postgres:5432:*:{SUPERUSER}:{password.read_text()}\n")
    for service in services:
        for name, role in ((service, role_of(service)), (folder_of_owner(service), owner_of(service))):
            line = f"postgres:5432:{role_of(service)}:{role}:{secrets.token_urlsafe(24)}\n"
            _write_new(directory / name / PASSFILE, line)
        # A migration creates the topics of the service.
        own = directory / service / KAFKA_PASSWORD
        _write_new(own, secrets.token_urlsafe(24))
        _write(directory / folder_of_owner(service) / KAFKA_PASSWORD, own.read_text())
    itself = directory / access.LOCAL / KAFKA_PASSWORD
    _write_new(itself, secrets.token_urlsafe(24))
    _write(directory / "kafka" / JAAS, access.jaas(itself.read_text()))
    _write(directory / "kafka" / CLIENT, access.client_properties(itself.read_text()))
    for service in keyed:
        _make_keys(directory / f"{service}-keys" / KEYS, before=directory / service / KEYS)
    sandbox.into(directory / "sandbox")
    for folder in directory.iterdir():
        _give(folder, _UIDS.get(folder.name, ANNING_UID))


def owner_of(service: str) -> str:
    """The role that owns the database of a service."""
    return roles.owner_of(role_of(service))


def folder_of_owner(service: str) -> str:
    """The folder with the secret of that role, which only migrations get."""
    return f"{service}-owner"


def _write_new(path: Path, content: str) -> None:
    """Write a file unless it exists."""
    if not path.exists():
        _write(path, content)


def _write(path: Path, content: str) -> None:
    """Write a file atomically, readable by its owner only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}")
    unfinished.unlink(missing_ok=True)
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)


def _make_keys(path: Path, before: Path) -> None:
    """Create a key ring, or move it from where release 0.1.0 has it (`before`)."""
    if before.exists():
        _write_new(path, before.read_text())
        before.unlink()
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}")
    unfinished.unlink(missing_ok=True)
    KeyRing.create(unfinished)
    unfinished.replace(path)


def _give(folder: Path, uid: int) -> None:
    folder.chmod(0o700)
    for path in (folder, *folder.iterdir()):
        os.chown(path, uid, uid)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("services", nargs="+")
    parser.add_argument("--keyed", nargs="*", default=[], help="those that hold personal data")
    given = parser.parse_args()
    into(given.directory, given.services, given.keyed)
