"""The whole system on one machine: PostgreSQL, Kafka, the sandbox and every service, each a process of its own."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Self

from chassis.privacy import KeyRing
from sandbox import install
from standalone.kafka import EmbeddedKafka
from standalone.postgres import EmbeddedPostgres
from standalone.processes import Process, ProcessFailed, accepts, answers, free_port, stop_together

ROOT = Path(__file__).resolve().parent.parent
ROLES = ("api", "worker")

Progress = Callable[[str], None]

_INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "XDG_CACHE_HOME")


class System:
    """Everything of Anning over one directory, which keeps its data and its ports."""

    def __init__(
        self,
        directory: Path,
        services: Sequence[str],
        *,
        rule_packs: str,
        wanted_ports: Mapping[str, int] | None = None,
        progress: Progress = lambda _: None,
    ) -> None:
        """`services` by their names; `rule_packs` as the setting of that name. `progress` is told what is ready.

        `wanted_ports`: where `sandbox`, `complaints api`, … listen if nobody else does; others get any free port.
        """
        self.directory = directory.absolute()
        self.directory.mkdir(parents=True, exist_ok=True)
        self.services = tuple(services)
        self.credentials = self.directory / "credentials"
        self.book = self.directory / "book.csv"
        """What the sandbox's carriers know of numbers that nobody filed; may be put there later."""
        self.processes: dict[str, Process] = {}
        self._rule_packs = rule_packs
        self._progress = progress
        self._began = time.monotonic()
        self._numbers = self._port_numbers(wanted_ports or {})
        self.postgres = EmbeddedPostgres(self.directory / "postgres", self._numbers["postgres"])
        self.kafka = EmbeddedKafka(self.directory / "kafka", self._numbers["kafka"], self._tell)

    @property
    def issuer(self) -> str:
        """The address of the sandbox's token issuer, which is the `iss` of its tokens."""
        return f"http://127.0.0.1:{self._numbers['sandbox']}"

    def url(self, service: str, role: str = "api") -> str:
        """Where a service answers: its API, or the health and metrics of its worker."""
        return f"http://127.0.0.1:{self._numbers[f'{service} {role}']}"

    def start(self) -> None:
        """Start every part and wait until it is ready. Raises ProcessFailed with the end of the part's log."""
        self._began = time.monotonic()
        with ThreadPoolExecutor() as pool:
            for name, started in [
                ("PostgreSQL", pool.submit(self.postgres.start)),
                ("Kafka", pool.submit(self.kafka.start)),
            ]:
                started.result()
                self._tell(f"{name} is ready")
        install.into(self.credentials)
        if not self._keys.exists():
            KeyRing.create(self._keys)
        for service in self.services:
            self.postgres.create_database(f"anning_{service}")
        with ThreadPoolExecutor() as pool:
            list(pool.map(self._migrate, self.services))
        self._tell("databases and topics are made")
        self._launch("sandbox", [sys.executable, "-m", "sandbox"], self._sandbox_environment(), self.issuer)
        for service in self.services:
            for role in ROLES:
                command = [sys.executable, "-m", "anning", "run", service, "--role", role]
                self._launch(f"{service} {role}", command, self.environment(service, role), self.url(service, role))
        for name, process in self.processes.items():
            process.wait_ready()
            self._tell(f"{name} is ready")

    def stop(self) -> None:
        """Stop every part, the services first; what never started is left alone."""
        stop_together(list(reversed(self.processes.values())))
        self.processes.clear()
        with ThreadPoolExecutor() as pool:
            for stopped in [pool.submit(self.kafka.stop), pool.submit(self.postgres.stop)]:
                stopped.result()

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def environment(self, service: str, role: str) -> dict[str, str]:
        """The environment of one process of a service."""
        environment = {
            **_inherited(),
            "ANNING_DATABASE_URL": self.postgres.url(f"anning_{service}", f"anning_{service}"),
            "ANNING_KAFKA": self.kafka.bootstrap,
            "ANNING_TOPICS_FILE": str(ROOT / "contracts" / "topics.yaml"),
            "ANNING_ISSUER": self.issuer,
            "ANNING_JWKS_URL": f"{self.issuer}/.well-known/jwks.json",
            "ANNING_RULE_PACKS": self._rule_packs,
            "ANNING_PORT": str(self._numbers[f"{service} {role}"]),
            "ANNING_LOG_FORMAT": "console",
        }
        if service == "complaints":
            environment["ANNING_KEYS_FILE"] = str(self._keys)
        return environment

    @property
    def _keys(self) -> Path:
        return self.directory / "complaints.keys.json"

    def _sandbox_environment(self) -> dict[str, str]:
        return {
            **_inherited(),
            "ANNING_SANDBOX_DIRECTORY": str(self.credentials),
            "ANNING_SANDBOX_ISSUER": self.issuer,
            "ANNING_SANDBOX_PORTS_URL": self.url("ports"),
            "ANNING_SANDBOX_REFERRALS_URL": self.url("referrals"),
            "ANNING_SANDBOX_BOOK_FILE": str(self.book),
        }

    def _migrate(self, service: str) -> None:
        log = self.directory / "logs" / f"{service} migrate.log"
        command = [sys.executable, "-m", "anning", "migrate", service]
        migration = Process(f"{service} migrate", command, log=log, env=self.environment(service, "api"), cwd=ROOT)
        migration.launch()
        if migration.wait(120) != 0:
            raise ProcessFailed(f"{service} could not be migrated:\n{migration.tail()}")

    def _launch(self, name: str, command: Sequence[str], environment: dict[str, str], url: str) -> None:
        ready = partial(answers, f"{url}/readyz")
        log = self.directory / "logs" / f"{name}.log"
        self.processes[name] = Process(name, command, log=log, ready=ready, env=environment, cwd=ROOT)
        self.processes[name].launch()

    def _port_numbers(self, wanted: Mapping[str, int]) -> dict[str, int]:
        """Kept with the data: Kafka's clients and whoever noted an address find everything where it was."""
        file = self.directory / "ports.json"
        numbers: dict[str, int] = json.loads(file.read_text()) if file.exists() else {}
        roles = [f"{service} {role}" for service in self.services for role in ROLES]
        for name in ("postgres", "kafka", "sandbox", *roles):
            if name not in numbers and name in wanted and not accepts(wanted[name]):
                numbers[name] = wanted[name]
            while name not in numbers:
                number = free_port()
                if number not in numbers.values():
                    numbers[name] = number
        file.write_text(json.dumps(numbers, indent=2))
        return numbers

    def _tell(self, what: str) -> None:
        self._progress(f"{what} ({time.monotonic() - self._began:.1f} s)")


def _inherited() -> dict[str, str]:
    """What of our environment a process needs to find its interpreter and its caches; nothing else leaks in."""
    return {name: os.environ[name] for name in _INHERITED if name in os.environ}
