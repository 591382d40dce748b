"""The demonstration: it uploads a register and complaints, shows the flow live until the loop is closed, and prints the
story of one enterprise."""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
from rich.console import Console
from rich.live import Live
from rich.table import Table

from chassis import clock
from chassis.service import Service
from sandbox import scenario
from standalone import loop, story
from standalone.client import CallFailed, Client
from standalone.figures import Figures, summary
from standalone.loop import Services, Staff
from standalone.organisations import Parts, split_complaints, split_register
from standalone.processes import ProcessFailed
from standalone.registers import initial_loads
from standalone.story import Hop, no_order_awaited
from standalone.system import Progress, System

OFFICER, REVIEWER, DIRECTOR = "MIIT-officer", "MIIT-reviewer", "MIIT-director"
RULE_PACKS = "CN-2015,CN-2026,demo"
_PATIENCE = timedelta(minutes=30)
_END_SECONDS = 0.5
"""How long after its last response the end of a process is noticed."""


class DemoFailed(Exception):
    """The flow did not finish, or its figures do not agree."""


FAILURES = (DemoFailed, ProcessFailed)
"""The errors that end a demonstration early."""


@dataclass
class Run:
    """One run: the acting persons, the imports, and its start."""

    staff: Staff
    console: Console
    system: System
    imports: list[dict[str, Any]] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)

    @property
    def figures(self) -> Figures:
        """The current figures."""
        return Figures.fetch(self.staff.officer, self.imports)

    def organisation(self, service: str, org: str) -> Client:
        """The calls of an organisation's system to a service."""
        return Client.of_system(self.system.url(service), self.system.issuer, self.system.credentials, org)

    def upload(self, service: str, path: str, parts: Parts, media_type: str) -> list[dict[str, Any]]:
        """Upload the files of organisations, each for its own, and what belongs to none by a person of the staff; wait
        for their imports."""
        imports = []
        for org, part in parts.items():
            with ExitStack() as stack:
                officer = self.staff.officer[service]
                client = officer if org is None else stack.enter_context(self.organisation(service, org))
                imports.append(client.upload(path, part, media_type, self.system.check))
        return imports

    @property
    def seconds(self) -> float:
        """The duration of the run."""
        return time.monotonic() - self.began

    def until(self, holds: Callable[[Figures], bool]) -> None:
        """Show the figures until a condition holds. Raises DemoFailed after half an hour, ProcessFailed."""
        deadline = time.monotonic() + _PATIENCE.total_seconds()
        with Live(console=self.console, refresh_per_second=4, transient=True) as live:
            while not holds(figures := self.figures):
                self.system.check()
                if time.monotonic() > deadline:
                    raise DemoFailed(f"not settled after {_PATIENCE}")
                live.update(_table(summary(figures, self.seconds)))
                time.sleep(0.25)


def run(services: Sequence[Service], given: Path | None, written: Path | None, console: Console) -> None:
    """Start everything, run the flow to its end, print its results, and leave nothing running.

    `given` is a folder with a register and complaints (None: a small scenario of made-up enterprises); `written`
    receives the figures as JSON. Raises DemoFailed, ProcessFailed.
    """
    with tempfile.TemporaryDirectory(prefix="anning-demo-") as folder:
        directory = Path(folder)
        system = System(directory / "system", services, rule_packs=RULE_PACKS, progress=dim(console))
        console.rule("[bold]Anning: start")
        with system:
            source = given or _scenario(directory / "scenario", system)
            document = _play(system, source, console)
            if written is not None:
                written.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
                console.print(f"Figures written to {written}")
    console.print("Nothing is left running. `make up DEMO=1` runs the system until Ctrl-C, and prints its addresses.")
    broken = [each["equation"] for each in document["reconciled"] if not each["holds"]]
    if broken:
        raise DemoFailed(f"inconsistent figures: {'; '.join(broken)}")


def load(system: System, console: Console) -> bool:
    """Run the small scenario in a running system without data. Returns False, and does nothing, where there is data.

    The system must have the rules of the demonstration (RULE_PACKS). Raises DemoFailed.
    """
    with ExitStack() as stack:
        officer = _person(stack, system, OFFICER)
        filed = officer["complaints"].get("/statistics")["filed"]
        if filed or any(officer["ports"].get("/statistics")["ports"].values()):
            return False
    with tempfile.TemporaryDirectory(prefix="anning-demo-") as folder:
        _play(system, _scenario(Path(folder), system), console)
    return True


