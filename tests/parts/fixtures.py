"""Fixtures: one PostgreSQL and one Kafka per session; each test module has its own databases and topics.

TEST_BACKEND selects where they run: `embedded` or `auto` (child processes), or `docker` (containers).
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from psycopg.conninfo import conninfo_to_dict

from chassis.broker import Broker
from standalone.kafka import EmbeddedKafka, learn
from standalone.postgres import EmbeddedPostgres
from tests.parts.protocols import Kafka, Part, Postgres


@dataclass(frozen=True)
class Parts:
    """PostgreSQL and Kafka, for tests of faults."""

    postgres: Postgres
    kafka: Kafka


def postgres_on(backend: str, directory: Path) -> AbstractContextManager[Postgres]:
    """A separate PostgreSQL, which is removed at the end."""
    if backend == "docker":
        from tests.parts.containers import ContainerPostgres

        return ContainerPostgres()
    # Data survives a kill of the server without fsync, because the operating system keeps running and writes it.
    return EmbeddedPostgres(directory, settings={"fsync": "off"})


def kafka_on(backend: str, directory: Path) -> AbstractContextManager[Kafka]:
    """A separate Kafka, which is removed at the end."""
    if backend == "docker":
        from tests.parts.containers import ContainerKafka

        return ContainerKafka()
    learn()
    return EmbeddedKafka(directory)


def broker_settings(broker: Broker) -> dict[str, Any]:
    """The settings of a process that uses this broker as this user."""
    return {"kafka": broker.servers, "kafka_username": broker.user, "kafka_password_file": broker.password_file}


def revive(part: Part) -> None:
    """Resume or restart a server that a test has paused, stopped or killed."""
    part.resume()
    if not part.answers():
        part.restart()


@pytest.fixture(scope="session")
def backend() -> str:
    """Where PostgreSQL and Kafka run: `embedded` or `docker`."""
    chosen = os.environ.get("TEST_BACKEND", "auto")
    if chosen not in ("embedded", "docker", "auto"):
        raise pytest.UsageError(f"TEST_BACKEND={chosen}: must be embedded, docker or auto")
    return "embedded" if chosen == "auto" else chosen


@pytest.fixture(scope="session")
def postgres(backend: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """The PostgreSQL of the session."""
    with postgres_on(backend, tmp_path_factory.mktemp("postgres")) as part:
        yield part


@pytest.fixture(scope="session")
def kafka(backend: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kafka]:
    """The Kafka of the session."""
    with kafka_on(backend, tmp_path_factory.mktemp("kafka")) as part:
        yield part


@pytest.fixture(scope="session")
def parts(postgres: Postgres, kafka: Kafka) -> Parts:
    """PostgreSQL and Kafka of the session."""
    return Parts(postgres, kafka)


@pytest.fixture
def breakable(parts: Parts) -> Iterator[Parts]:
    """PostgreSQL and Kafka, which a test may stop, kill or pause: both run again for the next test."""
    yield parts
    for part in (parts.postgres, parts.kafka):
        revive(part)


@pytest.fixture(scope="module")
def module_prefix(request: pytest.FixtureRequest) -> str:
    """The prefix of this module's databases, topics and groups; unique to this run."""
    name = re.sub(r"\W", "_", str(request.node.name).rpartition("/")[2].removesuffix(".py").removeprefix("test_"))
    return f"{name[:24].lower()}_{secrets.token_hex(3)}"


@pytest.fixture(scope="module")
def new_database(postgres: Postgres, module_prefix: str) -> Iterator[Callable[[str], str]]:
    """Create an empty database with its two roles: name → URL for its owner. All are dropped after the module."""
    created: list[str] = []

    def create(name: str) -> str:
        created.append(f"{module_prefix}_{name}")
        return postgres.create_database(created[-1])

    yield create
    revive(postgres)
    for each in created:
        postgres.drop_database(each)


@pytest.fixture(scope="session")
def as_service(postgres: Postgres) -> Callable[[str], str]:
    """The URL of a database for the role of its service: URL for its owner → URL."""

    def url(owner_url: str) -> str:
        name = str(conninfo_to_dict(owner_url)["dbname"])
        return postgres.url(name, name)

    return url


@pytest.fixture(scope="module")
def database_url(new_database: Callable[[str], str]) -> str:
    """The URL of an empty database for this module, with the role that owns it."""
    return new_database("main")


@pytest.fixture(scope="module")
def topic_prefix(module_prefix: str) -> str:
    """The prefix of this module's topics and groups (the setting `topic_prefix`)."""
    return f"{module_prefix}."
