"""A record of a topic, and how those of the examples are written: all of it is made up.

The credit codes fit their check characters, but the region 990000 is nowhere.
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
    """A fact as it stood on its topic: which one, when, as which version of its aggregate and because of what."""

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
    """The identifier of that number."""
    return UUID(f"019e1640-c780-7000-8000-{number:012d}")


def days(count: float) -> datetime:
    """A moment that many days after the beginning: Monday, 11 May 2026, nine o'clock in Beijing."""
    return datetime(2026, 5, 11, 1, tzinfo=UTC) + timedelta(days=count)


def minutes(day: int, count: int) -> datetime:
    """A moment that many minutes after that day began."""
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
"""A command: the request of a carrier or of staff, or the run of a sweep, that led to a fact."""
