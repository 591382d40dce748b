"""The demonstration: a register and complaints go in, the flow is followed live, and the story of one port is told."""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.table import Table

from chassis import clock
from sandbox import scenario
from standalone.client import Client
from standalone.figures import Figures, summary
from standalone.story import Hop, executed_order, hops, no_order_in_time
from standalone.system import System

STAFF = "regulator:MIIT"
RULE_PACKS = "CN-2015,CN-2026,demo"
WANTED_PORTS = {"complaints api": 8001, "ports api": 8002, "sandbox": 8009}
"""Those of docker-compose.yml."""
_PATIENCE = timedelta(minutes=30)


class DemoFailed(Exception):
    """The flow did not come to its end, or its figures do not agree."""


def run(services: Sequence[str], given: Path | None, written: Path | None, console: Console) -> None:
    """Start everything, let the flow run to its end, tell what happened, and leave nothing running.

    `given` is a folder with a register and complaints (None: a small scenario of made-up enterprises); `written`
    takes the figures as JSON. Raises DemoFailed, ProcessFailed.
    """
    with tempfile.TemporaryDirectory(prefix="anning-demo-") as folder, ExitStack() as stack:
        directory = Path(folder)
        system = System(directory / "system", services, rule_packs=RULE_PACKS, progress=_dim(console))
        console.rule("[bold]Anning: everything starts")
        stack.enter_context(system)
        complaints, ports = (
            stack.enter_context(Client(system.url(service), system.issuer, system.credentials, STAFF))
            for service in ("complaints", "ports")
        )
        source = given or directory / "scenario"
        if given is None:
            scenario.write(scenario.generate(clock.now()), source)
            shutil.copy(source / "book.csv", system.book)
        figures, seconds = _flow(source, complaints, ports, console)
        document = summary(figures, seconds)
        _tell_figures(document, console)
        _tell_story(complaints, ports, console)
        console.print("\nEach service describes its API at:")
        for service in services:
            console.print(f"  {system.url(service)}/docs")
        if written is not None:
            written.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
            console.print(f"Figures written to {written}")
    console.print("Nothing is left running.")
    broken = [each["equation"] for each in document["reconciled"] if not each["holds"]]
    if broken:
        raise DemoFailed(f"figures that do not agree: {'; '.join(broken)}")


def up(services: Sequence[str], directory: Path, console: Console) -> None:
    """Start everything on data that is kept, and wait for Ctrl-C."""
    with System(
        directory, services, rule_packs="CN-2015,CN-2026", wanted_ports=WANTED_PORTS, progress=_dim(console)
    ) as system:
        console.print("\n[bold]Anning is up.[/] APIs:")
        for service in services:
            console.print(f"  {service:<12} {system.url(service)}/docs")
        console.print(f"  {'tokens':<12} {system.issuer}/token  (clients: {system.credentials / 'clients.json'})")
        console.print(f"Data is kept in {system.directory}. Ctrl-C stops everything.")
        try:
            while all(process.running for process in system.processes.values()):
                time.sleep(0.5)
        except KeyboardInterrupt:
            console.print("\nStopping.")
            return
    fallen = [name for name, process in system.processes.items() if not process.running]
    raise DemoFailed(f"ended by itself: {', '.join(fallen)}; its log is in {system.directory / 'logs'}")


def _flow(source: Path, complaints: Client, ports: Client, console: Console) -> tuple[Figures, float]:
    console.rule("[bold]A register and complaints go in")
    register = ports.upload("/filing-imports", source / "ports.csv", "text/csv")
    console.print(
        f"register: {register['lines_read']:,} lines, {register['accepted']:,} accepted, "
        f"{register['rejected']:,} rejected"
    )
    _until_known(complaints, ports)
    began = time.monotonic()
    imported = complaints.upload("/complaint-imports", _complaints_in(source), "application/x-ndjson")
    console.print(
        f"complaints: {imported['lines_read']:,} lines, {imported['accepted']:,} filed, "
        f"{imported['duplicates']:,} duplicates, {imported['rejected']:,} rejected"
    )
    figures = Figures.asked(complaints, ports, [imported])
    deadline = began + _PATIENCE.total_seconds()
    with Live(console=console, refresh_per_second=4, transient=True) as live:
        while not (figures.worked_off and no_order_in_time(ports)):
            if time.monotonic() > deadline:
                raise DemoFailed(f"not settled after {_PATIENCE}")
            time.sleep(0.25)
            figures = Figures.asked(complaints, ports, [imported])
            live.update(_table(summary(figures, time.monotonic() - began)))
    return figures, time.monotonic() - began


def _complaints_in(source: Path) -> Path:
    for name in ("complaints.ndjson.gz", "complaints.ndjson"):
        if (source / name).exists():
            return source / name
    raise DemoFailed(f"{source} has neither complaints.ndjson.gz nor complaints.ndjson")


def _until_known(complaints: Client, ports: Client) -> None:
    """Wait until complaints has heard of every port: a complaint filed before counts as unregistered there."""
    declared = sum(ports.get("/statistics")["ports"].values())
    deadline = time.monotonic() + _PATIENCE.total_seconds()
    while complaints.get("/statistics")["ports_known"] < declared:
        if time.monotonic() > deadline:
            raise DemoFailed("complaints did not hear of all ports")
        time.sleep(0.1)


def _table(document: dict[str, Any]) -> Table:
    complaints = {"filed": document["filed"], "assessed": document["assessed"], "not spam": document["not_spam"]}
    table = Table(box=None, show_header=False)
    for title, counts in (
        ("complaints", complaints),
        ("attribution", document["attribution"]),
        ("orders", document["orders"]),
        ("enquiries", document["enquiries"]),
    ):
        table.add_row(f"[bold]{title}", "  ".join(f"{name} {count:,}" for name, count in counts.items()))
    return table


def _tell_figures(document: dict[str, Any], console: Console) -> None:
    console.rule("[bold]What came of it")
    console.print(_table(document))
    console.print(f"in {document['seconds']} s; reconciled:")
    for each in document["reconciled"]:
        mark = "[green]holds[/]" if each["holds"] else "[red]DOES NOT HOLD[/]"
        console.print(f"  {each['equation']}: {each['left']:,} = {each['right']:,}  {mark}")


def _tell_story(complaints: Client, ports: Client, console: Console) -> None:
    order = executed_order(ports)
    if order is None:
        console.print("No order was executed, so there is no story to tell.")
        return
    console.rule(f"[bold]The story of {order['carrier']} {order['number']}")
    steps = hops(complaints, ports, order)
    for reason in order["reasons"]:
        console.print(f"  because: {reason}")
    for before, step in zip([None, *steps], steps, strict=False):
        console.print(f"  {_since(before, step):>10}  {step.what}")
        console.print(f"  {'':>10}  [dim]{step.where}[/]")


def _since(before: Hop | None, step: Hop) -> str:
    return f"{step.at:%H:%M:%S}" if before is None else f"+{_seconds(before.at, step.at):.3f} s"


def _seconds(earlier: datetime, later: datetime) -> float:
    return (later - earlier).total_seconds()


def _dim(console: Console) -> Any:
    return lambda line: console.print(f"[dim]{line}[/]")
