"""Use cases of the parcels service, one function each."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from chassis import audit, clock
from chassis.database import Tx
from chassis.events.envelope import Message
from chassis.ids import new_id, reference
from chassis.target import Target
from examples.parcels.access import Visibility
from examples.parcels.facts import ParcelDelivered
from examples.parcels.model import Parcel
from examples.parcels.policy import delivery_rule
from examples.parcels.store import add_arrivals, load_parcels, load_parcels_due, save_parcels


def send_parcel(tx: Tx, sender: str, recipient: str) -> Parcel:
    """Send a parcel; its deadline is that of the day."""
    now = clock.now()
    rule = delivery_rule(now)
    parcel = Parcel(
        id=new_id(),
        sender=sender,
        recipient=recipient,
        correlation_id=tx.cause.correlation_id,
        rules=(rule.citation,),
        sent_at=now,
        deliver_by=now + rule.within,
    )
    parcel.send(tx.cause)
    save_parcels(tx, [parcel])
    return parcel


def deliver_parcel(tx: Tx, target: Target[Visibility]) -> Parcel:
    """Deliver a parcel. Raises ConflictError, and what `target.require` raises."""
    parcel = target.require(partial(load_parcels, tx), lambda each: target.visibility.includes(each.sender))
    parcel.deliver(clock.now(), tx.cause)
    save_parcels(tx, [parcel])
    audit.record(tx, target.actor, "parcel-delivered", reference("parcel", parcel.id), "delivered")
    return parcel


def mark_overdue_parcels(tx: Tx, ids: Sequence[str]) -> int:
    """Mark those of these parcels whose deadline has passed; returns their count."""
    now = clock.now()
    parcels = load_parcels_due(tx, ids, now)
    for parcel in parcels:
        parcel.mark_overdue(now, tx.cause)
    save_parcels(tx, parcels)
    return len(parcels)


def note_arrivals(tx: Tx, messages: Sequence[Message[ParcelDelivered]]) -> None:
    """Keep one row per delivered parcel."""
    add_arrivals(
        tx,
        [
            {
                "parcel_id": event.parcel,
                "sender": event.sender,
                "delivered_at": event.delivered_at,
                "late": event.overdue_since is not None,
            }
            for event in (message.event for message in messages)
        ],
    )
