"""The system that is measured, with cheap queries of its progress."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Self
from uuid import UUID

import httpx2
import psycopg
from kafka import TopicPartition
from kafka.admin import KafkaAdminClient, OffsetSpec

from anning.services import NAMES
from benchmarks import load
from benchmarks.load import Input
from benchmarks.results import wait_until
from chassis.buckets import COUNT
from chassis.events import kafka as clients
from chassis.events.topics import Catalogue
from chassis.version import API_PREFIX
from sandbox import tokens
from standalone.client import Client
from standalone.figures import Figures
from standalone.organisations import Parts, split_register
from standalone.processes import Process, stop_together
from standalone.registers import initial_loads
from standalone.system import ROOT, System

PAUSE = 0.5
"""Seconds between two queries of the progress of a measurement."""
STAFF = "regulator:MIIT"
OFFICER, REVIEWER = "MIIT-officer", "MIIT-reviewer"
_TOKEN_SECONDS = 4 * 3600
_PROGRESS = {
    "lines imported": "SELECT coalesce(sum(lines), 0) FROM import_chunks WHERE done_at IS NOT NULL",
    "events recorded": "SELECT coalesce(max(position), 0) FROM outbox",
    "first event to publish": "SELECT coalesce(min(position), 0) FROM outbox WHERE published_at IS NULL",
}

_DIVIDED = (
    "SELECT bool_and(owners = %s) FROM (SELECT count(DISTINCT pid) AS owners FROM pg_locks"
    f" JOIN pg_database ON oid = database WHERE locktype = 'advisory' AND objsubid = 2 AND objid < {COUNT}"
    " AND mode = 'ExclusiveLock' AND datname = current_database() GROUP BY classid) AS work"
)


@dataclass(frozen=True)
class Sizes:
    """The counts of complaints and ports, and the `folder` of real input (None: input is generated)."""

    complaints: int
    ports: int
    folder: Path | None = None


@dataclass
class Testbed:
    """A whole running system. Measurements run one after the other and leave no work pending."""

    system: System
    sizes: Sizes
    _stack: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def directory(self) -> Path:
        """The folder for files of measurements."""
        return self.system.directory

    @cached_property
    def staff(self) -> dict[str, Client]:
        """The regulator's clients by service. Not for use while the sandbox is paused, because they renew their
        tokens."""
        system = self.system
        return {
            name: self._stack.enter_context(
                Client.of_system(system.url(name), system.issuer, system.credentials, STAFF)
            )
            for name in NAMES
        }

    @cached_property
    def databases(self) -> dict[str, psycopg.Connection[Any]]:
        """An autocommit connection to the database of each service, for its owner."""
        return {
            name: self._stack.enter_context(psycopg.connect(self.system.owner_url(name), autocommit=True))
            for name in NAMES
        }

    @cached_property
    def _admin(self) -> KafkaAdminClient:
        admin = clients.admin(self.system.kafka.broker())
        self._stack.callback(admin.close)
        return admin

    @cached_property
    def source(self) -> Input:
        """The input of the chain; its register is filed and received by all services."""
        source = load.prepare(self.directory / "input", self.sizes.folder, self.sizes.complaints)
        with self._person(OFFICER) as opener, self._person(REVIEWER) as closer, initial_loads(opener, closer):
            self.file_register(source)
        return source

    def _person(self, name: str) -> Client:
        return Client.of_person(self.system.url("ports"), self.system.issuer, self.system.credentials, name)

    def bearer(self, org: str) -> str:
        """A token that is valid longer than all measurements take, so that no issuer is needed."""
        return tokens.mint(self.system.credentials, org, issuer=self.system.issuer, lifetime_seconds=_TOKEN_SECONDS)

    def client(self, service: str, org: str) -> httpx2.Client:
        """A client for an organisation that needs no issuer."""
        headers = {"Authorization": f"Bearer {self.bearer(org)}"}
        return httpx2.Client(
            base_url=self.system.url(service) + API_PREFIX, headers=headers, timeout=300, trust_env=False
        )

    # ------------------------------------------------------------------------------------------------- pauses

    @contextmanager
    def sandbox_paused(self) -> Iterator[None]:
        """Pause the sandbox: carriers and authorities are outside the measured system and would use its two cores. They
        catch up afterwards."""
        for service in NAMES:
            # So that no service has to fetch the issuer's keys during the pause.
            self.staff[service].get("/statistics")
        with self.system.processes["sandbox"].paused():
            yield

    @contextmanager
    def only_workers_of(self, *services: str) -> Iterator[None]:
        """Pause the sandbox and run only the workers of these services; the others catch up afterwards."""
        others = [self.system.processes[f"{name} worker"] for name in NAMES if name not in services]
        with self.sandbox_paused():
            stop_together(others)
            try:
                yield
            finally:
                self._start(others)

    @contextmanager
    def two_workers_of(self, *services: str) -> Iterator[None]:
        """Run a second worker of each of these services. It has its share of the work when the block begins, and the
        first worker has all work again when it has ended."""
        second = {each.name: each for each in map(self.system.second_worker, services)}
        self.system.processes.update(second)
        try:
            self._start(second.values())
            self.wait_until(lambda: all(self._divided_among(name, 2) for name in services))
            yield
        finally:
            for name in second:
                del self.system.processes[name]
            stop_together(list(second.values()))
        self.wait_until(lambda: all(self._divided_among(name, 1) for name in services))

    def _divided_among(self, service: str, workers: int) -> bool:
        """Whether so many workers of a service have buckets of each kind of work, and are members of each of its
        consumer groups."""
        groups = self._admin.describe_groups(self._groups(service)).values()
        return bool(self._one(service, _DIVIDED, workers)) and all(len(each["members"]) == workers for each in groups)

    def recover(self) -> None:
        """Start what a failed measurement has left stopped, paused or ended. Raises ProcessFailed."""
        system = self.system
        for each in system.parts:
            each.resume()
        for part in (system.postgres, system.kafka):
            if not part.process.running:
                part.start()
        self._start([each for each in system.processes.values() if not each.running])

    def _start(self, processes: Iterable[Process]) -> None:
        """Start processes and wait until they are ready: a worker first reads what its projections have missed."""
        started = list(processes)
        for each in started:
            each.launch()
        for each in started:
            each.wait_ready(others=self.system.parts)

    # ------------------------------------------------------------------------------------------------- uploads

    def upload_complaints(self, parts: Parts) -> list[UUID]:
        """Upload complaints, those of each channel for that channel (`split_complaints`); the ids of the imports."""
        return [
            self.upload("complaints", "/complaint-imports", file, "application/x-ndjson", org or STAFF)
            for org, file in parts.items()
        ]

    def upload_register(self, file: Path) -> list[UUID]:
        """Upload a register, the ports of each carrier for that carrier, without those of no known carrier, which would
        be refused; the ids of the imports."""
        parts = split_register(file, file.with_suffix(".parts"))
        return [self.upload("ports", "/filing-imports", part, "text/csv", org) for org, part in parts.items() if org]

    def upload(self, service: str, path: str, file: Path, media_type: str, org: str) -> UUID:
        """Upload a file for an organisation; the id of its import."""
        headers = {"Content-Type": media_type}
        if file.suffix == ".gz":
            headers["Content-Encoding"] = "gzip"
        with file.open("rb") as content, self.client(service, org) as http:
            answer = http.post(path, content=content, headers=headers)
        answer.raise_for_status()
        return UUID(answer.headers["Location"].rpartition("/")[2])

    def imported(self, service: str, file: UUID) -> dict[str, int] | None:
        """The counts of a finished import; None until it is finished. Raises RuntimeError for a failed one."""
        row = (
            self.databases[service]
            .execute("SELECT state, lines_read, accepted, duplicates, rejected FROM imports WHERE id = %s", (file,))
            .fetchone()
        )
        if row is None or row[0] == "failed":
            raise RuntimeError(f"the import {file} failed")
        if row[0] != "finished":
            return None
        return dict(zip(("lines_read", "accepted", "duplicates", "rejected"), row[1:], strict=True))

    def file_register(self, source: Input) -> None:
        """File the ports of an input, and wait until every service has received them: a complaint filed earlier would
        count as unregistered."""
        files = self.upload_register(source.ports)
        self.settle()
        if not all(self.imported("ports", each) for each in files):
            raise RuntimeError(f"not filed: {source.ports}")

    # ------------------------------------------------------------------------------------------------- progress

    def now(self, service: str) -> datetime:
        """The current time of a service's database."""
        moment: datetime = self._one(service, "SELECT clock_timestamp()")
        return moment

    @property
    def histories_published(self) -> bool:
        """Whether the filings of every port are published."""
        return not self._one("ports", "SELECT EXISTS (SELECT FROM ports WHERE history_version <> version)")

    @property
    def assessed(self) -> bool:
        """Whether no complaint waits for its assessment."""
        return not self._one("complaints", "SELECT EXISTS (SELECT FROM complaints WHERE state = 'filed')")

    @property
    def consumed(self) -> bool:
        """Whether no import is open, every complaint is assessed, every outbox is empty, and every service is at the
        end of every topic that it consumes. It queries indexes and offsets, so its cost does not depend on the stored
        volume."""
        # In the order of the flow: a part that is found idle gets no more work from those before it.
        return (
            all(map(self._all_imported, NAMES))
            and self.assessed
            and all(map(self._all_published, NAMES))
            and self._all_consumed()
        )

    def wait_until(self, condition: Callable[[], object], *, pause: float = PAUSE) -> None:
        """Wait until a condition is true, as long as the system makes progress. Raises Stalled, ProcessFailed."""
        wait_until(condition, self.progress, pause=pause)

    def settle(self) -> None:
        """Wait until every service has consumed every event. Raises Stalled, ProcessFailed."""
        self.wait_until(lambda: self.consumed)

    def progress(self) -> dict[str, int]:
        """What the system has done so far: per service the lines of its imports and the position of its outbox, and
        the offsets of all consumers together. Raises ProcessFailed when a process has ended."""
        self.system.check()
        done = {f"{name} {what}": self._one(name, statement) for name in NAMES for what, statement in _PROGRESS.items()}
        offsets = [each.offset for group in self._committed().values() for each in group.values()]
        return done | {"offsets": sum(offsets)}

    def reconcile(self) -> None:
        """Check by the statistics of the services that they have consumed every complaint. Raises RuntimeError."""
        if not Figures.fetch(self.staff, []).consumed:
            raise RuntimeError("a service has not consumed every complaint")

    def _all_imported(self, service: str) -> bool:
        return not self._one(service, "SELECT EXISTS (SELECT FROM imports WHERE state = 'received')")

    def _all_published(self, service: str) -> bool:
        return not self._one(service, "SELECT EXISTS (SELECT FROM outbox WHERE published_at IS NULL)")

    def _one(self, service: str, statement: str, *parameters: object) -> Any:
        row = self.databases[service].execute(statement.encode(), parameters or None).fetchone()
        assert row is not None
        return row[0]

    @cached_property
    def _consumers(self) -> dict[TopicPartition, tuple[str, ...]]:
        """The consumers of each partition."""
        topics = Catalogue.load(ROOT / "contracts" / "topics.yaml").topics
        return {
            TopicPartition(name, partition): topic.consumers
            for name, topic in topics.items()
            if topic.consumers
            for partition in range(topic.partitions)
        }

    def _all_consumed(self) -> bool:
        # Offsets first: records added in between increase the ends, never decrease them.
        committed = self._committed()
        ends = self._admin.list_partition_offsets(dict.fromkeys(self._consumers, OffsetSpec.LATEST))
        for partition, end in ends.items():
            for service in self._consumers[partition] if end.offset else ():
                read = [
                    offsets[partition].offset
                    for group, offsets in committed.items()
                    if group.partition(".")[0] == service and partition in offsets
                ]
                if not read or min(read) < end.offset:
                    return False
        return True

    def _committed(self) -> dict[str, Any]:
        """The committed offsets of the services' consumer groups, by group."""
        known = self._groups(*NAMES)
        return dict(self._admin.list_group_offsets(known)) if known else {}

    def _groups(self, *services: str) -> list[str]:
        """The consumer groups of these services."""
        groups = [str(each["group_id"]) for each in self._admin.list_groups()]
        return [group for group in groups if group.partition(".")[0] in services]
