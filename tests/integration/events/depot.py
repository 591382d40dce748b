"""A depot for parcels: one database, one set of topics, and everything a test wants to do to them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from kafka import KafkaConsumer, KafkaProducer, OffsetAndMetadata, TopicPartition
from kafka.admin import ConfigResource, KafkaAdminClient, MemberToRemove
from kafka.partitioner.default import murmur2

from chassis.buckets import bucket_of
from chassis.database import Database
from chassis.events import dead_letters, outbox
from chassis.events import kafka as clients
from chassis.events.dead_letters import DeadLetter
from chassis.events.relay import Relay
from chassis.events.topics import Catalogue
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
        return clients.producer(self.bootstrap, "stranger")

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
        for name in ("consumer", "producer", "notifier"):
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
    def relays(self, count: int = 1) -> Iterator[None]:
        """That many relays, each as a process of its own would have it."""
        stop = threading.Event()
        failures: list[BaseException] = []

        def run(relay: Relay) -> None:
            try:
                relay.run()
            except BaseException as error:
                failures.append(error)
                raise

        waiters = [threading.Event() for _ in range(count)]
        threads = []
        for waiter in waiters:
            relay = Relay(
                self.open(pool=2), self.bootstrap, self.catalogue, stop=stop, waiter=waiter, poll_seconds=0.05
            )
            threads.append(threading.Thread(target=run, args=(relay,), name="relay", daemon=True))
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            stop.set()
            for waiter in waiters:
                waiter.set()
            for thread in threads:
                thread.join(timeout=20)
        assert not failures

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

    def put(self, value: bytes, *, key: str = "a", partition: int | None = None, **headers: bytes) -> tuple[int, int]:
        """Put a record as it is into the parcels' topic; where it lies now (partition, offset)."""
        future = self.producer.send(self.topic, value, key.encode(), headers=list(headers.items()), partition=partition)
        lies = future.get(timeout=10)
        return lies.partition, lies.offset

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

    def letters(self, start: int = 0) -> list[DeadLetter]:
        """The dead letters of the parcels' topic."""
        return list(dead_letters.read(self.bootstrap, self.catalogue, TOPIC, "parcels", start))

    def configure(self, **settings: str) -> None:
        """Change settings of the parcels' topic."""
        with self._admin() as admin:
            admin.alter_configs([ConfigResource("topic", self.topic, settings)])

    def committed(self, group: str | None = None) -> dict[int, int]:
        """Up to where a group has committed, by partition of the parcels' topic."""
        with self._admin() as admin:
            offsets = admin.list_group_offsets([group or self.group])[group or self.group]
        return {tp.partition: each.offset for tp, each in offsets.items() if tp.topic == self.topic}

    def rewind(self, group: str | None = None) -> None:
        """Set a group, none of whose members may be running, back to the beginning of the parcels' topic."""
        name = group or self.group
        with self._admin() as admin:
            until(lambda: self._dissolved(admin, name), why=lambda: f"{name} still has members")
            partitions = self.consumer.partitions_for_topic(self.topic)
            beginning = {TopicPartition(self.topic, each): OffsetAndMetadata(0, "", -1) for each in partitions}
            admin.alter_group_offsets(name, beginning)

    @staticmethod
    def _dissolved(admin: KafkaAdminClient, group: str) -> bool:
        """Whether a group has no members any more; those it has are sent away: static ones stay for their session."""
        members = admin.describe_groups([group])[group]["members"]
        if members:
            leaving = [MemberToRemove(group_instance_id=each["group_instance_id"]) for each in members]
            admin.remove_group_members(group, leaving)
        return not members

    @contextmanager
    def _admin(self) -> Iterator[KafkaAdminClient]:
        admin = KafkaAdminClient(bootstrap_servers=self.bootstrap.split(","))
        try:
            yield admin
        finally:
            admin.close()
