"""A parcel that is sent, becomes overdue and is delivered."""

from __future__ import annotations

from uuid import UUID

import msgspec

from chassis.citation import Citation
from chassis.redaction import Written
from contracts.examples.records.record import ACT, Record, days
from examples.parcels.facts import ParcelDelivered, ParcelFact, ParcelOverdue, ParcelSent

PARCEL = UUID("019e1640-c780-7000-8000-0000000fa001")
DELIVERY = Citation(
    rule="parcels.delivery", version="CN-2026@2026-01-01", legal_source="none; our own design", mark="D"
)

_SENT = ParcelSent(
    parcel=PARCEL,
    sender="carrier:CMCC",
    recipient=Written("收发室"),
    state="sent",
    rules=(DELIVERY,),
    sent_at=days(0),
    deliver_by=days(3),
    delivered_at=None,
    overdue_since=None,
)
_OVERDUE = msgspec.convert(_SENT, ParcelOverdue, from_attributes=True)
_OVERDUE = msgspec.structs.replace(_OVERDUE, overdue_since=days(3))
_DELIVERED = msgspec.convert(_OVERDUE, ParcelDelivered, from_attributes=True)
_DELIVERED = msgspec.structs.replace(_DELIVERED, state="delivered", delivered_at=days(4))


def _record(event: ParcelFact, version: int, day: float) -> Record:
    identifier = UUID(int=PARCEL.int + version)
    return Record(event=event, id=identifier, version=version, time=days(day), correlation=ACT, causation=ACT)


RECORDS: tuple[Record, ...] = (_record(_SENT, 1, 0), _record(_OVERDUE, 2, 3), _record(_DELIVERED, 3, 4))
"""One record of every event type of parcels."""
