"""A parcel.

    sent ──► delivered

Overdue is a mark, not a state: a late parcel is still delivered.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from chassis.aggregate import Aggregate, Cause, ConflictError, fact
from chassis.citation import Citation
from chassis.event import Event
from examples.parcels import facts


class ParcelState(StrEnum):
    """Where a parcel is."""

    SENT = "sent"
    DELIVERED = "delivered"


@dataclass(kw_only=True)
class Parcel(Aggregate):
    """One parcel, from the organisation that sends it to its recipient."""

    published_as: ClassVar[type[Event]] = facts.ParcelFact

    sender: str
    recipient: str
    correlation_id: str
    rules: tuple[Citation, ...]
    sent_at: datetime
    deliver_by: datetime
    state: ParcelState = ParcelState.SENT
    delivered_at: datetime | None = None
    overdue_since: datetime | None = None

    @property
    def parcel(self) -> UUID:
        """Its id, as facts about it name it."""
        return self.id

    def send(self, because: Cause) -> None:
        """Send the parcel."""
        self._record(facts.ParcelSent, because)

    def deliver(self, at: datetime, because: Cause) -> None:
        """Deliver the parcel, once. Raises ConflictError."""
        if self.state is ParcelState.DELIVERED:
            raise ConflictError("parcel-state", f"The parcel was delivered at {self.delivered_at:%Y-%m-%d %H:%M:%S}Z.")
        self.state = ParcelState.DELIVERED
        self.delivered_at = at
        self._record(facts.ParcelDelivered, because)

    def mark_overdue(self, now: datetime, because: Cause) -> bool:
        """Mark a missed deadline, once; returns whether the mark is new."""
        if self.state is not ParcelState.SENT or self.overdue_since is not None or now <= self.deliver_by:
            return False
        self.overdue_since = self.deliver_by
        self._record(facts.ParcelOverdue, because)
        return True

    def _record(self, kind: type[facts.ParcelFact], because: Cause) -> None:
        self.record(fact(kind, self), because.within(self.correlation_id))
