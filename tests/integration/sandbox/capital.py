"""A referrals service over real HTTP with a token issuer beside it, and authorities whose habits a test writes."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from fastapi import FastAPI

from chassis.database import Database
from chassis.http.app import create_app
from chassis.settings import Settings
from chassis.sweeper import Slice
from sandbox import behaviour, install, issuer, run
from sandbox.authorities import Authority
from sandbox.behaviour import AuthorityHabits
from sandbox.scenario.cast import credit_code
from sandbox.settings import SandboxSettings
from sandbox.tokens import Bearer, Tokens
from services.referrals.service import SERVICE
from tests.integration.referrals import scenes
from tests.integration.sandbox.serving import served

PROMPT = """
poll: 50ms
unlisted: 100%
carriers: {}
authorities:
  SAMR:
    receipt: 0s
    decides_as: 虚市监罚
    courses: [{share: 100%, conclude: fined, amounts: [10000, 30000], after: 0s}]
"""
"""There is one authority, which fines everybody at once."""

RECEIVING = PROMPT.replace("{share: 100%, conclude: fined, amounts: [10000, 30000], after: 0s}", "{share: 100%}")
"""It says that it has what it is handed, and does nothing more."""


@dataclass(frozen=True)
class Capital:
    """Where everything is."""

    database: Database
    directory: Path
    issuer_port: int
    referrals_port: int

    @property
    def issuer_url(self) -> str:
        return f"http://127.0.0.1:{self.issuer_port}"

    @property
    def referrals_url(self) -> str:
        return f"http://127.0.0.1:{self.referrals_port}"

    @property
    def issuer(self) -> FastAPI:
        """The token issuer, to be served."""
        return issuer.create_app(self.directory / "credentials", self.issuer_url, "anning")

    @property
    def referrals(self) -> FastAPI:
        """The API of the referrals service, to be served."""
        settings = Settings(
            database_url="postgresql://unused",
            kafka="localhost:1",
            issuer=self.issuer_url,
            jwks_url=f"{self.issuer_url}/.well-known/jwks.json",
        )
        return create_app(SERVICE, settings, self.database)

    @contextmanager
    def open(self) -> Iterator[None]:
        """Issuer and service with its sweeps, for the length of the block."""
        with (
            served(self.issuer, self.issuer_port),
            served(self.referrals, self.referrals_port),
            self.sweeping(),
        ):
            yield

    @contextmanager
    def sweeping(self) -> Iterator[None]:
        """The service's sweeps, at work for the length of the block."""
        stop = threading.Event()
        thread = threading.Thread(target=self._sweep_until, args=(stop,), name="sweeps")
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()

    def _sweep_until(self, stop: threading.Event) -> None:
        while not stop.wait(0.02):
            for sweep in SERVICE.sweeps:
                with self.database.begin() as tx:
                    sweep.run(tx, Slice(sweep.limit))

    @contextmanager
    def at_work(self, habits: str = PROMPT, *, threads: int = 2) -> Iterator[list[Authority]]:
        """The authorities, at work with these habits (behaviour.yaml)."""
        (self.directory / "behaviour.yaml").write_text(habits)
        settings = SandboxSettings(
            directory=self.directory / "credentials",
            issuer=self.issuer_url,
            referrals_url=self.referrals_url,
            behaviour_file=self.directory / "behaviour.yaml",
            threads=threads,
        )
        with run.authorities_at_work(settings) as authorities:
            yield authorities

    def habits(self, authority: str) -> AuthorityHabits:
        """The habits that an authority has or had."""
        return behaviour.load(self.directory / "behaviour.yaml").authorities[authority]

    @contextmanager
    def caller(self, org: str) -> Iterator[httpx2.Client]:
        """A client of the referrals service that calls for an organisation."""
        tokens = Tokens(self.issuer_url, install.client(self.directory / "credentials", org))
        with httpx2.Client(base_url=self.referrals_url, auth=Bearer(tokens)) as http:
            yield http

    def collect(self, count: int, *, first: int = 0, industry: str = "retail", **say: Any) -> None:
        """Let three people complain of each of so many enterprises."""
        for place in range(first, first + count):
            provider = credit_code("440000", place)
            said = {"provider": provider, "industry": industry, **say}
            scenes.consume(self.database, *(scenes.assessed(f"{industry} {place} {n}", **said) for n in range(3)))

    def seal(self) -> None:
        """Have everything that is open sealed."""
        scenes.seal(self.database)

    def clues(self) -> Sequence[Any]:
        return scenes.rows(self.database, "SELECT * FROM clues ORDER BY id")

    def batches(self) -> Sequence[Any]:
        return scenes.batches(self.database)

    def states(self) -> set[str]:
        """The states in which clues are."""
        return {clue.state for clue in self.clues()}

    def conclusions(self) -> dict[str, dict[str, Any]]:
        """What was published of each clue that was concluded; of none more than once."""
        told = scenes.published(self.database, "clue-concluded.v1")
        assert len({each["clue"] for each in told}) == len(told)
        return {each["clue"]: each for each in told}

    def files(self) -> Sequence[Any]:
        """The files of conclusions that were handed in."""
        return scenes.rows(self.database, "SELECT * FROM imports ORDER BY created_at")
