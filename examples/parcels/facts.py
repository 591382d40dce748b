"""Facts of the parcels service."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from chassis.citation import Citation
from chassis.event import Event
from chassis.redaction import Written
from contracts.moments import Moment


class ParcelFact(Event, frozen=True, kw_only=True):
    """The whole published state of a parcel, as every fact about it carries it."""

    topic: ClassVar[str] = "parcels.parcels.v1"
    aggregate: ClassVar[str] = "parcel"

    parcel: UUID
    sender: str
    recipient: Written
    state: str
    rules: tuple[Citation, ...]
    sent_at: Moment
    deliver_by: Moment
    delivered_at: Moment | None
    overdue_since: Moment | None

    @property
    def aggregate_id(self) -> str:
        return str(self.parcel)

    @property
    def key(self) -> str:
        return str(self.parcel)


class ParcelSent(ParcelFact, frozen=True, kw_only=True):
    """The parcel is on its way."""

    type: ClassVar[str] = "parcel-sent.v1"


class ParcelDelivered(ParcelFact, frozen=True, kw_only=True):
    """The parcel has reached its recipient."""

    type: ClassVar[str] = "parcel-delivered.v1"


class ParcelOverdue(ParcelFact, frozen=True, kw_only=True):
    """The deadline has passed without a delivery."""

    type: ClassVar[str] = "parcel-overdue.v1"
