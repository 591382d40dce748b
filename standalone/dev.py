"""One service in development: its API and worker restart when a source changes; the infrastructure keeps running."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from watchfiles import watch

from chassis.service import Service
from sandbox import install
from standalone import running
from standalone.kept import INFRASTRUCTURE, system_over, until_interrupted
from standalone.processes import Process, ProcessFailed, stop_together, tail
from standalone.running import AlreadyRunning
from standalone.system import ROLES, ROOT, System

_LOOKS_EVERY_MS = 300
"""The delay until the end of a process is noticed."""
_SETTLES_WITHIN_MS = 400
"""Changes within this time cause one restart: an editor saves repeatedly, a checkout changes many files."""
_START_SECONDS = 180
"""The maximum start time of the infrastructure, with all migrations."""
_MIGRATED_SECONDS = 120
_READY_SECONDS = 60
"""How long a restart waits until a process is ready; changes are not noticed meanwhile. On a machine with much other
work the import of all modules takes a third of it."""


def dev(service: Service, services: Sequence[Service], directory: Path, console: Console) -> None:
    """Run the API and the worker of a service until Ctrl-C; restart them at each change of a source.

    Starts the infrastructure in the background unless it runs; it keeps running. Raises AlreadyRunning, ProcessFailed.
    """
    with until_interrupted():
        _ensure_infrastructure(directory, console)
        system = system_over(directory, services, console)
        # The infrastructure may be older than the service, whose scopes its clients then lack.
        install.into(system.credentials)
        reloading = Reloading(service.name, system, console)
        try:
            reloading.run()
        finally:
            console.print("\nStopping. PostgreSQL, Kafka and the token issuer keep running: `make down` stops them.")
            reloading.stop()


class Reloading:
    """The processes of one service, restarted when their sources change."""

    def __init__(self, name: str, system: System, console: Console) -> None:
        self._name = name
        self._system = system
        self._console = console
        self._processes: list[Process] = []
        """Its API and worker, once its database is prepared."""
        self._started: list[Process] = []
        """The started processes whose end is not reported yet."""

    def run(self) -> None:
        """Start, and restart at each change, until interrupted. A failed service is started at the next change."""
        folders = [ROOT / each for each in ("chassis", "contracts", "anning", f"services/{self._name}")]
        # The first round has no changes: the folders are watched before the start, so that no change is missed.
        changed: set[str] | None = None
        for changes in watch(
            *folders, rust_timeout=_LOOKS_EVERY_MS, debounce=_SETTLES_WITHIN_MS, yield_on_timeout=True
        ):
            if changed is None or changes:
                changed = {str(Path(path).relative_to(ROOT)) for _, path in changes}
                self._restart(changed)
            else:
                self._report_ended()

    def stop(self) -> None:
        """Stop both processes."""
        self._started.clear()
        stop_together(self._processes)

    def _restart(self, changed: set[str]) -> None:
        if changed:
            self._console.print(f"[bold]Changed:[/] {', '.join(sorted(changed))}")
        self.stop()
        try:
            if not self._processes:
                self._system.prepare(self._name)
                self._processes = [self._system.process(self._name, role, log=None) for role in ROLES]
            elif any("migrations" in path or path.endswith("topics.yaml") for path in changed):
                self._migrate()
            for process in self._processes:
                process.launch()
                self._started.append(process)
            for process in self._processes:
                process.wait_ready(_READY_SECONDS)
        except ProcessFailed as error:
            if not self._report_ended():
                self._console.print(str(error), style="red", markup=False)
            return
        self._console.print(f"[bold]{self._name} runs[/] at {self._system.url(self._name)}/docs. Ctrl-C stops it.")

    def _migrate(self) -> None:
        """Migrate in a new process: this one may have imported an older state of the sources. Raises ProcessFailed."""
        self._system.grant()
        command = [sys.executable, "-m", "anning", "migrate", self._name]
        environment = self._system.owner_environment(self._name)
        migration = Process(f"{self._name} migrate", command, log=None, env=environment, cwd=ROOT)
        migration.launch()
        if migration.wait(_MIGRATED_SECONDS) != 0:
            raise ProcessFailed(f"{self._name} could not be migrated")

    def _report_ended(self) -> bool:
        """Report each process that has ended by itself, once. Returns whether there was one."""
        ended = [process for process in self._started if not process.running]
        for process in ended:
            self._started.remove(process)
            message = f"{process.name} ended with {process.returncode}; it starts again at the next change."
            self._console.print(message, style="red")
        return bool(ended)


def _ensure_infrastructure(directory: Path, console: Console) -> None:
    """Start the infrastructure in a background process, unless it runs; wait until it is ready."""
    found = running.runner(directory)
    if found is not None and found.command != INFRASTRUCTURE:
        raise AlreadyRunning(f"`anning {found.command}` (process {found.pid}) runs in {directory}: stop it first")
    console.print(f"Infrastructure: {'runs already' if found else 'starting PostgreSQL, Kafka and the token issuer'}")
    began = time.monotonic()
    log = directory.absolute() / "logs" / f"{INFRASTRUCTURE}.log"
    started = None if found else _start_infrastructure(directory, log)
    while found is None or not found.ready:
        # Another process may have started it first; then ours ends, and that one becomes ready.
        if found is None and (started is None or started.poll() is not None):
            raise ProcessFailed(f"the infrastructure ended:\n{tail(log)}")
        if time.monotonic() - began > _START_SECONDS:
            raise ProcessFailed(f"the infrastructure was not ready after {_START_SECONDS} s:\n{tail(log)}")
        time.sleep(0.1)
        found = running.runner(directory)


def _start_infrastructure(directory: Path, log: Path) -> subprocess.Popen[bytes]:
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "anning", INFRASTRUCTURE, "--directory", str(directory.absolute())]
    # A session of its own: Ctrl-C in the terminal of one service does not stop the infrastructure of others.
    with log.open("ab") as output:
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, cwd=ROOT, start_new_session=True
        )
