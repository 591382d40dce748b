"""What this service hears, and what it does about it: complaints assessed and withdrawn are collected in clues, and the
register's filings tell the names of enterprises."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from chassis.database import Tx
from chassis.events.envelope import Message, newest
from chassis.events.routing import Projection, Routing
from contracts.complaints import ComplaintAssessed, ComplaintWithdrawn
from contracts.ports import PortDeclared
from services.referrals.commands.collecting import Belonging, collect
from services.referrals.model import NOTHING
from services.referrals.policy.subjects import placing_of
from services.referrals.store import locks
from services.referrals.store.enterprises import keep_names
from services.referrals.store.evidence import Assessed, Known, keep_assessments, keep_withdrawals, known_of
from services.referrals.store.tables import ENTERPRISES

Assessment = Message[ComplaintAssessed]
Withdrawal = Message[ComplaintWithdrawn]


def take_evidence(tx: Tx, messages: Sequence[Assessment]) -> None:
    """Write assessments down as evidence, each complaint in the clue where it belongs now."""
    locks.collecting(tx)
    latest = newest(messages, lambda event: event.complaint)
    known = known_of(tx, latest)
    heard = {complaint: _heard(each) for complaint, each in latest.items() if _is_news(known.get(complaint), each)}
    belonging = {
        complaint: Belonging(each.placing.place, each.alone, latest[complaint].caused())
        for complaint, each in heard.items()
    }
    keep_assessments(tx, list(heard.values()), known, collect(tx, known, belonging))


def withdraw_evidence(tx: Tx, messages: Sequence[Withdrawal]) -> None:
    """Let withdrawn complaints leave the clues that they are in. What was sealed stays as it was sealed."""
    locks.collecting(tx)
    latest = newest(messages, lambda event: event.complaint)
    known = known_of(tx, latest)
    heard = {complaint: each for complaint, each in latest.items() if _is_news(known.get(complaint), each)}
    collect(tx, known, {complaint: Belonging(None, NOTHING, each.caused()) for complaint, each in heard.items()})
    keep_withdrawals(tx, {complaint: each.version for complaint, each in heard.items()}, known)


REACTIONS: Routing = {
    ComplaintAssessed: take_evidence,
    ComplaintWithdrawn: withdraw_evidence,
}

PROJECTIONS = (Projection(name="enterprises", handlers={PortDeclared: keep_names}, tables=(ENTERPRISES,)),)

H = TypeVar("H", ComplaintAssessed, ComplaintWithdrawn)


def _is_news(known: Known | None, message: Message[H]) -> bool:
    return known is None or known.version < message.version


def _heard(message: Assessment) -> Assessed:
    event = message.event
    return Assessed(
        complaint=event.complaint,
        version=message.version,
        placing=placing_of(event),
        category=event.category,
        complainant=event.complainant,
        vouched=event.vouched and not event.capped,
        number=event.sender.number,
        number_kind=event.sender.kind,
        carrier=event.attribution.carrier,
        holder=event.attribution.holder,
        province=event.province,
        excerpt=event.excerpt,
        received_hour=event.received_at.replace(minute=0, second=0, microsecond=0),
    )
