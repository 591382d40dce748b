"""Direct access to topics in Kafka."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from kafka import KafkaConsumer, TopicPartition
from kafka.admin import MemberToRemove
from kafka.partitioner.default import murmur2

from chassis.broker import Broker
from chassis.events import kafka as clients


@dataclass(frozen=True)
class Topics:
    """The topics of a broker, for a user that may do everything."""

    broker: Broker

    def names(self) -> list[str]:
        """All topics except Kafka's internal ones."""
        reader = self._reader()
        try:
            return sorted(each for each in reader.topics() if not each.startswith("__"))
        finally:
            reader.close()

    def records(self, topic: str) -> list[Any]:
        """Every record in a topic now, by partition and offset."""
        reader = self._reader()
        try:
            partitions = [TopicPartition(topic, number) for number in sorted(reader.partitions_for_topic(topic) or ())]
            ends = reader.end_offsets(partitions)
            reader.assign(partitions)
            reader.seek_to_beginning(*partitions)
            found: list[Any] = []
            while any(reader.position(partition) < ends[partition] for partition in partitions):
                for records in reader.poll(timeout_ms=500).values():
                    found += records
            return sorted(found, key=lambda record: (record.partition, record.offset))
        finally:
            reader.close()

    def send(self, topic: str, key: bytes | None, value: bytes, headers: Sequence[tuple[str, bytes]] = ()) -> Any:
        """Produce one record; returns its partition and offset."""
        producer = clients.producer(self.broker, "test")
        try:
            return producer.send(topic, value, key, list(headers)).get(timeout=60)
        finally:
            producer.close()

    def offsets(self, group: str, topic: str) -> dict[int, int]:
        """The committed offsets of a group in a topic, by partition."""
        admin = clients.admin(self.broker)
        try:
            committed = admin.list_group_offsets([group])[group]
            return {
                partition.partition: each.offset for partition, each in committed.items() if partition.topic == topic
            }
        finally:
            admin.close()

    def ends(self, topic: str) -> dict[int, int]:
        """The end offset of each partition of a topic that has records."""
        reader = self._reader()
        try:
            partitions = [TopicPartition(topic, number) for number in reader.partitions_for_topic(topic) or ()]
            return {partition.partition: end for partition, end in reader.end_offsets(partitions).items() if end}
        finally:
            reader.close()

    def rewind(self, group: str, topic: str) -> None:
        """Reset the offsets of a group to 0. None of its members may be running."""
        partitions = [TopicPartition(topic, number) for number in self.offsets(group, topic)]
        admin = clients.admin(self.broker)
        try:
            # A static member that stopped stays in the group until its session ends.
            members = admin.describe_groups([group])[group]["members"]
            if members:
                stopped = [MemberToRemove(group_instance_id=each["group_instance_id"]) for each in members]
                admin.remove_group_members(group, stopped)
            admin.reset_group_offsets(group, dict.fromkeys(partitions, 0))
        finally:
            admin.close()

    def _reader(self) -> KafkaConsumer:
        return clients.consumer(self.broker, None, "test")


def partition_of(key: str, partitions: int = 6) -> int:
    """The partition of records with this key."""
    return int(murmur2(key.encode()) & 0x7FFFFFFF) % partitions
