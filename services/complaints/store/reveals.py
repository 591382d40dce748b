"""Reveals: loaded and saved, and what they reveal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from chassis import privacy
from chassis.citation import Citation
from chassis.database import Read, StaleAggregateError, Tx
from services.complaints.model import Reveal, RevealState
from services.complaints.store.tables import COMPLAINTS, REVEALS


@dataclass(frozen=True, slots=True)
class Disclosure:
    """What a reveal reveals: the complainant's number, and the message word for word."""

    complainant_number: str
    text: str


def load_reveal(tx: Tx, identifier: UUID) -> Reveal | None:
    """Lock a reveal; None where there is none."""
    row = tx.execute(sa.select(REVEALS).where(REVEALS.c.id == identifier).with_for_update()).one_or_none()
    return None if row is None else reveal_of(row)


def is_waiting(read: Read, complaint: UUID, by: str) -> bool:
    """Whether this person's request about this complaint waits for its decision."""
    waiting = sa.select(REVEALS.c.id).where(
        REVEALS.c.complaint_id == complaint,
        REVEALS.c.requested_by == by,
        REVEALS.c.state == RevealState.REQUESTED,
    )
    return read.execute(waiting).first() is not None


def save_reveal(tx: Tx, reveal: Reveal) -> None:
    """Write a reveal that is new or was decided. Raises StaleAggregateError when it changed in between."""
    if not reveal.stored_version:
        tx.execute(REVEALS.insert().values(_row(reveal)))
    else:
        as_loaded = sa.and_(REVEALS.c.id == reveal.id, REVEALS.c.version == reveal.stored_version)
        if tx.execute(REVEALS.update().where(as_loaded).values(_row(reveal))).rowcount != 1:
            raise StaleAggregateError(f"reveal {reveal.id} changed meanwhile")
    reveal.stored_version = reveal.version


def disclose(read: Read, complaint: UUID) -> Disclosure:
    """Decrypt who filed a complaint. Raises chassis.privacy.UndecipherableError where the key ring has lost the key."""
    columns = COMPLAINTS.c
    row = read.execute(sa.select(columns.number_cipher, columns.text).where(columns.id == complaint)).one()
    return Disclosure(privacy.ring().decrypt(row.number_cipher, complaint.bytes).decode(), row.text)


def reveal_of(row: Any) -> Reveal:
    """The reveal in a row of its table."""
    return Reveal(
        id=row.id,
        complaint=row.complaint_id,
        province=row.province,
        reason=row.reason,
        requested_by=row.requested_by,
        requested_at=row.requested_at,
        state=RevealState(row.state),
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        decision_reason=row.decision_reason,
        expires_at=row.expires_at,
        rules=msgspec.convert(row.rules, tuple[Citation, ...]),
        version=row.version,
        stored_version=row.version,
    )


def _row(reveal: Reveal) -> dict[str, Any]:
    return {
        "id": reveal.id,
        "version": reveal.version,
        "complaint_id": reveal.complaint,
        "province": reveal.province,
        "state": reveal.state,
        "reason": reveal.reason,
        "requested_by": reveal.requested_by,
        "requested_at": reveal.requested_at,
        "decided_by": reveal.decided_by,
        "decided_at": reveal.decided_at,
        "decision_reason": reveal.decision_reason,
        "expires_at": reveal.expires_at,
        "rules": msgspec.to_builtins(reveal.rules),
    }
