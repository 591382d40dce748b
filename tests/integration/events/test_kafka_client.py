"""The defects of kafka-python 3: each test shows with a real broker that the workaround is effective."""

from __future__ import annotations

import gc
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import kafka.record.util
import pytest
from kafka import KafkaConsumer, TopicPartition
from kafka.admin import NewPartitions
from kafka.errors import KafkaError

from chassis.broker import Broker
from chassis.events import kafka as clients
from standalone.processes import free_port
from tests.integration.events.depot import Depot, running, until
from tests.parts.fixtures import Parts


@contextmanager
def group_member(depot: Depot) -> Iterator[KafkaConsumer]:
    """One of our consumers, in the group of the test."""
    consumer = clients.consumer(depot.broker, f"{depot.prefix}group", "0", [depot.topic])
    try:
        yield consumer
    finally:
        consumer.close(autocommit=False)


class Guest:
    """Another member of that group, for a limited time."""

    def __init__(self, depot: Depot) -> None:
        self._consumer = KafkaConsumer(
            depot.topic,
            **clients.session(depot.broker),
            group_id=f"{depot.prefix}group",
            enable_auto_commit=False,
            session_timeout_ms=6_000,
            heartbeat_interval_ms=200,
            metrics_enabled=False,
        )
        self.assigned: set[TopicPartition] = set()

    def poll(self) -> set[TopicPartition]:
        self._consumer.poll(timeout_ms=100)
        self.assigned = set(self._consumer.assignment())
        return self.assigned

    @contextmanager
    def polling(self) -> Iterator[None]:
        """Poll in a separate thread."""
        stop = threading.Event()

        def poll() -> None:
            while not stop.is_set():
                self.poll()

        with running([poll], stop):
            yield

    def __enter__(self) -> Guest:
        return self

    def __exit__(self, *_: object) -> None:
        self._consumer.close(autocommit=False)


def test_checksums_and_compression_use_c_libraries() -> None:
    # Without them a producer is four times slower and a consumer nine times, without a warning.
    assert kafka.record.util.crc32c_c is not None
    assert kafka.record.util._crc32c is kafka.record.util.crc32c_c
    assert kafka.codec.lz4_encode.__module__ == "kafka.codec"
    assert kafka.codec.lz4.__name__ == "lz4.frame"


def test_produced_records_are_compressed(depot: Depot) -> None:
    for _ in range(50):
        depot.producer.send(depot.topic, b"the same again and again " * 1_000, b"a")
    depot.producer.flush(timeout=10)
    assert sum(len(record.value) for record in depot.records()) == 1_250_000
    sizes = [
        partition["partition_size"]
        for broker in depot.admin.describe_log_dirs()
        for directory in broker["log_dirs"]
        for topic in directory["topics"]
        if topic["name"] == depot.topic
        for partition in topic["partitions"]
    ]
    assert 0 < sum(sizes) < 100_000


