"""Transitions of a parcel."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from chassis.aggregate import Cause, ConflictError
from chassis.ids import new_id
from examples.parcels.facts import ParcelDelivered, ParcelOverdue, ParcelSent
from examples.parcels.model import Parcel, ParcelState

NOON = datetime(2026, 6, 10, 12, tzinfo=UTC)
BECAUSE = Cause.beginning("a request")


def sent() -> Parcel:
    """A parcel that was sent at noon and must be delivered within a day."""
    parcel = Parcel(
        id=new_id(),
        sender="carrier:CMCC",
        recipient="收发室",
        correlation_id=BECAUSE.correlation_id,
        rules=(),
        sent_at=NOON,
        deliver_by=NOON + timedelta(days=1),
    )
    parcel.send(BECAUSE)
    return parcel


def recorded(parcel: Parcel) -> list[type]:
    return [type(each.event) for each in parcel.recorded]


def test_a_delivered_parcel_has_the_time_of_its_delivery() -> None:
    parcel = sent()
    parcel.deliver(NOON + timedelta(hours=1), BECAUSE)
    assert (parcel.state, parcel.delivered_at) == (ParcelState.DELIVERED, NOON + timedelta(hours=1))
    assert recorded(parcel) == [ParcelSent, ParcelDelivered]
    assert parcel.version == 2


def test_a_parcel_is_delivered_once() -> None:
    parcel = sent()
    parcel.deliver(NOON, BECAUSE)
    with pytest.raises(ConflictError) as conflict:
        parcel.deliver(NOON, BECAUSE)
    assert conflict.value.code == "parcel-state"


def test_a_missed_deadline_is_marked_once_and_the_parcel_is_still_delivered() -> None:
    parcel = sent()
    late = NOON + timedelta(days=2)
    assert not parcel.mark_overdue(parcel.deliver_by, BECAUSE)
    assert parcel.mark_overdue(late, BECAUSE)
    assert not parcel.mark_overdue(late, BECAUSE)
    parcel.deliver(late, BECAUSE)
    assert parcel.overdue_since == parcel.deliver_by
    assert recorded(parcel) == [ParcelSent, ParcelOverdue, ParcelDelivered]
