"""The system that everything is measured on, and what measurements ask of it without being in its way."""

from __future__ import annotations

from collections.abc import Iterator
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
from benchmarks.results import patiently
from chassis.events.topics import Catalogue
from sandbox import tokens
from standalone.client import Client
from standalone.figures import Figures
from standalone.processes import stop_together
from standalone.system import ROOT, System

PAUSE = 0.5
"""Seconds between two looks at a system that is being measured."""
STAFF = "regulator:MIIT"
_TOKEN_SECONDS = 4 * 3600


@dataclass(frozen=True)
class Sizes:
    """How much is measured with, and `given`: a folder with real input (None: it is made up)."""

    complaints: int
    ports: int
    given: Path | None = None


@dataclass
class Stage:
    """A whole system at work. Measurements come one after the other and leave it settled."""

    system: System
    sizes: Sizes
    _stack: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def directory(self) -> Path:
        """Where measurements put files."""
        return self.system.directory

    @cached_property
    def staff(self) -> dict[str, Client]:
        """The regulator's calls, by service. Of no use while the world is paused: their tokens are renewed."""
        system = self.system
        return {
            name: self._stack.enter_context(Client(system.url(name), system.issuer, system.credentials, STAFF))
            for name in NAMES
        }

    @cached_property
    def databases(self) -> dict[str, psycopg.Connection[Any]]:
        """A connection to the database of each service; every statement is a transaction."""
        return {
            name: self._stack.enter_context(psycopg.connect(self.database_url(name), autocommit=True)) for name in NAMES
        }

    @cached_property
    def _admin(self) -> KafkaAdminClient:
        admin = KafkaAdminClient(bootstrap_servers=self.system.kafka.bootstrap)
        self._stack.callback(admin.close)
        return admin

    @cached_property
    def source(self) -> Input:
        """The input that goes through the chain; its register is filed and known to all."""
        made = load.prepare(self.directory / "input", self.sizes.given, self.sizes.complaints)
        self.file_register(made)
        return made

    def database_url(self, service: str) -> str:
        """The database of a service, as its own role."""
        return self.system.postgres.url(f"anning_{service}", f"anning_{service}")

    def bearer(self, org: str) -> str:
        """A token that outlives every measurement, so that no issuer is needed."""
        return tokens.mint(self.system.credentials, org, issuer=self.system.issuer, lifetime_seconds=_TOKEN_SECONDS)

    def calls(self, service: str, org: str) -> httpx2.Client:
        """Calls of an organisation that need no issuer."""
        headers = {"Authorization": f"Bearer {self.bearer(org)}"}
        return httpx2.Client(base_url=self.system.url(service), headers=headers, timeout=300, trust_env=False)

    # ------------------------------------------------------------------------------------------------- quiet

    @contextmanager
    def undisturbed(self) -> Iterator[None]:
        """The sandbox's carriers and authorities stand still: they are the world outside, and would take the services'
        two cores. What they have not done they do afterwards."""
        for service in NAMES:
            # So that no key of the issuer is due to be fetched while it stands still.
            self.staff[service].get("/statistics")
        world = self.system.processes["sandbox"]
        world.pause()
        try:
            yield
        finally:
            world.resume()

    @contextmanager
    def alone(self, *services: str) -> Iterator[None]:
        """The world stands still and no worker runs but those of these services; afterwards the others hear what they
        missed."""
        others = [self.system.processes[f"{name} worker"] for name in NAMES if name not in services]
        with self.undisturbed():
            stop_together(others)
            try:
                yield
            finally:
                for each in others:
                    each.launch()
                for each in others:
                    each.wait_ready()

    # ----------------------------------------------------------------------------------------------- handing in

    def hand_in(self, service: str, path: str, file: Path, media_type: str) -> UUID:
        """Hand in a file for the regulator; its import."""
        headers = {"Content-Type": media_type}
        if file.suffix == ".gz":
            headers["Content-Encoding"] = "gzip"
        with file.open("rb") as content, self.calls(service, STAFF) as http:
            answer = http.post(path, content=content, headers=headers)
        answer.raise_for_status()
        return UUID(answer.headers["Location"].rpartition("/")[2])

    def imported(self, service: str, file: UUID) -> dict[str, int] | None:
        """The counts of an import that is worked off; None before that."""
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

    def file_register(self, made: Input) -> None:
        """File the ports of an input, and wait until every service knows them: a complaint that is filed before counts
        as unregistered."""
        self.staff["ports"].upload("/filing-imports", made.ports, "text/csv")
        self.settle()

    # ------------------------------------------------------------------------------------------------- progress

    def now(self, service: str) -> datetime:
        """The time of a service's database."""
        moment: datetime = self._one(service, "SELECT clock_timestamp()")
        return moment

    @property
    def assessed(self) -> bool:
        """Whether no complaint waits for its assessment."""
        return not self._one("complaints", "SELECT EXISTS (SELECT FROM complaints WHERE state = 'filed')")

    @property
    def heard(self) -> bool:
        """Whether every complaint is assessed, every outbox is empty, and every service is at the end of every topic
        that it hears. Asked of indexes and offsets, so that it costs the same however much is stored."""
        return self.assessed and all(map(self._has_published, NAMES)) and self._has_heard_all()

    def settle(self, seconds: float = 600) -> None:
        """Wait until everybody has heard everything. Raises TimeoutError."""
        patiently(lambda: self.heard, pause=PAUSE, seconds=seconds)

    def reconcile(self) -> None:
        """The services say of themselves, too, that they have heard of every complaint. Raises RuntimeError."""
        if not Figures.asked(self.staff, []).consumed:
            raise RuntimeError("some service has not heard of every complaint")

    def _has_published(self, service: str) -> bool:
        return not self._one(service, "SELECT EXISTS (SELECT FROM outbox WHERE published_at IS NULL)")

    def _one(self, service: str, statement: str) -> Any:
        row = self.databases[service].execute(statement).fetchone()
        assert row is not None
        return row[0]

    @cached_property
    def _hearers(self) -> dict[TopicPartition, tuple[str, ...]]:
        """Which services hear a partition."""
        topics = Catalogue.load(ROOT / "contracts" / "topics.yaml").topics
        return {
            TopicPartition(name, partition): topic.consumers
            for name, topic in topics.items()
            if topic.consumers
            for partition in range(topic.partitions)
        }

    def _has_heard_all(self) -> bool:
        # The offsets first: what comes in between makes the ends later, never earlier.
        groups = [group for group in self._groups() if group.partition(".")[0] in NAMES]
        committed = self._admin.list_group_offsets(groups) if groups else {}
        ends = self._admin.list_partition_offsets(dict.fromkeys(self._hearers, OffsetSpec.LATEST))
        for place, end in ends.items():
            for service in self._hearers[place] if end.offset else ():
                read = [
                    offsets[place].offset
                    for group, offsets in committed.items()
                    if group.partition(".")[0] == service and place in offsets
                ]
                if not read or min(read) < end.offset:
                    return False
        return True

    def _groups(self) -> list[str]:
        return [str(each["group_id"]) for each in self._admin.list_groups()]
