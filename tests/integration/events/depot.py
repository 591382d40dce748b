"""A depot for parcels: one database, one set of topics, and everything a test wants to do to them."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from uuid import UUID

from kafka import KafkaConsumer, KafkaProducer, OffsetAndMetadata, TopicPartition
from kafka.admin import ConfigResource, KafkaAdminClient, MemberToRemove
from kafka.errors import CoordinatorNotAvailableError
from kafka.partitioner.default import murmur2

from chassis import clock
from chassis.aggregate import Cause
from chassis.buckets import bucket_of
from chassis.database import Database
from chassis.events import dead_letters, envelope, inbox, outbox
from chassis.events import kafka as clients
from chassis.events.consumer import Consumer, Filter
from chassis.events.dead_letters import DeadLetter
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


def until(condition: Callable[[], object], seconds: float = 20, why: Callable[[], object] = lambda: "") -> None:
    """Poll until a condition holds. Fails, saying `why`, when it does not within that time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {why()}"
        time.sleep(0.02)


def noise(size: int, seed: int = 7) -> str:
    """A text of about that many bytes, which nothing compresses."""
    chance = random.Random(seed)
    return "".join(chr(chance.randrange(0x4E00, 0x9FFF)) for _ in range(size // 3))


@contextmanager
def running(
    loops: Sequence[Callable[[], None]], stop: threading.Event, wake: Callable[[], None] = lambda: None
) -> Iterator[None]:
    """Loops, each in its thread, until the block ends. Fails when one of them fell or does not end."""
    fallen: list[BaseException] = []

    def run(loop: Callable[[], None]) -> None:
        try:
            loop()
        except BaseException as error:
            fallen.append(error)

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
    assert fallen == []
    assert not any(thread.is_alive() for thread in threads)


@dataclass
class Depot:
    """The parcels service of one test, in a database and under a topic prefix of its own."""

    url: str
    bootstrap: str
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
        """Reads what lies in topics; a member of no group."""
        return clients.consumer(self.bootstrap, None, "onlooker")

    @cached_property
    def producer(self) -> KafkaProducer:
        """Puts records into topics that no relay would."""
        return clients.producer(self.bootstrap, "stranger", largest=8 * 1024 * 1024)

    @cached_property
    def admin(self) -> KafkaAdminClient:
        """Asks the broker and changes what only it can change."""
        return KafkaAdminClient(bootstrap_servers=self.bootstrap.split(","))

    @property
    def topic(self) -> str:
        """The name of the parcels' topic on the broker."""
        return self.catalogue.physical(TOPIC)

    @property
    def group(self) -> str:
        """The consumer group of the reactions."""
        return f"{self.prefix}parcels"

    def open(self, **options: Any) -> Database:
        """A database as a process of its own would have it."""
        opened = Database(self.url, flush=outbox.flush_as("parcels"), committed=self.notifier.notify, **options)
        self._opened.append(opened)
        return opened

    def close(self) -> None:
        """Give back what was opened."""
        for name in ("admin", "consumer", "producer", "notifier"):
            if name in self.__dict__:
                self.__dict__.pop(name).close()
        for each in self._opened:
            each.close()

    def settings(self, **changes: Any) -> Settings:
        """The settings of one process of the service."""
        return Settings(
            database_url=self.url,
            kafka=self.bootstrap,
            topic_prefix=self.prefix,
            issuer="nobody",
            jwks_url="http://localhost",
            **changes,
        )

    @contextmanager
    def worker(
        self, service: Service = parcels.SERVICE, *, ready: bool = True, instance: str = "0"
    ) -> Iterator[Worker]:
        """A worker that runs; `ready` waits until it says so."""
        database = self.open()
        worker = Worker(service, self.settings(instance=instance), database, self.catalogue)
        worker.start()
        try:
            if ready:
                until(lambda: not worker.problems(), why=worker.problems)
            yield worker
        finally:
            worker.stop()
            database.close()

    @contextmanager
    def listener(self, group: str, routing: Routing | None = None, admit: Filter = inbox.take) -> Iterator[Consumer]:
        """A consumer that runs on its own, with the reactions of parcels unless told otherwise."""
        stop = threading.Event()
        database = self.open()
        consumer = Consumer(
            service="parcels",
            group=f"{self.prefix}{group}",
            instance="0",
            database=database,
            bootstrap=self.bootstrap,
            catalogue=self.catalogue,
            routing=parcels.SERVICE.reactions if routing is None else routing,
            filter_messages=admit,
            stop=stop,
        )
        with running([consumer.run], stop):
            yield consumer

    @contextmanager
    def relays(self, count: int = 1) -> Iterator[None]:
        """That many relays, each as a process of its own would have it."""
        stop = threading.Event()
        waiters = [threading.Event() for _ in range(count)]
        relays = [
            Relay(self.open(pool=2), self.bootstrap, self.catalogue, stop=stop, waiter=waiter, poll_seconds=0.05)
            for waiter in waiters
        ]
        with running([relay.run for relay in relays], stop):
            yield

    def send(self, roads: Sequence[str], note: str = "") -> list[parcels.Parcel]:
        """New parcels, each on its road."""
        with self.database.begin() as tx:
            return parcels.send_parcels(tx, roads, note)

    def move(self, parcel: parcels.Parcel, note: str = "") -> int:
        """Move a parcel on; its new version."""
        with self.database.begin() as tx:
            return parcels.move_parcel(tx, parcel.id, note)

    def rows(self, statement: str, **parameters: Any) -> list[Any]:
        """What a statement returns."""
        return parcels.rows(self.database, statement, **parameters)

    def count(self, what: str) -> int:
        """How many rows there are of `what`, a table with or without a condition."""
        return int(self.rows(f"SELECT count(*) FROM {what}")[0][0])

    def unpublished(self) -> int:
        """How many events wait in the outbox."""
        return self.count("outbox WHERE published_at IS NULL")

    def arrivals(self) -> int:
        """How many events the reaction has counted."""
        return self.count("arrivals")

    def board(self) -> list[tuple[Any, ...]]:
        """The rows of the projection."""
        return [tuple(row) for row in self.rows("SELECT parcel, version, stop FROM board ORDER BY parcel")]

    def roads(self) -> list[str]:
        """A road for each partition of the topic, in their order, each in another bucket of the outbox."""
        count = self.topics[TOPIC].partitions
        found: dict[int, str] = {}
        buckets: set[int] = set()
        for road in map(str, range(1_000)):
            partition = (murmur2(road.encode()) & 0x7FFFFFFF) % count
            if partition not in found and bucket_of(road) not in buckets:
                found[partition] = road
                buckets.add(bucket_of(road))
        return [found[partition] for partition in range(count)]

    def put(self, value: bytes | None, *, key: str = "a", **headers: bytes) -> tuple[int, int]:
        """Put a record as it is into the parcels' topic; where it lies now (partition, offset)."""
        future = self.producer.send(self.topic, value, key.encode(), headers=list(headers.items()))
        lies = future.get(timeout=10)
        return lies.partition, lies.offset

    def envelope(self, parcel: UUID, version: int, *, road: str = "a", note: str = "") -> bytes:
        """What the relay would put into the topic for one move of a parcel."""
        return envelope.encode(
            parcels.ParcelMoved(parcel=parcel, road=road, stop=version, note=note),
            id=new_id(),
            version=version,
            time=clock.now(),
            source="/anning/parcels",
            cause=Cause.beginning("the test"),
        )

    def tell(self, parcel: UUID, version: int, *, road: str = "a", note: str = "") -> bytes:
        """Put an event into the topic as the relay would; its envelope."""
        value = self.envelope(parcel, version, road=road, note=note)
        self.put(value, key=road)
        return value

    def records(self, topic: str | None = None) -> list[Any]:
        """Everything that lies in a topic now, each partition in its order."""
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
        """The offset behind the last record, of each partition of the parcels' topic that has any."""
        return {record.partition: record.offset + 1 for record in self.records()}

    def letters(self, start: int = 0) -> list[DeadLetter]:
        """The dead letters of the parcels' topic."""
        return list(dead_letters.read(self.bootstrap, self.catalogue, TOPIC, "parcels", start))

    def configure(self, topic: str | None = None, **settings: str) -> None:
        """Change settings of a topic, the parcels' unless told otherwise."""
        self.admin.alter_configs([ConfigResource("topic", topic or self.topic, settings)])

    def committed(self, group: str | None = None) -> dict[int, int]:
        """Up to where a group has committed, by partition of the parcels' topic."""
        name = group or self.group
        try:
            offsets = self.admin.list_group_offsets([name])[name]
        except CoordinatorNotAvailableError:
            return {}  # the broker makes the topic of its offsets when the first group asks for it
        return {tp.partition: each.offset for tp, each in offsets.items() if tp.topic == self.topic}

    def rewind(self, group: str | None = None) -> None:
        """Set a group, none of whose members may be running, back to the beginning of the parcels' topic."""
        name = group or self.group
        until(lambda: self._dissolved(name), why=lambda: f"{name} still has members")
        partitions = self.consumer.partitions_for_topic(self.topic)
        beginning = {TopicPartition(self.topic, each): OffsetAndMetadata(0, "", -1) for each in partitions}
        self.admin.alter_group_offsets(name, beginning)

    def _dissolved(self, group: str) -> bool:
        """Whether a group has no members any more; those it has are sent away: static ones stay for their session."""
        members = self.admin.describe_groups([group])[group]["members"]
        if members:
            leaving = [MemberToRemove(group_instance_id=each["group_instance_id"]) for each in members]
            self.admin.remove_group_members(group, leaving)
        return not members
