"""A ports service over real HTTP with a token issuer beside it, and carriers whose habits a test writes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from fastapi import FastAPI

from chassis.database import Database
from chassis.http.app import create_app
from chassis.settings import Settings
from sandbox import behaviour, install, issuer, run
from sandbox.behaviour import Behaviour
from sandbox.carriers import Carrier
from sandbox.settings import SandboxSettings
from sandbox.tokens import Bearer, Tokens
from services.ports.service import SERVICE
from tests.integration.ports import scenes
from tests.integration.sandbox.serving import served

PROMPT = """
poll: 50ms
unlisted: 100%
carriers:
  CMCC: &prompt
    orders: [{share: 100%, acknowledge: 0s, execute: 0s}]
    enquiries: [{share: 100%, answer: 0s}]
  CUCC: *prompt
  CTCC: *prompt
  CBN: *prompt
"""
"""Everybody does at once what they should."""


@dataclass(frozen=True)
class Town:
    """Where everything is."""

    database: Database
    directory: Path
    issuer_port: int
    ports_port: int

    @property
    def issuer_url(self) -> str:
        return f"http://127.0.0.1:{self.issuer_port}"

    @property
    def ports_url(self) -> str:
        return f"http://127.0.0.1:{self.ports_port}"

    @property
    def issuer(self) -> FastAPI:
        """The token issuer, to be served."""
        return issuer.create_app(self.directory / "credentials", self.issuer_url, "anning")

    @property
    def ports(self) -> FastAPI:
        """The API of the ports service, to be served."""
        settings = Settings(
            database_url="postgresql://unused",
            kafka="localhost:1",
            issuer=self.issuer_url,
            jwks_url=f"{self.issuer_url}/.well-known/jwks.json",
        )
        return create_app(SERVICE, settings, self.database)

    @contextmanager
    def open(self) -> Iterator[None]:
        """Issuer and service, served for the length of the block."""
        with served(self.issuer, self.issuer_port), served(self.ports, self.ports_port):
            yield

    @contextmanager
    def at_work(self, habits: str = PROMPT, *, book: str = "", threads: int = 2) -> Iterator[list[Carrier]]:
        """The carriers, at work with these habits (behaviour.yaml) and this book (rows `number,carrier`)."""
        (self.directory / "behaviour.yaml").write_text(habits)
        (self.directory / "book.csv").write_text(f"number,carrier\n{book}\n")
        settings = SandboxSettings(
            directory=self.directory / "credentials",
            issuer=self.issuer_url,
            ports_url=self.ports_url,
            behaviour_file=self.directory / "behaviour.yaml",
            book_file=self.directory / "book.csv",
            threads=threads,
        )
        with run.carriers_at_work(settings) as carriers:
            yield carriers

    @property
    def habits(self) -> Behaviour:
        """The habits that carriers have or had."""
        return behaviour.load(self.directory / "behaviour.yaml")

    @contextmanager
    def caller(self, org: str) -> Iterator[httpx2.Client]:
        """A client of the ports service that calls for an organisation."""
        tokens = Tokens(self.issuer_url, install.client(self.directory / "credentials", org))
        with httpx2.Client(base_url=self.ports_url, auth=Bearer(tokens)) as http:
            yield http

    def numbers(self, count: int, *, first: int = 0) -> list[str]:
        """Numbers on one access code."""
        return [f"1069012356{place:04}" for place in range(first, first + count)]

    def order_shutdowns(self, numbers: Sequence[str], carrier: str = "CMCC") -> None:
        """File these numbers and let enough people complain of each."""
        scenes.file(self.database, *(scenes.form(number, carrier=carrier) for number in numbers))
        for number in numbers:
            scenes.consume(self.database, *scenes.five(number, carrier=carrier))

    def ask_about(self, numbers: Sequence[str]) -> None:
        """Let enough people complain of numbers that nobody filed."""
        for number in numbers:
            scenes.consume(self.database, *(scenes.unregistered(f"{number} {n}", number) for n in range(2)))

    def orders(self) -> Sequence[Any]:
        return scenes.orders(self.database)

    def enquiries(self) -> Sequence[Any]:
        return scenes.enquiries(self.database)


def eventually(condition: Callable[[], object], *, within: float = 30) -> None:
    """Waits until it holds."""
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, "it never came to hold"
        time.sleep(0.05)
