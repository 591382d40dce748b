"""What lies in Kafka, read as it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import KafkaAdminClient, MemberToRemove
from kafka.partitioner.default import murmur2

_CLIENT = {"reconnect_backoff_max_ms": 1_000, "metrics_enabled": False}


@dataclass(frozen=True)
class Topics:
    """The topics of a broker."""

    bootstrap: str

    def names(self) -> list[str]:
        """All topics but Kafka's own."""
        reader = self._reader()
        try:
            return sorted(each for each in reader.topics() if not each.startswith("__"))
        finally:
            reader.close()

    def records(self, topic: str) -> list[Any]:
        """Every record there is now, each partition's in its order."""
        reader = self._reader()
        try:
            places = [TopicPartition(topic, number) for number in sorted(reader.partitions_for_topic(topic) or ())]
            ends = reader.end_offsets(places)
            reader.assign(places)
            reader.seek_to_beginning(*places)
            found: list[Any] = []
            while any(reader.position(place) < ends[place] for place in places):
                for records in reader.poll(timeout_ms=500).values():
                    found += records
            return sorted(found, key=lambda record: (record.partition, record.offset))
        finally:
            reader.close()

    def send(self, topic: str, key: bytes | None, value: bytes, headers: Sequence[tuple[str, bytes]] = ()) -> Any:
        """Put a record into a topic by hand; gives where it came to lie."""
        producer = KafkaProducer(bootstrap_servers=[self.bootstrap], acks="all", **_CLIENT)
        try:
            return producer.send(topic, value, key, list(headers)).get(timeout=60)
        finally:
            producer.close()

    def offsets(self, group: str, topic: str) -> dict[int, int]:
        """Up to where a group has read a topic, by partition."""
        admin = KafkaAdminClient(bootstrap_servers=[self.bootstrap])
        try:
            read = admin.list_group_offsets([group])[group]
            return {place.partition: each.offset for place, each in read.items() if place.topic == topic}
        finally:
            admin.close()

    def ends(self, topic: str) -> dict[int, int]:
        """Where each partition of a topic that has records ends."""
        reader = self._reader()
        try:
            places = [TopicPartition(topic, number) for number in reader.partitions_for_topic(topic) or ()]
            return {place.partition: end for place, end in reader.end_offsets(places).items() if end}
        finally:
            reader.close()

    def rewind(self, group: str, topic: str) -> None:
        """Set a group back to the beginning of a topic. None of its members may be running."""
        places = [TopicPartition(topic, number) for number in self.offsets(group, topic)]
        admin = KafkaAdminClient(bootstrap_servers=[self.bootstrap])
        try:
            # A static member that stopped stays in the group until its session ends.
            members = admin.describe_groups([group])[group]["members"]
            if members:
                gone = [MemberToRemove(group_instance_id=each["group_instance_id"]) for each in members]
                admin.remove_group_members(group, gone)
            admin.reset_group_offsets(group, dict.fromkeys(places, 0))
        finally:
            admin.close()

    def _reader(self) -> KafkaConsumer:
        return KafkaConsumer(
            bootstrap_servers=[self.bootstrap], enable_auto_commit=False, auto_offset_reset="earliest", **_CLIENT
        )


def partition_of(key: str, partitions: int = 6) -> int:
    """The partition that records with this key go to."""
    return int(murmur2(key.encode()) & 0x7FFFFFFF) % partitions
