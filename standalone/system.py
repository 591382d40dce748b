"""The whole system on one machine: PostgreSQL, Kafka, the sandbox and every service, each a process."""

from __future__ import annotations

import os
import secrets
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Self

import sqlalchemy as sa
from kafka.errors import KafkaError

from chassis import migrations
from chassis.events.topics import Catalogue
from chassis.privacy import KeyRing
from chassis.roles import owner_of, role_of
from chassis.service import Service
from sandbox import install
from sandbox.settings import ISSUER_PORT
from standalone import addresses
from standalone.addresses import SANDBOX
from standalone.kafka import EmbeddedKafka
from standalone.postgres import EmbeddedPostgres
from standalone.processes import Process, ProcessFailed, answers, check_running, free_port, progress, stop_together

ROOT = Path(__file__).resolve().parent.parent
TOPICS_FILE = ROOT / "contracts" / "topics.yaml"
ROLES = ("api", "worker")
LOAD = "CN-2015,CN-2026,load"
"""The packs of rules for measurements and tests: automatic acts wait for nothing and no client reaches a limit, but
deadlines are not those of the demonstration, so that no order becomes overdue meanwhile."""

Progress = Callable[[str], None]

_INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "XDG_CACHE_HOME")


class System:
    """All of Anning in one directory, which holds its data and its ports."""

    def __init__(
        self,
        directory: Path,
        services: Sequence[Service],
        *,
        rule_packs: str | None = None,
        declared_ports: bool = False,
        progress: Progress = lambda _: None,
    ) -> None:
        """`rule_packs` is the setting of that name (None: its default). `progress` receives a line for each part that
        is ready.

        `declared_ports`: APIs and issuer listen at their declared ports where these are free; otherwise at any.
        """
        self.directory = directory.absolute()
        self.directory.mkdir(parents=True, exist_ok=True)
        self.services = {service.name: service for service in services}
        self.credentials = self.directory / "credentials"
        self.book = self.directory / "book.csv"
        """The knowledge of the sandbox's carriers about unfiled numbers; it can be written later."""
        self.processes: dict[str, Process] = {}
        self._rule_packs = rule_packs
        self._progress = progress
        self._began = time.monotonic()
        self._run_id = secrets.token_hex(8)
        self._numbers = self._assigned_ports(declared_ports)
        self.postgres = EmbeddedPostgres(self.directory / "postgres", self._numbers["postgres"])
        self.kafka = EmbeddedKafka(self.directory / "kafka", self._numbers["kafka"], self._report)

    @property
    def issuer(self) -> str:
        """The address of the sandbox's token issuer, the `iss` of its tokens."""
        return addresses.url(self._numbers[SANDBOX])

    def url(self, service: str) -> str:
        """The address of a service's API."""
        return addresses.url(self._numbers[_part(service, "api")])

    def monitoring_url(self, service: str, role: str) -> str:
        """The address of the health and the metrics of a process of a service."""
        return addresses.url(self._numbers[_monitoring(service, role)])

    def start(self) -> None:
        """Start every part and wait until it is ready. Raises ProcessFailed with the end of the part's log."""
        self._start_infrastructure(correspondents=True)
        for service in self.services:
            for role in ROLES:
                self._launch(self.process(service, role, self._log(_part(service, role))))
        self._wait_ready()

    def start_infrastructure(self) -> None:
        """Start PostgreSQL, Kafka with all databases and topics, and the sandbox as token issuer only: carriers and
        authorities do not act. Raises ProcessFailed."""
        self._start_infrastructure(correspondents=False)
        self._wait_ready()

    def prepare(self, *services: str) -> None:
        """Create databases, key rings and topics of these services, and migrate them. Raises ProcessFailed.

        All in this process: a run of `anning migrate` for each service would import everything each time, which takes a
        second and a half of a core.
        """
        for name in services:
            self.postgres.create_database(role_of(name))
            if self.services[name].personal and not self._keys(name).exists():
                KeyRing.create(self._keys(name))
            try:
                migrations.upgrade(self.services[name], self.owner_url(name))
            except sa.exc.SQLAlchemyError as error:
                raise ProcessFailed(f"{name} could not be migrated: {error}") from error
        self.grant()
        try:
            Catalogue.load(TOPICS_FILE).create(self.kafka.broker(), services)
        except KafkaError as error:
            raise ProcessFailed(f"the topics could not be created: {error}") from error

    def grant(self) -> None:
        """Give all services the rights at the broker that follow from the catalogue as it is now. Raises
        ProcessFailed."""
        try:
            self.kafka.grant(Catalogue.load(TOPICS_FILE), self.services)
        except KafkaError as error:
            raise ProcessFailed(f"users and rights could not be set: {error}") from error

    def stop(self) -> None:
        """Stop every started part, the services first."""
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

    def database_url(self, service: str) -> str:
        """The URL of a service's database for its own role."""
        return self.postgres.url(role_of(service), role_of(service))

    def owner_url(self, service: str) -> str:
        """The URL of a service's database for the role that owns it."""
        return self.postgres.url(role_of(service), owner_of(role_of(service)))

    def process(self, service: str, role: str, log: Path | None) -> Process:
        """A process of a service, not started; `log` as for Process."""
        own = [self._numbers[_part(service, "api")]] if role == "api" else []
        return self._process(_part(service, role), service, role, log, own, self._numbers[_monitoring(service, role)])

    def second_worker(self, service: str) -> Process:
        """One more worker of a service, not started: a member of its own in every consumer group."""
        name = f"{service} second worker"
        second = {"ANNING_INSTANCE": "second"}
        return self._process(name, service, "worker", self._log(name), [], free_port(), second)

    def check(self) -> None:
        """Raise ProcessFailed when a started part has ended by itself; the message names it and shows the end of its
        log."""
        check_running(self.parts)

    @property
    def parts(self) -> list[Process]:
        """The started processes, with PostgreSQL and Kafka."""
        return [self.postgres.process, self.kafka.process, *self.processes.values()]

    def environment(self, service: str, role: str) -> dict[str, str]:
        """The environment of one process of a service."""
        environment = {
            **_inherited(),
            "ANNING_DATABASE_URL": self.database_url(service),
            **self.kafka.broker(role_of(service)).variables,
            "ANNING_TOPICS_FILE": str(TOPICS_FILE),
            "ANNING_ISSUER": self.issuer,
            "ANNING_JWKS_URL": f"{self.issuer}/.well-known/jwks.json",
            "ANNING_RUN_ID": self._run_id,
            "ANNING_PORT": str(self._numbers[_part(service, "api")]),
            "ANNING_MONITORING_PORT": str(self._numbers[_monitoring(service, role)]),
            "ANNING_LOG_FORMAT": "console",
        }
        if self._rule_packs is not None:
            environment["ANNING_RULE_PACKS"] = self._rule_packs
        if self.services[service].personal:
            environment["ANNING_KEYS_FILE"] = str(self._keys(service))
        return environment

    def owner_environment(self, service: str, broker_user: str | None = None) -> dict[str, str]:
        """The environment of the commands that migrate, back up and restore; no process of the service gets it.
        `broker_user`: None for that of the service."""
        broker = self.kafka.broker(broker_user or role_of(service))
        owner = {"ANNING_OWNER_DATABASE_URL": self.owner_url(service)}
        return self.environment(service, "api") | owner | broker.variables

    def _process(
        self,
        name: str,
        service: str,
        role: str,
        log: Path | None,
        ports: list[int],
        monitoring: int,
        settings: dict[str, str] | None = None,
    ) -> Process:
        ready = f"{addresses.url(monitoring)}/readyz"
        return Process(
            name,
            [sys.executable, "-m", "anning", "run", service, "--role", role],
            log=log,
            ports=[*ports, monitoring],
            ready=partial(answers, ready, run_id=self._run_id),
            progress=partial(progress, ready, run_id=self._run_id),
            env=self.environment(service, role) | {"ANNING_MONITORING_PORT": str(monitoring)} | (settings or {}),
            cwd=ROOT,
        )

    def _start_infrastructure(self, *, correspondents: bool) -> None:
        """The sandbox is started last and may not be ready yet. `correspondents`: carriers and authorities act."""
        self._began = time.monotonic()
        addresses.take(self.directory, self._numbers)
        with ThreadPoolExecutor() as pool:
            for name, started in [
                ("PostgreSQL", pool.submit(self.postgres.start)),
                ("Kafka", pool.submit(self.kafka.start)),
            ]:
                started.result()
                self._report(f"{name} is ready")
        install.into(self.credentials)
        self.prepare(*self.services)
        self._report("databases and topics are created")
        sandbox = Process(
            SANDBOX,
            [sys.executable, "-m", "sandbox"],
            log=self._log(SANDBOX),
            ports=[self._numbers[SANDBOX]],
            ready=partial(answers, f"{self.issuer}/readyz", run_id=self._run_id),
            env=self._sandbox_environment(correspondents=correspondents),
            cwd=ROOT,
        )
        self._launch(sandbox)

    def _wait_ready(self) -> None:
        for name, process in self.processes.items():
            process.wait_ready(others=self.parts)
            self._report(f"{name} is ready")

    def _keys(self, service: str) -> Path:
        return self.directory / f"{service}.keys.json"

    def _sandbox_environment(self, *, correspondents: bool) -> dict[str, str]:
        apis = {f"ANNING_SANDBOX_{service.upper()}_URL": self.url(service) for service in self.services}
        return {
            **_inherited(),
            "ANNING_SANDBOX_DIRECTORY": str(self.credentials),
            "ANNING_SANDBOX_ISSUER": self.issuer,
            "ANNING_SANDBOX_RUN_ID": self._run_id,
            "ANNING_SANDBOX_BOOK_FILE": str(self.book),
            **({} if self._rule_packs is None else {"ANNING_SANDBOX_RULE_PACKS": self._rule_packs}),
            **(apis if correspondents else {}),
        }

    def _launch(self, process: Process) -> None:
        self.processes[process.name] = process
        process.launch()

    def _log(self, name: str) -> Path:
        return self.directory / "logs" / f"{name}.log"

    def _assigned_ports(self, declared: bool) -> dict[str, int]:
        parts = [
            part
            for service in self.services
            for part in (_part(service, "api"), *(_monitoring(service, role) for role in ROLES))
        ]
        apis = {_part(name, "api"): service.http_port for name, service in self.services.items()}
        wanted = {**apis, SANDBOX: ISSUER_PORT} if declared else {}
        return addresses.assigned(self.directory, ["postgres", "kafka", SANDBOX, *parts], wanted, self._progress)

    def _report(self, what: str) -> None:
        self._progress(f"{what} ({time.monotonic() - self._began:.1f} s)")


def _part(service: str, role: str) -> str:
    return f"{service} {role}"


def _monitoring(service: str, role: str) -> str:
    """The name under which the monitoring port of a process is stored."""
    return f"{service} {role} monitoring"


def _inherited() -> dict[str, str]:
    """The variables that a process needs to find its interpreter, its caches and a collector of traces; no others are
    inherited."""
    return {name: value for name, value in os.environ.items() if name in _INHERITED or name.startswith("OTEL_")}
