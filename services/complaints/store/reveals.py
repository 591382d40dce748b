"""Reveals: loaded and saved by name, and the disclosure that an approved one permits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from chassis.aggregate import ConflictError
from chassis.database import Read, Tx
from chassis.stored import StoredSteps, of_row
from services.complaints.model import Reveal, RevealState
from services.complaints.store.contents import keys_for, number_in, text_in
from services.complaints.store.tables import COMPLAINTS, REVEALS

_STORED = StoredSteps(REVEALS, Reveal)


@dataclass(frozen=True, slots=True)
class Disclosure:
    """The complainant's number, and the message word for word; None where it is erased."""

    complainant_number: str
    text: str | None


def load_reveal(tx: Tx, identifier: UUID) -> Reveal | None:
    """The reveal, locked; None where it does not exist."""
    row = tx.execute(sa.select(REVEALS).where(REVEALS.c.id == identifier).with_for_update()).one_or_none()
    return None if row is None else reveal_of(row)


def is_waiting(read: Read, complaint: UUID, by: str) -> bool:
    """Whether a request of this person about this complaint waits for its decision."""
    waiting = sa.select(REVEALS.c.id).where(
        REVEALS.c.complaint_id == complaint,
        REVEALS.c.requested_by == by,
        REVEALS.c.state == RevealState.REQUESTED,
    )
    return read.execute(waiting).first() is not None


def save_reveal(tx: Tx, reveal: Reveal) -> None:
    """Write a reveal that is new or was decided. Raises StaleAggregateError where its row has changed since it was
    read."""
    _STORED.save(tx, [reveal])


def load_disclosure(read: Read, complaint: UUID) -> Disclosure:
    """Decrypt who filed a complaint. Raises ConflictError ("erased") where the number is erased, and
    UnreadableRowError where the key ring has lost the key."""
    columns = COMPLAINTS.c
    content = (columns.id, columns.text, columns.text_cipher, columns.number_cipher, columns.filed_at)
    row = read.execute(sa.select(*content).where(columns.id == complaint)).one()
    keys = keys_for(read, [row])
    number = of_row(number_in)(row, keys)
    if number is None:
        raise ConflictError("erased", "The number is erased: the complaint was withdrawn, or its key was destroyed.")
    return Disclosure(number, of_row(text_in)(row, keys))


def reveal_of(row: sa.Row[Any]) -> Reveal:
    """The reveal in a row of its table."""
    return _STORED.load(row)
