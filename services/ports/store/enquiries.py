"""Enquiries: loaded and saved in sets, and asked about by number."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from chassis import sets
from chassis.citation import Citation
from chassis.database import Read, Tx
from services.ports.model import Addressed, Answer, Enquiry, EnquiryState
from services.ports.model.order import reference
from services.ports.policy.decisions import PastEnquiry
from services.ports.store.register import Place
from services.ports.store.tables import ENQUIRIES

_CHANGING = ("version", "state", "answer", "answer_note", "answered_at", "unanswered_at")


def load_enquiries(tx: Tx, ids: Iterable[UUID]) -> list[Enquiry]:
    """The enquiries with these ids, locked, sorted by id."""
    return _loaded(
        tx,
        sa.text("SELECT * FROM enquiries WHERE id = ANY(CAST(:ids AS uuid[])) ORDER BY id FOR UPDATE"),
        {"ids": list(ids)},
    )


def load_enquiries_due(tx: Tx, numbers: Sequence[str], now: datetime) -> list[Enquiry]:
    """The enquiries about these numbers whose deadline passed before `now` without an answer, locked."""
    return _loaded(
        tx,
        sa.text(
            "SELECT * FROM enquiries WHERE number = ANY(CAST(:numbers AS text[])) AND state = 'sent' "
            "AND answer_by < :now ORDER BY id FOR UPDATE"
        ),
        {"numbers": list(numbers), "now": now},
    )


def numbers_due(read: Read, now: datetime, limit: int) -> list[str]:
    """Numbers about which at most `limit` enquiries have passed their deadline before `now` without an answer."""
    rows = read.execute(
        sa.text(
            "SELECT number FROM enquiries WHERE state = 'sent' AND answer_by < :now ORDER BY answer_by LIMIT :limit"
        ),
        {"now": now, "limit": limit},
    )
    return sorted(set(rows.scalars()))


def save_enquiries(tx: Tx, enquiries: Sequence[Enquiry]) -> None:
    """Write enquiries that changed and publish what they recorded."""
    changed = [each for each in enquiries if each.recorded]
    rows = [_row(each) for each in changed]
    sets.insert(tx, ENQUIRIES, [row for row in rows if not row["stored_version"]])
    sets.update(tx, ENQUIRIES, _CHANGING, [row for row in rows if row["stored_version"]])
    tx.publish(changed)


def past_enquiries(read: Read, numbers: Sequence[str]) -> dict[str, list[PastEnquiry]]:
    """Every enquiry there was about these numbers."""
    rows = read.execute(
        sa.text("SELECT number, sent_at, cause FROM enquiries WHERE number = ANY(CAST(:numbers AS text[]))"),
        {"numbers": list(numbers)},
    )
    enquiries: dict[str, list[PastEnquiry]] = defaultdict(list)
    for row in rows.all():
        enquiries[row.number].append(PastEnquiry(row.sent_at, row.cause))
    return enquiries


def admissions(read: Read, numbers: Sequence[str]) -> set[str]:
    """References to the enquiries about these numbers to which a carrier said: mine, and unfiled."""
    rows = read.execute(
        sa.text("SELECT id FROM enquiries WHERE number = ANY(CAST(:numbers AS text[])) AND answer = 'mine-unfiled'"),
        {"numbers": list(numbers)},
    )
    return {reference("enquiry", each) for each in rows.scalars()}


def place_of_enquiry(read: Read, enquiry: UUID) -> Place | None:
    """Whom an enquiry asks about which number, which never changes; None where there is no such enquiry."""
    statement = sa.select(ENQUIRIES.c.carrier, ENQUIRIES.c.number).where(ENQUIRIES.c.id == enquiry)
    row = read.execute(statement).one_or_none()
    return None if row is None else (row.carrier, row.number)


def _loaded(tx: Tx, statement: sa.TextClause, parameters: dict[str, Any]) -> list[Enquiry]:
    return [enquiry_of(row) for row in tx.execute(statement, parameters)]


def enquiry_of(row: Any) -> Enquiry:
    """The enquiry in a row of its table."""
    return Enquiry(
        id=row.id,
        version=row.version,
        carrier=row.carrier,
        number=row.number,
        cause=row.cause,
        correlation_id=row.correlation_id,
        addressed_because=Addressed(row.addressed_because),
        holder=row.holder,
        complainants=row.complainants,
        reasons=tuple(row.reasons),
        rules=msgspec.convert(row.rules, tuple[Citation, ...]),
        causes=tuple(row.causes),
        sent_at=row.sent_at,
        answer_by=row.answer_by,
        state=EnquiryState(row.state),
        answer=None if row.answer is None else Answer(row.answer),
        answer_note=row.answer_note,
        answered_at=row.answered_at,
        unanswered_at=row.unanswered_at,
    )


def _row(enquiry: Enquiry) -> sets.Row:
    return {
        "id": enquiry.id,
        "stored_version": enquiry.stored_version,
        "version": enquiry.version,
        "carrier": enquiry.carrier,
        "number": enquiry.number,
        "cause": enquiry.cause,
        "correlation_id": enquiry.correlation_id,
        "addressed_because": enquiry.addressed_because,
        "holder": enquiry.holder,
        "complainants": enquiry.complainants,
        "reasons": enquiry.reasons,
        "rules": enquiry.rules,
        "causes": enquiry.causes,
        "sent_at": enquiry.sent_at,
        "answer_by": enquiry.answer_by,
        "state": enquiry.state,
        "answer": enquiry.answer,
        "answer_note": enquiry.answer_note,
        "answered_at": enquiry.answered_at,
        "unanswered_at": enquiry.unanswered_at,
    }
