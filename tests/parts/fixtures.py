"""Fixtures: one PostgreSQL and one Kafka serve a whole session, each test module has its own databases and topics.

TEST_BACKEND chooses where they run: `embedded` (child processes, and what `auto` means) or `docker` (containers).
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import pytest

from standalone.kafka import EmbeddedKafka
from standalone.postgres import EmbeddedPostgres
from tests.parts.protocols import Kafka, Part, Postgres


@dataclass(frozen=True)
class Parts:
    """Both parts, as fault tests want them."""

    postgres: Postgres
    kafka: Kafka


def postgres_on(backend: str, directory: Path) -> AbstractContextManager[Postgres]:
    """A PostgreSQL of one's own, started and in the end removed."""
    if backend == "docker":
        from tests.parts.containers import ContainerPostgres

        return ContainerPostgres()
    # The machine does not crash with the server: what it was given by the server survives a kill without fsync.
    return EmbeddedPostgres(directory, settings={"fsync": "off"})


def kafka_on(backend: str, directory: Path) -> AbstractContextManager[Kafka]:
    """A Kafka of one's own, started and in the end removed."""
    if backend == "docker":
        from tests.parts.containers import ContainerKafka

        return ContainerKafka()
    return EmbeddedKafka(directory)


def revive(part: Part) -> None:
    """Brings a part back, whatever a test did to it."""
    part.resume()
    if not part.answers():
        part.restart()


@pytest.fixture(scope="session")
def backend() -> str:
    """Where PostgreSQL and Kafka run: `embedded` or `docker`."""
    chosen = os.environ.get("TEST_BACKEND", "auto")
    if chosen not in ("embedded", "docker", "auto"):
        raise pytest.UsageError(f"TEST_BACKEND={chosen}: embedded, docker or auto")
    return "embedded" if chosen == "auto" else chosen


@pytest.fixture(scope="session")
def postgres(backend: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """A PostgreSQL for the session."""
    with postgres_on(backend, tmp_path_factory.mktemp("postgres")) as part:
        yield part


@pytest.fixture(scope="session")
def kafka(backend: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kafka]:
    """A Kafka for the session."""
    with kafka_on(backend, tmp_path_factory.mktemp("kafka")) as part:
        yield part


@pytest.fixture(scope="session")
def parts(postgres: Postgres, kafka: Kafka) -> Parts:
    """Both."""
    return Parts(postgres, kafka)


@pytest.fixture
def breakable(parts: Parts) -> Iterator[Parts]:
    """Both, to be stopped, killed or paused: what a test leaves broken is up again for the next."""
    yield parts
    for part in (parts.postgres, parts.kafka):
        revive(part)


@pytest.fixture(scope="module")
def module_prefix(request: pytest.FixtureRequest) -> str:
    """What the names of this module's databases, topics and groups begin with; unlike that of any other run."""
    name = re.sub(r"\W", "_", str(request.node.name).rpartition("/")[2].removesuffix(".py").removeprefix("test_"))
    return f"{name[:30].lower()}_{secrets.token_hex(3)}"


@pytest.fixture(scope="module")
def new_database(postgres: Postgres, module_prefix: str) -> Iterator[Callable[[str], str]]:
    """Makes an empty database with a role of its own: name → url. All are dropped after the module."""
    made: list[str] = []

    def make(name: str) -> str:
        made.append(f"{module_prefix}_{name}")
        return postgres.create_database(made[-1])

    yield make
    revive(postgres)
    for each in made:
        postgres.drop_database(each)


@pytest.fixture(scope="module")
def database_url(new_database: Callable[[str], str]) -> str:
    """An empty database for this module, and the role that owns it."""
    return new_database("main")


@pytest.fixture(scope="module")
def topic_prefix(module_prefix: str) -> str:
    """What this module puts before every topic and group (the setting `topic_prefix`)."""
    return f"{module_prefix}."
