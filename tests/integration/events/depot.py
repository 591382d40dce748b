"""A depot: the parcels service of one test, with its own database and topics."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from typing import Any
from uuid import UUID

from kafka import KafkaConsumer, KafkaProducer, OffsetAndMetadata, TopicPartition
from kafka.admin import ConfigResource, KafkaAdminClient, MemberToRemove
from kafka.errors import CoordinatorNotAvailableError
from kafka.partitioner.default import murmur2

from chassis import clock
from chassis.aggregate import Cause
from chassis.broker import Broker
from chassis.buckets import bucket_of
from chassis.database import Database
from chassis.events import dead_letters, envelope, inbox, outbox, quarantine
from chassis.events import kafka as clients
from chassis.events.consumer import Consumer, Filter
from chassis.events.dead_letters import DeadLetter
from chassis.events.quarantine import FailureLimit
from chassis.events.relay import Relay
from chassis.events.routing import Routing
from chassis.events.topics import Catalogue
from chassis.ids import new_id
from chassis.service import Service
from chassis.settings import Settings
from chassis.wakeup import Notifier
from chassis.worker import Worker
from tests.parcels import service as parcels
from tests.parcels.service import TOPIC
from tests.parts.fixtures import broker_settings


def until(condition: Callable[[], object], seconds: float = 20, why: Callable[[], object] = lambda: "") -> None:
    """Poll until a condition holds. Fails with `why` when it does not hold within that time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"condition not met within {seconds:g} s: {why()}"
        time.sleep(0.02)


def noise(size: int, seed: int = 7) -> str:
    """A text of about this many bytes that cannot be compressed."""
    chance = random.Random(seed)
    return "".join(chr(chance.randrange(0x4E00, 0x9FFF)) for _ in range(size // 3))


@contextmanager
def running(
    loops: Sequence[Callable[[], None]], stop: threading.Event, wake: Callable[[], None] = lambda: None
) -> Iterator[None]:
    """Run each loop in its own thread until the block ends. Fails when one crashes or does not end."""
    failures: list[BaseException] = []

    def run(loop: Callable[[], None]) -> None:
        try:
            loop()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(loop,), daemon=True) for loop in loops]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        wake()
        for thread in threads:
            thread.join(timeout=20)
    assert failures == []
    assert not any(thread.is_alive() for thread in threads)


