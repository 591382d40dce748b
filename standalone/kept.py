"""The system that runs until Ctrl-C or SIGTERM, on stored data, with or without the services."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from chassis.service import Service
from standalone import demo, running
from standalone.demo import DemoFailed, dim
from standalone.processes import ProcessFailed
from standalone.running import AlreadyRunning
from standalone.system import System

INFRASTRUCTURE = "infrastructure"
"""The command that runs everything except the services."""
FAILURES = (AlreadyRunning, DemoFailed, ProcessFailed)
"""The errors that prevent the start of a system or end it."""


def up(
    services: Sequence[Service],
    directory: Path,
    console: Console,
    *,
    load_demo: bool = False,
    hints: Sequence[str] = (),
) -> None:
    """Run everything on stored data until Ctrl-C. Prints the addresses and the `hints` when it is ready.

    `load_demo`: load the demonstration's data into an empty system. Raises FAILURES.
    """
    packs = demo.RULE_PACKS if load_demo else None
    with (
        running.sole_runner(directory, "up"),
        until_interrupted(),
        system_over(directory, services, console, rule_packs=packs) as system,
    ):
        if load_demo and not demo.load(system, console):
            console.print("The demonstration's data is not loaded: the system has data already.")
        console.print("\n[bold]Anning is up.[/] APIs:")
        for service in system.services:
            console.print(f"  {service:<12} {system.url(service)}/docs")
        console.print(f"  {'tokens':<12} {system.issuer}/token  (clients: {system.credentials / 'clients.json'})")
        for each in hints:
            console.print(each)
        console.print(f"Data is kept in {system.directory}. Ctrl-C stops everything.")
        _watch(system, console)


def infrastructure(services: Sequence[Service], directory: Path, console: Console) -> None:
    """Run PostgreSQL, Kafka and the token issuer, with all databases and topics, until Ctrl-C.

    Raises FAILURES.
    """
    with running.sole_runner(directory, INFRASTRUCTURE) as report_ready, until_interrupted():
        system = system_over(directory, services, console)
        try:
            system.start_infrastructure()
            report_ready()
            console.print("The infrastructure is up. Ctrl-C stops it.")
            _watch(system, console)
        finally:
            system.stop()


def system_over(
    directory: Path, services: Sequence[Service], console: Console, *, rule_packs: str | None = None
) -> System:
    """The system in a directory with its data, at the declared ports."""
    return System(directory, services, rule_packs=rule_packs, declared_ports=True, progress=dim(console))


@contextmanager
def until_interrupted() -> Iterator[None]:
    """End the block at Ctrl-C or SIGTERM."""
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    except KeyboardInterrupt:
        return
    finally:
        signal.signal(signal.SIGTERM, before)


def _interrupt(*_: object) -> None:
    # A second signal does not interrupt the shutdown.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise KeyboardInterrupt


def _watch(system: System, console: Console) -> None:
    """Wait for Ctrl-C. Raises ProcessFailed when a part of the system ends by itself."""
    try:
        while True:
            system.check()
            time.sleep(0.5)
    except KeyboardInterrupt:
        console.print("\nStopping.")
        raise