def _scenario(directory: Path, system: System) -> Path:
    """Write the small scenario, with the knowledge of the sandbox's carriers."""
    scenario.write(scenario.generate(clock.now()), directory)
    shutil.copy(directory / "book.csv", system.book)
    return directory


def _play(system: System, source: Path, console: Console) -> dict[str, Any]:
    """Upload the files of the folder `source`, follow the flow to its end and print the story; returns the figures.

    Raises DemoFailed, ProcessFailed.
    """
    with _explained(system), ExitStack() as stack:
        staff = Staff(*(_person(stack, system, name) for name in (OFFICER, REVIEWER, DIRECTOR)))
        made = Run(staff, console, system)
        _upload(made, source)
        refused = _close_the_loop(made)
        document = summary(made.figures, made.seconds)
        _print_figures(document, console)
        _print_story(staff.officer, refused, console)
    return document


@contextmanager
def _explained(system: System) -> Iterator[None]:
    """A request that fails because a process has ended becomes the failure of that process."""
    try:
        yield
    except (httpx2.HTTPError, CallFailed) as error:
        time.sleep(_END_SECONDS)
        system.check()
        raise DemoFailed(f"a request failed: {error}") from error


def _person(stack: ExitStack, system: System, person: str) -> Services:
    """One person of the regulator, with a client for every service."""
    return {
        name: stack.enter_context(Client.of_person(system.url(name), system.issuer, system.credentials, person))
        for name in system.services
    }


# ------------------------------------------------------------------------------------------------------------- the flow


def _upload(made: Run, source: Path) -> None:
    console, officer = made.console, made.staff.officer
    console.rule("[bold]Upload of a register and complaints")
    with initial_loads(officer["ports"], made.staff.reviewer["ports"]):
        registers = _upload_register(made, source / "ports.csv")
    lines, accepted, rejected = (
        sum(each[count] for each in registers) for count in ("lines_read", "accepted", "rejected")
    )
    console.print(
        f"register: {lines:,} lines, {accepted:,} accepted, {rejected:,} rejected; each carrier files its own, and a "
        "second person closes its initial load"
    )
    _wait_for_ports(officer, made.system.check)
    made.began = time.monotonic()
    _upload_complaints(made, _complaints_in(source))
    counts = made.figures
    console.print(
        f"complaints: {counts.imported('lines_read'):,} lines of {len(made.imports)} channels, "
        f"{counts.imported('accepted'):,} filed, {counts.imported('duplicates'):,} duplicates, "
        f"{counts.imported('rejected'):,} rejected"
    )
    made.until(lambda figures: figures.settled and no_order_awaited(officer["ports"]))
    orders, enquiries = made.figures.ports["orders"], made.figures.ports["enquiries"]
    console.print(
        f"carriers: {orders['executed']:,} ports shut, {enquiries['states']['answered']:,} enquiries answered"
    )


def _upload_register(made: Run, file: Path) -> list[dict[str, Any]]:
    """Upload a register, the ports of each carrier for that carrier; returns the imports."""
    with tempfile.TemporaryDirectory(prefix="anning-carriers-") as folder:
        return made.upload("ports", "/filing-imports", split_register(file, Path(folder)), "text/csv")


def _upload_complaints(made: Run, file: Path) -> None:
    """Upload complaints, those of each channel for that channel."""
    with tempfile.TemporaryDirectory(prefix="anning-channels-") as folder:
        parts = split_complaints(file, Path(folder))
        made.imports += made.upload("complaints", "/complaint-imports", parts, "application/x-ndjson")


def _complaints_in(source: Path) -> Path:
    for name in ("complaints.ndjson.gz", "complaints.ndjson"):
        if (source / name).exists():
            return source / name
    raise DemoFailed(f"{source} has neither complaints.ndjson.gz nor complaints.ndjson")


def _wait_for_ports(services: Services, check: Callable[[], None]) -> None:
    """Wait until complaints has received every port: a complaint filed earlier would be unregistered there."""
    declared = sum(services["ports"].get("/statistics")["ports"].values())
    deadline = time.monotonic() + _PATIENCE.total_seconds()
    while services["complaints"].get("/statistics")["ports_known"] < declared:
        check()
        if time.monotonic() > deadline:
            raise DemoFailed("complaints did not receive all ports")
        time.sleep(0.1)