@dataclass
class Depot:
    """The parcels service of one test, with its own database and topic prefix."""

    url: str
    broker: Broker
    prefix: str
    topics: dict[str, Any] = field(default_factory=lambda: dict(parcels.CATALOGUE_TOPICS))
    _opened: list[Database] = field(default_factory=list)

    @cached_property
    def notifier(self) -> Notifier:
        return Notifier(self.url)

    @cached_property
    def database(self) -> Database:
        return self.open()

    @cached_property
    def catalogue(self) -> Catalogue:
        return Catalogue(self.topics, self.prefix)

    @cached_property
    def consumer(self) -> KafkaConsumer:
        """Reads topics without being a member of a group."""
        return clients.consumer(self.broker, None, "observer")

    @cached_property
    def producer(self) -> KafkaProducer:
        """Writes records that no relay would write."""
        return clients.producer(self.broker, "external", largest=8 * 1024 * 1024)

    @cached_property
    def admin(self) -> KafkaAdminClient:
        """Inspects the broker and changes its topics and groups."""
        return clients.admin(self.broker)

    @property
    def topic(self) -> str:
        """The name of the parcels topic on the broker."""
        return self.catalogue.physical(TOPIC)

    @property
    def group(self) -> str:
        """The consumer group of the reactions."""
        return f"{self.prefix}parcels"

    def open(self, **options: Any) -> Database:
        """A database with its own pool, as a separate process has it."""
        opened = Database(self.url, flush=outbox.flush_as("parcels"), committed=self.notifier.notify, **options)
        self._opened.append(opened)
        return opened

    def close(self) -> None:
        """Close everything that was opened."""
        for name in ("admin", "consumer", "producer", "notifier"):
            if name in self.__dict__:
                self.__dict__.pop(name).close()
        for each in self._opened:
            each.close()

    def settings(self, **changes: Any) -> Settings:
        """The settings of one process of the service."""
        return Settings(
            database_url=self.url,
            topic_prefix=self.prefix,
            issuer="unused",
            jwks_url="http://localhost",
            **broker_settings(self.broker),
            **changes,
        )

    @contextmanager
    def worker(
        self, service: Service = parcels.SERVICE, *, ready: bool = True, instance: str = "0", **changes: Any
    ) -> Iterator[Worker]:
        """A running worker with changed settings; with `ready`, wait until it is ready."""
        database = self.open()
        worker = Worker(service, self.settings(instance=instance, **changes), database, self.catalogue)
        worker.start()
        try:
            if ready:
                until(lambda: not worker.problems(), why=worker.problems)
            yield worker
        finally:
            worker.stop()
            database.close()

    @contextmanager
    def consuming(self, group: str, routing: Routing | None = None, admit: Filter = inbox.take) -> Iterator[Consumer]:
        """A running consumer without a worker, by default with the reactions of parcels."""
        stop = threading.Event()
        database = self.open()
        consumer = Consumer(
            service="parcels",
            group=f"{self.prefix}{group}",
            instance="0",
            database=database,
            broker=self.broker,
            catalogue=self.catalogue,
            routing=parcels.SERVICE.reactions if routing is None else routing,
            filter_messages=admit,
            arriving=quarantine.hold,
            limit=FailureLimit(100, 10_000),
            stop=stop,
        )
        with running([consumer.run], stop):
            yield consumer

    @contextmanager
    def relays(self, count: int = 1) -> Iterator[None]:
        """Running relays, each with its own database pool, as separate processes have it."""
        stop = threading.Event()
        waiters = [threading.Event() for _ in range(count)]
        relays = [
            Relay(self.open(pool=2), self.broker, self.catalogue, stop=stop, waiter=waiter, poll_seconds=0.05)
            for waiter in waiters
        ]
        with running([relay.run for relay in relays], stop):
            yield

    def send(self, roads: Sequence[str], note: str = "") -> list[parcels.Parcel]:
        """Send a new parcel on each of these roads."""
        with self.database.begin() as tx:
            return parcels.send_parcels(tx, roads, note)

    def move(self, parcel: parcels.Parcel, note: str = "") -> int:
        """Move a parcel to its next stop; return its new version."""
        with self.database.begin() as tx:
            return parcels.move_parcel(tx, parcel.id, note)

    def rows(self, statement: str, **parameters: Any) -> list[Any]:
        """The rows that a statement returns."""
        return parcels.rows(self.database, statement, **parameters)

    def count(self, what: str) -> int:
        """The number of rows of `what`: a table, with or without a WHERE clause."""
        return int(self.rows(f"SELECT count(*) FROM {what}")[0][0])

    def notes(self, road: str) -> list[str]:
        """The notes of the events of a road that the reaction has counted, in the order of its counting."""
        statement = "SELECT note FROM arrivals JOIN parcels ON parcel = parcels.id WHERE road = :road ORDER BY sequence"
        return [row.note for row in self.rows(statement, road=road)]

    def unpublished(self) -> int:
        """The number of unpublished events in the outbox."""
        return self.count("outbox WHERE published_at IS NULL")

    def arrivals(self) -> int:
        """The number of events that the reaction has counted."""
        return self.count("arrivals")

    def board(self) -> list[tuple[Any, ...]]:
        """The rows of the projection."""
        return [tuple(row) for row in self.rows("SELECT parcel, version, stop FROM board ORDER BY parcel")]

    def roads(self) -> list[str]:
        """One road per partition of the topic, in partition order, each in a different bucket of the outbox."""
        count = self.topics[TOPIC].partitions
        found: dict[int, str] = {}
        buckets: set[int] = set()
        for road in map(str, range(1_000)):
            partition = (murmur2(road.encode()) & 0x7FFFFFFF) % count
            if partition not in found and bucket_of(road) not in buckets:
                found[partition] = road
                buckets.add(bucket_of(road))
        return [found[partition] for partition in range(count)]

    def roads_in(self, partition: int, count: int) -> list[str]:
        """So many roads whose events are in this partition."""
        partitions = self.topics[TOPIC].partitions
        numbers = (str(number) for number in range(10_000))
        roads = (road for road in numbers if (murmur2(road.encode()) & 0x7FFFFFFF) % partitions == partition)
        return list(islice(roads, count))

    def put(self, value: bytes | None, *, key: str = "a", **headers: bytes) -> tuple[int, int]:
        """Write a record to the parcels topic unchanged; return its partition and offset."""
        future = self.producer.send(self.topic, value, key.encode(), headers=list(headers.items()))
        written = future.get(timeout=10)
        return written.partition, written.offset

    def envelope(self, parcel: UUID, version: int, *, road: str = "a", note: str = "") -> bytes:
        """The envelope that a relay writes for one move of a parcel."""
        return envelope.encode(
            parcels.ParcelMoved(parcel=parcel, road=road, stop=version, note=note),
            id=new_id(),
            version=version,
            time=clock.now(),
            source="/anning/parcels",
            cause=Cause.beginning("the test"),
        )

    def publish(self, parcel: UUID, version: int, *, road: str = "a", note: str = "") -> bytes:
        """Write an event to the topic as a relay does; return its envelope."""
        value = self.envelope(parcel, version, road=road, note=note)
        self.put(value, key=road)
        return value

    def records(self, topic: str | None = None) -> list[Any]:
        """All records of a topic, in the order of each partition."""
        name = topic or self.topic
        partitions = [TopicPartition(name, each) for each in self.consumer.partitions_for_topic(name)]
        self.consumer.assign(partitions)
        self.consumer.seek_to_beginning(*partitions)
        ends = self.consumer.end_offsets(partitions)
        found: list[Any] = []
        while any(self.consumer.position(each) < ends[each] for each in partitions):
            for records in self.consumer.poll(timeout_ms=500).values():
                found += records
        return found

    def ends(self) -> dict[int, int]:
        """The offset after the last record, for each partition of the parcels topic that has records."""
        return {record.partition: record.offset + 1 for record in self.records()}

    def letters(self, start: int = 0) -> list[DeadLetter]:
        """The dead letters of the parcels topic."""
        return list(dead_letters.read(self.broker, self.catalogue, TOPIC, "parcels", start))

    def configure(self, topic: str | None = None, **settings: str) -> None:
        """Change settings of a topic, by default of the parcels topic."""
        self.admin.alter_configs([ConfigResource("topic", topic or self.topic, settings)])

    def committed(self, group: str | None = None) -> dict[int, int]:
        """The committed offset of a group, by partition of the parcels topic."""
        name = group or self.group
        try:
            offsets = self.admin.list_group_offsets([name])[name]
        except CoordinatorNotAvailableError:
            return {}  # the broker creates its offsets topic when the first group requests it
        return {tp.partition: each.offset for tp, each in offsets.items() if tp.topic == self.topic}

    def rewind(self, group: str | None = None) -> None:
        """Reset a group to the beginning of the parcels topic. No member may be running."""
        name = group or self.group
        until(lambda: self._remove_members(name), why=lambda: f"{name} still has members")
        partitions = self.consumer.partitions_for_topic(self.topic)
        beginning = {TopicPartition(self.topic, each): OffsetAndMetadata(0, "", -1) for each in partitions}
        self.admin.alter_group_offsets(name, beginning)

    def _remove_members(self, group: str) -> bool:
        """Remove the members of a group; return whether it had none. Static members stay until their session ends."""
        members = self.admin.describe_groups([group])[group]["members"]
        if members:
            leaving = [MemberToRemove(group_instance_id=each["group_instance_id"]) for each in members]
            self.admin.remove_group_members(group, leaving)
        return not members
