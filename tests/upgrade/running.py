"""The services of the current code on existing databases and topics, with APIs and workers in this process."""

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
from chassis.broker import Broker
from chassis.database import Database
from chassis.events import outbox, projections
from chassis.events.routing import Projection, topics_of
from chassis.events.topics import Catalogue
from chassis.http.app import create_app
from chassis.service import Service
from chassis.settings import Settings
from chassis.sweeper import Chore, Slice, Sweep
from chassis.worker import Worker
from sandbox.people import all_scopes
from standalone.figures import Figures
from tests.faults.topics import Topics
from tests.integration.http import issuer as issuers
from tests.integration.http.clients import ApiClient
from tests.integration.http.issuer import Issuer
from tests.parts.fixtures import broker_settings
from tests.upgrade.release import reconciled_figures

STAFF = "regulator:MIIT"

_UNPUBLISHED_HISTORIES = sa.text("SELECT count(*) FROM ports WHERE history_version <> version")


@dataclass
class RunningService:
    """A service with its API and, while workers run, its worker."""

    service: Service
    settings: Settings
    database: Database
    client: TestClient
    issuer: Issuer
    worker: Worker | None = None

    def statistics(self) -> dict[str, Any]:
        """The response of `GET /statistics`."""
        return self._body(self.client.get("/statistics", headers=self._token()))

    def file(self, complaint: dict[str, Any]) -> dict[str, Any]:
        """File a complaint for its channel."""
        headers = self._token(f"channel:{complaint['channel']}")
        return self._body(self.client.post("/complaints", json=complaint, headers=headers))

    def upload(self, path: str, content: bytes, org: str) -> dict[str, Any]:
        """Upload a file of JSON lines for an organisation and process it, while no worker runs; the finished import."""
        headers = {**self._token(org), "Content-Type": "application/x-ndjson"}
        accepted = self.client.post(path, content=content, headers=headers)
        assert accepted.status_code == 202, accepted.text
        for sweep in self.service.sweeps:
            if sweep.name.startswith("import-"):
                while self._swept(sweep):
                    pass
        found: dict[str, Any] = self.client.get(accepted.headers["Location"], headers=self._token(org)).json()
        assert found["state"] == "finished"
        return found

    def _swept(self, sweep: Sweep | Chore) -> int:
        with self.database.begin() as tx:
            return sweep.run(tx, Slice(sweep.limit))

    def rows(self, projection: Projection) -> dict[str, list[Any]]:
        """The rows of a projection, by table."""
        with self.database.read() as read:
            return {table.name: sorted(read.execute(sa.select(table)), key=str) for table in projection.tables}

    def pending(self, topics: Topics, catalogue: Catalogue) -> Iterator[str]:
        """Work that the worker has not done yet."""
        if self.worker is not None:
            yield from (f"{self.service.name}: {part}: {why}" for part, why in self.worker.problems().items())
        with self.database.read() as read:
            if unpublished_count := outbox.unpublished(read):
                yield f"{self.service.name}: not published: {unpublished_count}"
            generations = {each.name: projections.generation(read, each.name) for each in self.service.projections}
        groups = {f".{each.name}.{generations[each.name]}": each.handlers for each in self.service.projections}
        for group, routing in ({"": self.service.reactions} | groups).items():
            for topic in map(catalogue.physical, topics_of(routing)):
                try:
                    read_to = topics.offsets(f"{catalogue.prefix}{self.service.name}{group}", topic)
                except KafkaError:
                    read_to = {}  # a new broker needs some time before it serves its first group
                if read_to != topics.ends(topic):
                    yield f"{self.service.name}{group}: not at the end of {topic}"

    def _token(self, org: str = STAFF) -> dict[str, str]:
        return self.issuer.bearer(" ".join(all_scopes()), org=org)

    @staticmethod
    def _body(response: Any) -> dict[str, Any]:
        assert response.is_success, response.text
        answer: dict[str, Any] = response.json()
        return answer


@dataclass
class Platform:
    """All services, and the imports that the demonstration made."""

    services: dict[str, RunningService]
    imports: list[dict[str, Any]]
    topics: Topics
    catalogue: Catalogue

    def figures(self) -> tuple[dict[str, Any], list[str]]:
        """The current figures, and the equations that do not hold."""
        statistics = {name: self.services[name].statistics() for name in ("complaints", "referrals", "ports", "credit")}
        return reconciled_figures(Figures(**statistics, imports=self.imports))

    def pending(self) -> list[str]:
        """Work that workers have not done yet."""
        pending = [each for service in self.services.values() for each in service.pending(self.topics, self.catalogue)]
        with self.services["ports"].database.read() as read:
            if count := read.execute(_UNPUBLISHED_HISTORIES).scalar_one():
                pending.append(f"ports: {count} histories are not published")
        return pending

    def dead_letters(self) -> list[str]:
        """The names of dead-letter topics with records."""
        topics_of_prefix = [name for name in self.topics.names() if name.startswith(self.catalogue.prefix)]
        return [name for name in topics_of_prefix if name.endswith(".dlq") and self.topics.ends(name)]

    @contextmanager
    def workers_running(self) -> Iterator[None]:
        """Run the workers during the block."""
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
    databases: Mapping[str, str], broker: Broker, catalogue: Catalogue, issuer: Issuer, imports: list[dict[str, Any]]
) -> Iterator[Platform]:
    """The services on their databases (name → url); workers are not started."""
    with ExitStack() as stack:
        services = {}
        for name, url in databases.items():
            settings = Settings(
                database_url=url,
                topic_prefix=catalogue.prefix,
                issuer=issuers.NAME,
                audience=issuers.AUDIENCE,
                jwks_url=issuer.url,
                **broker_settings(broker),
            )
            service = load(name)
            database = stack.enter_context(run.opened(service, settings))
            client = stack.enter_context(ApiClient(create_app(service, settings, database)))
            services[name] = RunningService(service, settings, database, client, issuer)
        yield Platform(services, imports, Topics(broker), catalogue)


def catalogue(prefix: str) -> Catalogue:
    """The topics of the current code."""
    return Catalogue.load(Path(__file__).parents[2] / "contracts" / "topics.yaml", prefix)
