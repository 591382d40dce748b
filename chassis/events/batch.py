"""The records of one poll and their outcome."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from kafka import TopicPartition

from chassis.events.envelope import Message


@dataclass
class Blocked:
    """A partition that waits at a failing record; `lasting` where it has too many of them."""

    offset: int
    attempts: int
    due: float
    error: str
    lasting: bool


@dataclass
class PolledBatch:
    """The records of one poll, and their outcome."""

    polled: dict[TopicPartition, list[Any]]
    messages: list[Message[Any]] = field(default_factory=list)
    poison: dict[tuple[TopicPartition, int], str] = field(default_factory=dict)
    failed: dict[TopicPartition, tuple[int, Exception]] = field(default_factory=dict)

    def starts(self) -> dict[TopicPartition, int]:
        """The first offset of each partition of this batch."""
        return {tp: records[0].offset for tp, records in self.polled.items()}

    def following(self) -> dict[TopicPartition, int]:
        """The offset from which each partition is read next."""
        ends = {tp: records[-1].offset + 1 for tp, records in self.polled.items()}
        return ends | {tp: offset for tp, (offset, _) in self.failed.items()}

    def dead(self) -> list[tuple[Any, str]]:
        """The poison records before the offset at which their partition is blocked, with the reasons."""
        following = self.following()
        return [
            (record, self.poison[tp, record.offset])
            for tp, records in self.polled.items()
            for record in records
            if record.offset < following[tp] and (tp, record.offset) in self.poison
        ]