def _close_the_loop(made: Run) -> dict[str, Any] | None:
    """Refer clues to the authorities, carry their conclusions into the credit lists, and the listings to every carrier;
    returns the filing that was refused, or None where no fine led to such a listing."""
    console, staff = made.console, made.staff
    console.rule("[bold]Referral of clues to the authorities")
    sealing = loop.seal_clues(staff)
    made.until(lambda _: loop.sealed(staff, sealing))
    made.until(lambda figures: figures.handed_over)
    figures = made.figures.referrals
    console.print(
        f"clues: {figures['clues']['referred']:,} referred in {figures['batches']['sealed']:,} batches, "
        f"{figures['clues']['concluded']:,} concluded, {figures['clues']['returned']:,} returned, "
        f"{figures['clues']['overdue']:,} overdue"
    )
    console.rule("[bold]Listed, and limited everywhere")
    shut = {order["provider"] for order in story.executed_orders(staff.officer["ports"])}
    entries = loop.proposed_for_fines(staff, shut)
    made.until(lambda _: loop.may_be_decided(entries))
    loop.list_enterprises(staff, entries)
    made.until(lambda figures: loop.enforced(staff, figures.credit["states"]["effective"]))
    console.print(f"listed: {len(entries)} enterprises for their fines, each confirmed by a second person")
    port = story.port_of_a_listed(staff.officer)
    loop.shut_ports_of_the_listed(staff)
    made.until(
        lambda figures: (
            loop.enforced(staff, figures.credit["states"]["effective"]) and no_order_awaited(staff.officer["ports"])
        )
    )
    if port is None:
        return None
    filing = loop.filing_elsewhere(port)
    with made.organisation("ports", f"carrier:{filing['carrier']}") as carrier:
        decided: dict[str, Any] = carrier.post("/filings", filing)
    return decided if decided["decision"] == "refused" else None


# ------------------------------------------------------------------------------------------------------------- output


def _table(document: dict[str, Any]) -> Table:
    complaints = {"filed": document["filed"], "assessed": document["assessed"], "not spam": document["not_spam"]}
    measures = {"listings": "listings", "refused filings": "refused_filings", "ports shut": "shut_by_listing"}
    table = Table(box=None, show_header=False)
    for title, counts in (
        ("complaints", complaints),
        ("attribution", document["attribution"]),
        ("clues", {**document["clues"], "complaints in them": document["in_clues"]}),
        ("orders", document["orders"]),
        ("enquiries", document["enquiries"]),
        ("everywhere", {title: document[name] for title, name in measures.items()}),
    ):
        table.add_row(f"[bold]{title}", "  ".join(f"{name} {count:,}" for name, count in counts.items()))
    return table


def _print_figures(document: dict[str, Any], console: Console) -> None:
    console.rule("[bold]Results")
    console.print(_table(document))
    console.print(f"in {document['seconds']} s; reconciled:")
    for each in document["reconciled"]:
        mark = "[green]holds[/]" if each["holds"] else "[red]DOES NOT HOLD[/]"
        console.print(f"  {each['equation']}: {each['left']:,} = {each['right']:,}  {mark}")


def _print_story(services: Services, refused: dict[str, Any] | None, console: Console) -> None:
    if refused is None:
        console.print("No filing was refused for a listing, so no story is printed.")
        return
    console.rule(f"[bold]The story of {refused['provider_name']}")
    steps = story.hops(services, refused)
    for before, step in zip([None, *steps], steps, strict=False):
        console.print(f"  {_since(before, step):>10}  {step.what}")
        console.print(f"  {'':>10}  because: {step.because}")
        console.print(f"  {'':>10}  [dim]{step.where}[/]")


def _since(before: Hop | None, step: Hop) -> str:
    return f"{step.at:%H:%M:%S}" if before is None else f"+{_seconds(before.at, step.at):.3f} s"


def _seconds(earlier: datetime, later: datetime) -> float:
    return (later - earlier).total_seconds()


def dim(console: Console) -> Progress:
    """Print lines of progress in a dim style."""
    return lambda line: console.print(f"[dim]{line}[/]")
