"""A referrals service over real HTTP with a token issuer, and simulated authorities whose behaviour a test defines."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from chassis.sweeper import Slice
from sandbox import run
from sandbox.authorities import SimulatedAuthority
from sandbox.scenario.cast import credit_code
from sandbox.settings import SandboxSettings
from services.referrals.service import SERVICE
from tests.integration.referrals import scenes
from tests.integration.sandbox.simulation import Simulation

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
"""The only authority concludes every clue with a fine, without delay."""

RECEIVING = PROMPT.replace("{share: 100%, conclude: fined, amounts: [10000, 30000], after: 0s}", "{share: 100%}")
"""It returns receipts of batches and does nothing further."""


@dataclass(frozen=True)
class ReferralsSimulation(Simulation):
    """The referrals service with its sweeps, and authorities."""

    service = SERVICE

    @contextmanager
    def running(self) -> Iterator[None]:
        """Serve issuer and service, and run the sweeps, during the block."""
        with super().running(), self.sweeping():
            yield

    @contextmanager
    def sweeping(self) -> Iterator[None]:
        """Run the service's sweeps during the block."""
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
    def authorities(self, behaviour: str = PROMPT, *, threads: int = 2) -> Iterator[list[SimulatedAuthority]]:
        """Run the authorities with this behaviour (behaviour.yaml)."""
        self.behaviour_file.write_text(behaviour)
        settings = SandboxSettings(
            directory=self.directory / "credentials",
            issuer=self.issuer_url,
            referrals_url=self.service_url,
            behaviour_file=self.behaviour_file,
            threads=threads,
        )
        with run.running_authorities(settings) as authorities:
            yield authorities

    def collect(self, count: int, *, first: int = 0, industry: str = "retail", **overrides: Any) -> None:
        """Process three complaints about each of `count` enterprises."""
        for index in range(first, first + count):
            fields = {"provider": credit_code("440000", index), "industry": industry, **overrides}
            scenes.consume(self.database, *(scenes.assessed(f"{industry} {index} {n}", **fields) for n in range(3)))

    def seal(self) -> None:
        """Seal all open clues."""
        scenes.seal(self.database)

    def clues(self) -> Sequence[Any]:
        return scenes.rows(self.database, "SELECT * FROM clues ORDER BY id")

    def batches(self) -> Sequence[Any]:
        return scenes.batches(self.database)

    def states(self) -> set[str]:
        """The distinct states of all clues."""
        return {clue.state for clue in self.clues()}

    def conclusions(self) -> dict[str, dict[str, Any]]:
        """The published conclusions by clue; at most one for each clue."""
        published = scenes.published(self.database, "clue-concluded.v1")
        assert len({each["clue"] for each in published}) == len(published)
        return {each["clue"]: each for each in published}

    def files(self) -> Sequence[Any]:
        """The uploaded files of conclusions."""
        return scenes.rows(self.database, "SELECT * FROM imports ORDER BY created_at")
