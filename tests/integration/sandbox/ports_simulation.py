"""A ports service over real HTTP with a token issuer, and simulated carriers whose behaviour a test defines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sandbox import run
from sandbox.carriers import SimulatedCarrier
from sandbox.settings import SandboxSettings
from services.ports.service import SERVICE
from tests.integration.ports import scenes
from tests.integration.sandbox.simulation import Simulation

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
"""Every carrier executes orders and answers enquiries without delay."""


@dataclass(frozen=True)
class PortsSimulation(Simulation):
    """The ports service and carriers."""

    service = SERVICE

    @contextmanager
    def carriers(
        self, behaviour: str = PROMPT, *, book: str = "", threads: int = 2
    ) -> Iterator[list[SimulatedCarrier]]:
        """Run the carriers with this behaviour (behaviour.yaml) and this book (rows `number,carrier`)."""
        self.behaviour_file.write_text(behaviour)
        (self.directory / "book.csv").write_text(f"number,carrier\n{book}\n")
        settings = SandboxSettings(
            directory=self.directory / "credentials",
            issuer=self.issuer_url,
            ports_url=self.service_url,
            behaviour_file=self.behaviour_file,
            book_file=self.directory / "book.csv",
            threads=threads,
        )
        with run.running_carriers(settings) as carriers:
            yield carriers

    def numbers(self, count: int, *, first: int = 0) -> list[str]:
        """Numbers of one access code."""
        return [f"1069012356{index:04}" for index in range(first, first + count)]

    def order_shutdowns(self, numbers: Sequence[str], carrier: str = "CMCC") -> None:
        """File these numbers and process enough complaints about each for an order."""
        scenes.file(self.database, *(scenes.form(number, carrier=carrier) for number in numbers))
        for number in numbers:
            scenes.consume(self.database, *scenes.five(number, carrier=carrier))

    def open_enquiries(self, numbers: Sequence[str]) -> None:
        """Process enough complaints about each of these unfiled numbers for an enquiry."""
        for number in numbers:
            scenes.consume(self.database, *(scenes.unregistered(f"{number} {n}", number) for n in range(2)))

    def orders(self) -> Sequence[Any]:
        return scenes.orders(self.database)

    def enquiries(self) -> Sequence[Any]:
        return scenes.enquiries(self.database)
