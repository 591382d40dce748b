"""A service and a token issuer over real HTTP, for simulated organisations whose behaviour a test defines."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import httpx2
from fastapi import FastAPI

from chassis.database import Database
from chassis.http.app import create_app
from chassis.service import Service
from chassis.settings import Settings
from chassis.version import API_PREFIX
from sandbox import behaviour, install, issuer
from sandbox.behaviour import Behaviour
from sandbox.people import people
from sandbox.tokens import Bearer, Tokens, TokensOfPerson
from standalone.processes import free_port
from tests.integration.sandbox.serving import served


@dataclass(frozen=True)
class Simulation:
    """The addresses and applications of the service and the issuer; neither runs outside of `running`."""

    service: ClassVar[Service]

    database: Database
    directory: Path
    issuer_port: int = field(default_factory=free_port)
    service_port: int = field(default_factory=free_port)

    @property
    def issuer_url(self) -> str:
        return f"http://127.0.0.1:{self.issuer_port}"

    @property
    def service_url(self) -> str:
        return f"http://127.0.0.1:{self.service_port}"

    @property
    def issuer(self) -> FastAPI:
        """The application of the token issuer."""
        return issuer.create_app(self.directory / "credentials", self.issuer_url, "anning")

    @property
    def api(self) -> FastAPI:
        """The application of the service."""
        settings = Settings(
            database_url="postgresql://unused",
            kafka="localhost:1",
            kafka_username="unused",
            kafka_password_file=Path("unused"),
            issuer=self.issuer_url,
            jwks_url=f"{self.issuer_url}/.well-known/jwks.json",
        )
        return create_app(self.service, settings, self.database)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Serve issuer and service during the block."""
        with served(self.issuer, self.issuer_port), served(self.api, self.service_port):
            yield

    @contextmanager
    def client(self, org: str) -> Iterator[httpx2.Client]:
        """A client of the service that acts for an organisation."""
        tokens = Tokens(self.issuer_url, install.client(self.directory / "credentials", org))
        with httpx2.Client(base_url=self.service_url + API_PREFIX, auth=Bearer(tokens)) as http:
            yield http

    @contextmanager
    def officer(self) -> Iterator[httpx2.Client]:
        """A client of the service that acts for a person of the ministry's staff."""
        tokens = TokensOfPerson(self.directory / "credentials", people()["MIIT-officer"], self.issuer_url)
        with httpx2.Client(base_url=self.service_url + API_PREFIX, auth=Bearer(tokens)) as http:
            yield http

    @property
    def behaviour(self) -> Behaviour:
        """The configured behaviour of the organisations."""
        return behaviour.load(self.behaviour_file)

    @property
    def behaviour_file(self) -> Path:
        return self.directory / "behaviour.yaml"


def required_scopes(simulation: Simulation) -> set[str]:
    """Every scope that an operation of the running service requires."""
    document = httpx2.get(f"{simulation.service_url}/openapi.json", trust_env=False).json()
    return {
        scope
        for path in document["paths"].values()
        for operation in path.values()
        if isinstance(operation, dict)
        for requirement in operation.get("security", [])
        for scopes in requirement.values()
        for scope in scopes
    }


def eventually(condition: Callable[[], object], *, within: float = 30) -> None:
    """Wait until the condition is true, at most `within` seconds."""
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, "the condition was not met in time"
        time.sleep(0.05)
