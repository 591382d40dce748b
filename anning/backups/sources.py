"""Where the data of the services is: databases, key rings, and the broker."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from anning.services import load
from chassis.broker import Broker
from chassis.events.topics import Catalogue

TABLES = "SELECT format('%I', relname) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"

_BROKER = {"ANNING_KAFKA", "ANNING_KAFKA_USERNAME", "ANNING_KAFKA_PASSWORD_FILE"}


class BackupError(Exception):
    """A backup cannot be taken or restored; the message is for the operator."""


@dataclass(frozen=True)
class Source:
    """The database of a service, for the role that owns it, and the key ring if the service has one."""

    service: str
    owner_url: str
    keys_file: Path | None


@dataclass(frozen=True)
class Sources:
    """The data of all services."""

    services: tuple[Source, ...]
    broker: Broker
    catalogue: Catalogue

    @classmethod
    def of(cls, variables: Mapping[str, Mapping[str, str]], topics_file: Path) -> Sources:
        """What the variables of the services name, by service. Raises BackupError for a missing one."""
        found = []
        for service, own in variables.items():
            if "ANNING_OWNER_DATABASE_URL" not in own or not own.keys() >= _BROKER:
                raise BackupError(
                    f"the database of {service} or the broker is not known: start the system with `make up`, or set"
                    f" {', '.join(sorted(_BROKER))} and {variable(service, 'OWNER_DATABASE_URL')}"
                )
            keys = own.get("ANNING_KEYS_FILE")
            if load(service).personal and keys is None:
                raise BackupError(f"the key ring of {service} is not known: set {variable(service, 'KEYS_FILE')}")
            found.append(Source(service, own["ANNING_OWNER_DATABASE_URL"], Path(keys) if keys else None))
        any_service = next(iter(variables.values()))
        prefix = any_service.get("ANNING_TOPIC_PREFIX", "")
        return cls(tuple(found), Broker.of(any_service), Catalogue.load(topics_file, prefix))

    @property
    def compacted(self) -> tuple[str, ...]:
        """The names of the compacted topics on the broker: they have the newest fact of every key without limit."""
        topics = self.catalogue.topics.items()
        return tuple(self.catalogue.physical(name) for name, topic in topics if topic.compacted)


def variable(service: str, name: str) -> str:
    """The environment variable with a setting of one service, where one environment has those of all."""
    return f"ANNING_{service.upper()}_{name}"


def of_environment(service: str) -> dict[str, str]:
    """The variables of a service in an environment with those of all; empty where it names no database."""
    own = {name: os.environ.get(variable(service, name)) for name in ("OWNER_DATABASE_URL", "KEYS_FILE")}
    if own["OWNER_DATABASE_URL"] is None:
        return {}
    optional = {"ANNING_KAFKA_CA_FILE", "ANNING_TOPIC_PREFIX"}
    shared = {name: os.environ[name] for name in _BROKER | optional if name in os.environ}
    return shared | {f"ANNING_{name}": value for name, value in own.items() if value is not None}


def run_program(name: str, url: str, *arguments: str) -> None:
    """Run a client program of PostgreSQL for a database, with every parameter of the url; no argument contains its
    password. Raises BackupError."""
    given = conninfo_to_dict(url)
    password = given.pop("password", None)
    environment = {} if password is None else {"PGPASSWORD": str(password)}
    with psycopg.connect(url) as connection:
        server = connection.info.server_version // 10_000
    done = subprocess.run(
        [_program(name, server), f"--dbname={make_conninfo('', **given)}", *arguments],
        env=os.environ | environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise BackupError(f"{name} ended with {done.returncode}: {done.stderr.strip()}")


def _program(name: str, server: int) -> str:
    """A client program of the server's major version or a later one: an older one refuses the server."""
    if (found := shutil.which(name)) and _major(found) >= server:
        return found
    if find_spec("standalone") is not None:
        from standalone import postgres

        return str(postgres.program(name))
    raise BackupError(f"there is no {name} of version {server} or later: install the client programs of PostgreSQL")


def _major(program: str) -> int:
    shown = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"[0-9]+", shown)
    return int(found[0]) if found else 0
