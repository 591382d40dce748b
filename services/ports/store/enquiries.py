"""Enquiries: loaded and saved in sets, and looked up by number."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from chassis.database import Read, Tx
from chassis.ids import reference
from chassis.quarantine import HELD
from chassis.stored import Stored, read_as
from chassis.sweeper import Slice
from services.ports.model import Enquiry, PortKey
from services.ports.policy.situation import PastEnquiry
from services.ports.store.tables import ENQUIRIES

_STORED = Stored(ENQUIRIES, Enquiry)


def load_enquiries(tx: Tx, ids: Iterable[UUID]) -> list[Enquiry]:
    """The enquiries with these ids, locked, sorted by id."""
    return _STORED.lock(tx, ids)


def find_enquiries_due(read: Read, now: datetime, piece: Slice) -> list[str]:
    """The enquiries whose deadline passed before `now` without an answer."""
    rows = read.execute(
        sa.text(
            "SELECT id FROM enquiries WHERE state = 'sent' AND answer_by < :now "  # noqa: S608 - a constant
            f"AND CAST(id AS text) NOT IN {HELD} ORDER BY answer_by LIMIT :limit"
        ),
        {"now": now, "limit": piece.limit, "sweep": piece.sweep},
    )
    return [str(each) for each in rows.scalars()]


def numbers_of(read: Read, ids: Sequence[str]) -> list[str]:
    """The numbers of these enquiries, which never change."""
    statement = sa.text("SELECT DISTINCT number FROM enquiries WHERE id = ANY(CAST(:ids AS uuid[]))")
    return sorted(read.execute(statement, {"ids": list(ids)}).scalars())


def load_enquiries_due(tx: Tx, ids: Sequence[str], numbers: Sequence[str], now: datetime) -> list[Enquiry]:
    """Those of these enquiries that are about one of these numbers, and whose deadline passed before `now` without an
    answer; locked."""
    return _loaded(
        tx,
        sa.text(
            "SELECT * FROM enquiries WHERE id = ANY(CAST(:ids AS uuid[])) AND number = ANY(CAST(:numbers AS text[])) "
            "AND state = 'sent' AND answer_by < :now ORDER BY id FOR UPDATE"
        ),
        {"ids": list(ids), "numbers": list(numbers), "now": now},
    )


def save_enquiries(tx: Tx, enquiries: Sequence[Enquiry]) -> None:
    """Write the enquiries that changed and publish their events."""
    _STORED.save(tx, enquiries)


def past_enquiries(read: Read, numbers: Sequence[str]) -> dict[str, list[PastEnquiry]]:
    """Every enquiry about these numbers, open or closed."""
    rows = read.execute(
        sa.text("SELECT id, number, sent_at, cause FROM enquiries WHERE number = ANY(CAST(:numbers AS text[]))"),
        {"numbers": list(numbers)},
    )
    enquiries: dict[str, list[PastEnquiry]] = defaultdict(list)
    for row in rows.all():
        enquiries[row.number].append(read_as(row, PastEnquiry))
    return enquiries


def admissions(read: Read, numbers: Sequence[str]) -> set[str]:
    """References to the enquiries about these numbers that were answered `mine-unfiled`."""
    rows = read.execute(
        sa.text("SELECT id FROM enquiries WHERE number = ANY(CAST(:numbers AS text[])) AND answer = 'mine-unfiled'"),
        {"numbers": list(numbers)},
    )
    return {reference("enquiry", each) for each in rows.scalars()}


def find_port_of_enquiry(read: Read, enquiry: UUID) -> PortKey | None:
    """The carrier and number of an enquiry, which never change; None where the enquiry does not exist."""
    statement = sa.select(ENQUIRIES.c.carrier, ENQUIRIES.c.number).where(ENQUIRIES.c.id == enquiry)
    row = read.execute(statement).one_or_none()
    return None if row is None else (row.carrier, row.number)


def _loaded(tx: Tx, statement: sa.TextClause, parameters: dict[str, Any]) -> list[Enquiry]:
    return [enquiry_of(row) for row in tx.execute(statement, parameters)]


def enquiry_of(row: sa.Row[Any]) -> Enquiry:
    """The enquiry in a row of its table."""
    return _STORED.load(row)
