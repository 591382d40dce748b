"""A record of a topic, and the functions that build the records of the examples. All data is made up.

The credit codes have correct check characters, but the region 990000 does not exist.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec

from chassis.event import Event
from contracts.schemas.envelope import Envelope


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A fact on its topic, with its id, its time, the version of its aggregate and its cause."""

    event: Event
    id: UUID
    version: int
    time: datetime
    correlation: UUID
    causation: UUID
    traceparent: str | None = None

    @property
    def envelope(self) -> Envelope:
        """The value of the Kafka record."""
        return Envelope(
            specversion="1.0",
            id=self.id,
            source=f"/anning/{self.event.topic.partition('.')[0]}",
            type=self.event.type,
            time=self.time,
            subject=self.event.aggregate_id,
            partitionkey=self.event.key,
            correlationid=str(self.correlation),
            causationid=str(self.causation),
            aggregateversion=self.version,
            traceparent=msgspec.UNSET if self.traceparent is None else self.traceparent,
            data=msgspec.to_builtins(self.event),
        )


def id_of(number: int) -> UUID:
    """The identifier with that number."""
    return UUID(f"019e1640-c780-7000-8000-{number:012d}")


def days(count: float) -> datetime:
    """The moment `days` after the start of the story: Monday, 11 May 2026, 9:00 in Beijing."""
    return datetime(2026, 5, 11, 1, tzinfo=UTC) + timedelta(days=count)


def minutes(day: int, count: int) -> datetime:
    """The moment `minutes` after the start of that day."""
    return days(day) + timedelta(minutes=count)


PLATFORM = "91990000MA0QHXT16J"
SHOP = "91990000MA0HMYX219"
FORMER_SHOP = "91990000MA0YJHX32R"

NUMBER = "106907531200186"
UNFILED = "106907539944"

COMPLAINT, FIRST_COMPLAINT = id_of(101), id_of(102)
ORDER = id_of(301)
CLUE = id_of(501)
ENTRY = id_of(601)
ACT = id_of(999)
"""A command that led to a fact: a request of a carrier or of staff, or a run of a sweep."""
