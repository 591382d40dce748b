"""The services of the code, each with its API and its worker in this process, over databases and topics that exist."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from fastapi.testclient import TestClient
from kafka.errors import KafkaError

from anning.services import load
from chassis import run
from chassis.database import Database
from chassis.events import outbox, projections
from chassis.events.routing import Projection, topics_of
from chassis.events.topics import Catalogue
from chassis.http.app import create_app
from chassis.service import Service
from chassis.settings import Settings
from chassis.worker import Worker
from sandbox import install
from standalone.figures import Figures
from tests.faults.topics import Topics
from tests.integration.http import issuer as issuers
from tests.integration.http.issuer import Issuer
from tests.upgrade.release import counted

STAFF = "regulator:MIIT"


@dataclass
class Running:
    """One service."""

    service: Service
    settings: Settings
    database: Database
    client: TestClient
    issuer: Issuer
    worker: Worker | None = None

    def statistics(self) -> dict[str, Any]:
        """Its statistics."""
        return self._answered(self.client.get("/statistics", headers=self._token()))

    def file(self, complaint: dict[str, Any]) -> dict[str, Any]:
        """File a complaint."""
        return self._answered(self.client.post("/complaints", json=complaint, headers=self._token()))

    def content(self, projection: Projection) -> dict[str, list[Any]]:
        """The rows of a projection, by table."""
        with self.database.read() as read:
            return {table.name: sorted(read.execute(sa.select(table)), key=str) for table in projection.tables}

    def under_way(self, topics: Topics, catalogue: Catalogue) -> Iterator[str]:
        """What its worker has not done yet."""
        if self.worker is not None:
            yield from (f"{self.service.name}: {part}: {why}" for part, why in self.worker.problems().items())
        with self.database.read() as read:
            if waiting := outbox.unpublished(read):
                yield f"{self.service.name}: not published: {waiting}"
            generations = {each.name: projections.generation(read, each.name) for each in self.service.projections}
        groups = {f".{each.name}.{generations[each.name]}": each.handlers for each in self.service.projections}
        for group, routing in ({"": self.service.reactions} | groups).items():
            for topic in map(catalogue.physical, topics_of(routing)):
                try:
                    read_to = topics.offsets(f"{catalogue.prefix}{self.service.name}{group}", topic)
                except KafkaError:
                    read_to = {}  # a broker that is new takes a while for its first group
                if read_to != topics.ends(topic):
                    yield f"{self.service.name}{group}: not at the end of {topic}"

    def _token(self) -> dict[str, str]:
        return self.issuer.bearer(" ".join(install.all_scopes()), org=STAFF)

    @staticmethod
    def _answered(response: Any) -> dict[str, Any]:
        assert response.is_success, response.text
        answer: dict[str, Any] = response.json()
        return answer


@dataclass
class Platform:
    """All services, and what was handed in."""

    services: dict[str, Running]
    imports: list[dict[str, Any]]
    topics: Topics
    catalogue: Catalogue

    def counted(self) -> tuple[dict[str, Any], list[str]]:
        """The figures of the demonstration now, and the equations that do not hold."""
        statistics = {name: self.services[name].statistics() for name in ("complaints", "referrals", "ports", "credit")}
        return counted(Figures(**statistics, imports=self.imports))

    def under_way(self) -> list[str]:
        """What no worker has done yet."""
        return [each for one in self.services.values() for each in one.under_way(self.topics, self.catalogue)]

    def dead_letters(self) -> list[str]:
        """What could not be read, by the name of its topic."""
        graves = [name for name in self.topics.names() if name.startswith(self.catalogue.prefix)]
        return [name for name in graves if name.endswith(".dlq") and self.topics.ends(name)]

    @contextmanager
    def working(self) -> Iterator[None]:
        """The workers run for the length of the block."""
        with ExitStack() as stack:
            for each in self.services.values():
                each.worker = Worker(each.service, each.settings, each.database, self.catalogue)
                each.worker.start()
                stack.callback(each.worker.stop)
            yield
        for each in self.services.values():
            each.worker = None


@contextmanager
def platform(
    databases: Mapping[str, str], kafka: str, catalogue: Catalogue, issuer: Issuer, imports: list[dict[str, Any]]
) -> Iterator[Platform]:
    """The services over their databases (name → url), their workers at rest."""
    with ExitStack() as stack:
        services = {}
        for name, url in databases.items():
            settings = Settings(
                database_url=url,
                kafka=kafka,
                topic_prefix=catalogue.prefix,
                issuer=issuers.NAME,
                audience=issuers.AUDIENCE,
                jwks_url=issuer.url,
            )
            service = load(name)
            database = stack.enter_context(run.opened(service, settings))
            client = stack.enter_context(TestClient(create_app(service, settings, database)))
            services[name] = Running(service, settings, database, client, issuer)
        yield Platform(services, imports, Topics(kafka), catalogue)


def catalogue(prefix: str) -> Catalogue:
    """The topics of the code."""
    return Catalogue.load(Path(__file__).parents[2] / "contracts" / "topics.yaml", prefix)
