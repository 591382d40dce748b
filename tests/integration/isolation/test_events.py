"""One event at which a handler fails never affects its neighbours, in any reaction and any projection.

The reactions and projections are found in the services; the events are the published examples of their types.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import psycopg
import pytest

from anning.services import NAMES, load
from chassis.database import Database
from chassis.event import Event
from chassis.events import consumer, kafka, outbox, quarantine
from chassis.events.routing import Projection
from chassis.events.topics import Catalogue
from chassis.service import Service
from chassis.worker import Worker
from contracts.schemas.publication import EXAMPLES
from standalone.system import ROOT
from tests.integration.events.depot import until
from tests.integration.http.issuer import Issuer
from tests.integration.http.serving import settings
from tests.integration.ports.scenes import HOLDER, PROVIDER
from tests.parts.fixtures import broker_settings
from tests.parts.protocols import Kafka

REACTING = [name for name in NAMES if load(name).reactions]
PROJECTING = [name for name in NAMES if load(name).projections]

_NUMBER = re.compile(r"106[0-9]{5,17}")
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_CODES = {"91990000MA0QHXT16J": HOLDER, "91990000MA0HMYX219": PROVIDER}
"""Two enterprises of the examples, and others."""


@dataclass(frozen=True)
class Sent:
    """An event on its topic."""

    id: UUID
    topic: str
    key: str
    value: bytes


def example(kind: type[Event]) -> Sent:
    """The first published example of this type."""
    return _sent(kind, (EXAMPLES / kind.type / "0001.json").read_text())


def neighbour(kind: type[Event]) -> Sent:
    """The example with other ids, numbers and enterprises: an event of another key."""
    text = (EXAMPLES / kind.type / "0001.json").read_text()
    text = _ID.sub(lambda found: found[0][:-1] + ("0" if found[0][-1] != "0" else "f"), text)
    text = _NUMBER.sub(lambda found: found[0][:-1] + str((int(found[0][-1]) + 1) % 10), text)
    for given, other in _CODES.items():
        text = text.replace(given, other)
    return _sent(kind, text)


def _sent(kind: type[Event], text: str) -> Sent:
    envelope = msgspec.json.decode(text)
    return Sent(UUID(envelope["id"]), kind.topic, envelope["partitionkey"], msgspec.json.encode(envelope))


def publish(broker: Kafka, catalogue: Catalogue, events: Sequence[Sent]) -> None:
    producer = kafka.producer(broker.broker(), "examples")
    try:
        for each in events:
            producer.send(catalogue.physical(each.topic), each.value, each.key.encode()).get(timeout=10)
    finally:
        producer.close()


@contextmanager
def failing(url: str, tables: Sequence[str], condition: str) -> Iterator[None]:
    """Let the database refuse rows of these tables that meet a condition; `url` is that for its owner."""
    body = f"BEGIN IF {condition} THEN RAISE EXCEPTION 'this row is refused'; END IF; RETURN NEW; END"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE OR REPLACE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$")
        for table in tables:
            connection.execute(
                f"CREATE TRIGGER failing BEFORE INSERT OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION fail()"
            )
        try:
            yield
        finally:
            for table in tables:
                connection.execute(f"DROP TRIGGER failing ON {table}")


def rows(url: str, statement: str, *parameters: Any) -> set[Any]:
    """The values of the only column."""
    with psycopg.connect(url) as connection:
        return {row[0] for row in connection.execute(statement, parameters)}


@pytest.fixture
def worker(
    service: Service,
    database: Database,
    topic_prefix: str,
    kafka: Kafka,
    issuer: Issuer,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Worker]:
    """A running worker of the service, which tries failing events again within 0.3 s."""
    monkeypatch.setattr(consumer, "RETRY_SECONDS", 0.3)
    monkeypatch.setattr(quarantine, "LONGEST_PAUSE", timedelta(seconds=0.3))
    catalogue(topic_prefix).create(kafka.broker(), NAMES)
    own = settings(database.conninfo, issuer).model_copy(
        update=broker_settings(kafka.broker()) | {"topic_prefix": topic_prefix, "instance": "0"}
    )
    published = Database(database.conninfo, flush=outbox.flush_as(service.name))
    running = Worker(service, own, published, catalogue(topic_prefix))
    running.start()
    try:
        until(lambda: not running.problems(), why=running.problems)
        yield running
    finally:
        running.stop()
        published.close()


def catalogue(prefix: str) -> Catalogue:
    return Catalogue.load(ROOT / "contracts" / "topics.yaml", prefix)


@pytest.mark.parametrize("service", REACTING, indirect=True, scope="module")
def test_a_failing_event_of_any_reaction_leaves_its_neighbours_alone(
    service: Service, database_url: str, worker: Worker, topic_prefix: str, kafka: Kafka
) -> None:
    url, kinds = database_url, list(service.reactions)
    wrong, right = [example(each) for each in kinds], [neighbour(each) for each in kinds]
    refused = ", ".join(f"'{each.id}'" for each in wrong)
    with failing(url, ["inbox"], f"NEW.event_id IN ({refused})"):
        publish(kafka, catalogue(topic_prefix), [*wrong, *right])
        until(lambda: rows(url, "SELECT event_id FROM inbox") == {each.id for each in right}, 60)
        group = f"{topic_prefix}{service.name}"
        held = 'SELECT event_id FROM quarantine WHERE "group" = %s'
        until(lambda: rows(url, held, group) == {each.id for each in wrong}, 60)
        assert worker.problems() == {}
    until(lambda: not rows(url, held, group), 60)
    assert rows(url, "SELECT event_id FROM inbox") == {each.id for each in [*right, *wrong]}


@pytest.mark.parametrize("service", PROJECTING, indirect=True, scope="module")
def test_a_failing_fact_of_any_projection_leaves_its_neighbours_alone(
    service: Service, database_url: str, worker: Worker, topic_prefix: str, kafka: Kafka
) -> None:
    for projection in service.projections:
        fail_and_recover(projection, database_url, worker, catalogue(topic_prefix), kafka)


def fail_and_recover(projection: Projection, url: str, worker: Worker, topics: Catalogue, broker: Kafka) -> None:
    tables = [each.name for each in projection.tables]
    wrong, right = ([make(each) for each in projection.handlers] for make in (example, neighbour))
    marks = {*_CODES, *(each.key.rpartition(":")[2] for each in wrong)}
    # Doubled for the driver, which reads parameters after a per cent sign.
    held = f"SELECT event_id FROM quarantine WHERE \"group\" LIKE '%%.{projection.name}.1'"
    with failing(url, tables, " OR ".join(f"NEW::text LIKE '%{mark}%'" for mark in marks)):
        publish(broker, topics, [*wrong, *right])
        until(lambda: rows(url, held) == {each.id for each in wrong}, 60)
        until(lambda: all(rows(url, f"SELECT count(*) FROM {table}") != {0} for table in tables), 60)
        assert worker.problems() == {}
    until(lambda: not rows(url, held), 60)
