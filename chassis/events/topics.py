"""The catalogue of topics, read from a YAML file: owner, consumers, key, partitions, retention, compaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

import msgspec
from kafka.errors import TopicAlreadyExistsError

from chassis.broker import Broker
from chassis.events import kafka as clients

DAY_MS = 24 * 60 * 60 * 1000
DEAD_LETTER_RETENTION_DAYS = 90
DEAD_LETTER_BYTES = 2 * 1024 * 1024
"""Twice the limit of other topics: a record of maximum size gets additional headers."""


class Topic(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One topic. Its partitions never change: the order per key depends on them."""

    owner: str
    consumers: tuple[str, ...]
    key: str
    partitions: int
    events: tuple[str, ...]
    retention_days: int | None = None
    compacted: bool = False

    def configs(self) -> dict[str, str]:
        """The topic-level settings of the broker."""
        if self.compacted:
            return {"cleanup.policy": "compact"}
        if self.retention_days is None:
            raise ValueError("a topic that is not compacted needs retention_days")
        return {"cleanup.policy": "delete", "retention.ms": str(self.retention_days * DAY_MS)}


class _File(msgspec.Struct, forbid_unknown_fields=True):
    topics: dict[str, Topic]


class Catalogue:
    """All topics of the system, under the prefix of this deployment."""

    def __init__(self, topics: dict[str, Topic], prefix: str = "") -> None:
        self.topics = topics
        self.prefix = prefix

    @classmethod
    def load(cls, path: Path, prefix: str = "") -> Catalogue:
        """Read the catalogue. Raises msgspec.ValidationError for a malformed file."""
        return cls(msgspec.yaml.decode(path.read_bytes(), type=_File).topics, prefix)

    def physical(self, topic: str) -> str:
        """The name of a topic on the broker."""
        return self.prefix + topic

    def logical(self, name: str) -> str:
        """The name of a broker's topic in the catalogue."""
        return name.removeprefix(self.prefix)

    def dead_letter(self, topic: str, service: str) -> str:
        """The name on the broker of the dead-letter topic of `service` for `topic`."""
        return f"{self.prefix}{topic}.{service}.dlq"

    def dead_letters_of(self, owner: str) -> Iterator[str]:
        """The names on the broker of the dead-letter topics for the topics of `owner`."""
        for name, topic in self.topics.items():
            if topic.owner == owner:
                yield from (self.dead_letter(name, consumer) for consumer in topic.consumers)

    def create(self, broker: Broker, owners: Iterable[str], replication: int = 1) -> list[str]:
        """Create the missing topics of these owners and the dead-letter topics of their consumers; returns the names
        created."""
        wanted: dict[str, dict[str, object]] = {}
        owned = set(owners)
        for name, topic in self.topics.items():
            if topic.owner in owned:
                wanted[self.physical(name)] = {"num_partitions": topic.partitions, "configs": topic.configs()}
        for name in chain.from_iterable(map(self.dead_letters_of, owned)):
            wanted[name] = {
                "num_partitions": 1,
                "configs": {
                    "retention.ms": str(DEAD_LETTER_RETENTION_DAYS * DAY_MS),
                    "max.message.bytes": str(DEAD_LETTER_BYTES),
                },
            }
        with clients.admin(broker) as admin:
            missing = sorted(set(wanted) - set(admin.list_topics()))
            for name in missing:
                try:
                    admin.create_topics(
                        {name: {**wanted[name], "replication_factor": replication}}, wait_for_metadata=True
                    )
                except TopicAlreadyExistsError:
                    continue  # created concurrently by another process
            return missing