def test_a_resumed_partition_delivers_its_records(depot: Depot) -> None:
    roads = depot.roads()
    for number in range(6_000):
        depot.producer.send(depot.topic, b"%6d" % number * 100, roads[number % 3].encode())
    depot.producer.flush(timeout=20)
    paused = TopicPartition(depot.topic, 0)
    received: dict[int, set[int]] = {0: set(), 1: set(), 2: set()}
    with group_member(depot) as consumer:

        def poll() -> dict[TopicPartition, list[Any]]:
            batch: dict[TopicPartition, list[Any]] = consumer.poll(timeout_ms=clients.POLL_MS)
            for tp, records in batch.items():
                received[tp.partition] |= {record.offset for record in records}
            return batch

        for _ in range(4):
            batch: dict[TopicPartition, list[Any]] = {}
            deadline = time.monotonic() + 10
            while paused not in batch:
                assert time.monotonic() < deadline, f"partition 0 stops at {len(received[0])} of 2000"
                batch = poll()
            # As after a failure of a handler in the middle of a batch.
            middle = batch[paused][len(batch[paused]) // 2].offset
            received[0] -= set(range(middle, 2_000))
            consumer.seek(paused, middle)
            consumer.pause(paused)
            assert paused not in poll()
            consumer.resume(paused)
        until(lambda: poll() is None or all(len(offsets) == 2_000 for offsets in received.values()), 10)


def test_rebalances_leave_no_partition_without_a_consumer(depot: Depot) -> None:
    roads = depot.roads()
    received: set[bytes] = set()
    with group_member(depot) as consumer:

        def expect_everything(word: bytes) -> None:
            for road in roads:
                depot.put(word + road.encode(), key=road)

            def poll() -> bool:
                for records in consumer.poll(timeout_ms=clients.POLL_MS).values():
                    received.update(record.value for record in records)
                return all(word + road.encode() in received for road in roads)

            until(poll, 15)

        expect_everything(b"before")
        for number in range(5):
            with Guest(depot) as guest, guest.polling():
                until(lambda: consumer.poll(timeout_ms=clients.POLL_MS) is not None and guest.assigned)
            expect_everything(b"%d " % number)


def test_a_rejoin_that_completes_between_two_polls_takes_effect(depot: Depot) -> None:
    with group_member(depot) as leader, Guest(depot) as guest:

        def everything_is_assigned(count: int) -> bool:
            leader.poll(timeout_ms=clients.POLL_MS)
            ours, theirs = leader.assignment(), guest.assigned
            return bool(ours and theirs) and len(ours) + len(theirs) == len(ours | theirs) == count

        until(lambda: leader.poll(timeout_ms=clients.POLL_MS) is not None and leader.assignment())
        with guest.polling():
            until(lambda: everything_is_assigned(3))
        for count in (4, 5):
            depot.admin.create_partitions({depot.topic: NewPartitions(count)})
            # The broker answers before its metadata has the new partition.
            until(lambda: leader.topics() and len(leader.partitions_for_topic(depot.topic)) == count)  # noqa: B023
            # The leader requests a new assignment and waits for the guest, which polls too late.
            leader.poll(timeout_ms=clients.POLL_MS)
            until(partial(lambda before: guest.poll() != before, guest.assigned))
            with guest.polling():
                until(partial(everything_is_assigned, count), 10)


def test_a_topic_created_after_the_subscription_is_consumed(depot: Depot) -> None:
    depot.admin.delete_topics([depot.topic])
    with group_member(depot) as consumer:
        for _ in range(3):
            assert consumer.poll(timeout_ms=clients.POLL_MS) == {}
        depot.catalogue.create(depot.broker, ["parcels"])
        depot.put(b"late")
        until(lambda: consumer.poll(timeout_ms=clients.POLL_MS), 10)


@pytest.mark.parametrize("kind", ["producer", "consumer"])
def test_a_client_that_finds_no_broker_leaks_no_descriptor_or_thread(
    kind: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(clients, "FIND_BROKER_MS", 1_000)
    password = tmp_path / "password"
    password.write_text("x")
    nowhere = Broker(f"127.0.0.1:{free_port()}", "unknown", password)

    def connect() -> None:
        if kind == "producer":
            clients.producer(nowhere, "producer")
        else:
            clients.consumer(nowhere, "group", "0", ["anything"])

    gc.disable()
    try:
        before = set(os.listdir("/proc/self/fd")), threading.active_count()
        with pytest.raises(KafkaError):
            connect()
        assert (set(os.listdir("/proc/self/fd")), threading.active_count()) == before
    finally:
        gc.enable()


def test_abandoning_a_producer_does_not_block(depot: Depot, breakable: Parts) -> None:
    producer = clients.producer(depot.broker, "to be abandoned")
    producer.send(depot.topic, b"first", b"a").get(timeout=10)
    breakable.kafka.pause()
    lost = producer.send(depot.topic, b"second", b"a")
    started = time.monotonic()
    clients.abandon(producer)
    assert time.monotonic() - started < 3
    breakable.kafka.resume()
    until(lambda: not producer._sender.is_alive())
    assert lost.failed()
    with pytest.raises(Exception, match="closed"):
        producer.send(depot.topic, b"third", b"a")
