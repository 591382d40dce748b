"""Notices to a party without an account, such as an enterprise, and what the party replies.

Each notice carries a reply code of 128 random bits. It is returned once, to who issues the notice, and stored as its
SHA-256, which needs no salt for so many random bits. With the code and its own identifier the party reads what concerns
it and replies. An act of the party is evidence, not the act of a person of the staff. The reply code is shown to who
issues the notice: that person joins the chain of what a reply decides.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from chassis import audit, clock
from chassis.aggregate import NotFoundError
from chassis.audit import Actor
from chassis.characters import plain
from chassis.database import Key, Read, Tx, moment
from chassis.ids import new_id
from chassis.stored import read_as

_CODE_BYTES = 16
_GROUP = 4
# The alphabet of base 32 has letters and the digits 2 to 7: who types 0 or 1 has read a letter.
_MISREAD = str.maketrans({"0": "O", "1": "I"})


def declare(metadata: sa.MetaData) -> None:
    """The tables of notices and of replies, for the metadata of a service that has them."""
    sa.Table(
        "notices",
        metadata,
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("object", Key, nullable=False),
        sa.Column("party", Key, nullable=False),
        sa.Column("code_digest", sa.LargeBinary, nullable=False, unique=True),
        moment("issued_at", nullable=False),
        sa.Column("issued_by", Key, nullable=False),
        sa.Index("ix_notices_object", "object"),
        comment="Notices to parties without an account; the reply code is stored as its SHA-256",
    )
    sa.Table(
        "replies",
        metadata,
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("object", Key, nullable=False),
        sa.Column("party", Key, nullable=False),
        sa.Column("kind", Key, nullable=False),
        sa.Column("statement", sa.Text, nullable=False),
        moment("replied_at", nullable=False),
        sa.Index("ix_replies_object", "object", "id"),
        comment="What parties without an account have replied to notices",
    )


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice to a party (such as an enterprise by its credit code) about an object (such as "entry:<id>"). Who issued
    it knows the reply code too."""

    id: UUID
    object: str
    party: str
    issued_by: str

    @property
    def object_id(self) -> UUID:
        """The id of the object: what follows its kind."""
        return UUID(self.object.partition(":")[2])

    @property
    def subject(self) -> str:
        """The party, as the audit log names it."""
        return f"party:{self.party}"

    @property
    def organisation(self) -> str:
        """The party, as the audit log names it."""
        return self.subject


@dataclass(frozen=True, slots=True)
class IssuedNotice:
    """A notice as it is issued. The reply code is known only now."""

    id: UUID
    party: str
    reply_code: str
    issued_at: datetime


@dataclass(frozen=True, slots=True)
class Reply:
    """What the party of a notice has replied."""

    kind: str
    statement: str
    replied_at: datetime


def issue_notice(tx: Tx, about: str, party: str, issuer: Actor) -> IssuedNotice:
    """Issue a notice about an object to a party. Earlier reply codes stay valid: letters cross."""
    code = secrets.token_bytes(_CODE_BYTES)
    issued = IssuedNotice(new_id(), party, _written(code), clock.now())
    tx.execute(
        sa.text(
            "INSERT INTO notices (id, object, party, code_digest, issued_at, issued_by)"
            " VALUES (:id, :object, :party, :digest, :at, :by)"
        ),
        {
            "id": issued.id,
            "object": about,
            "party": party,
            "digest": hashlib.sha256(code).digest(),
            "at": issued.issued_at,
            "by": issuer.subject,
        },
    )
    audit.record(tx, issuer, "notice-issued", about, f"to {party}")
    return issued


def find_notice(read: Read, party: str, reply_code: str) -> Notice:
    """The notice to this party with this reply code, as people type it. Raises NotFoundError, which does not state
    which of the two is wrong."""
    code = _read(reply_code)
    row = (
        code
        and read.execute(
            sa.text("SELECT id, object, party, issued_by FROM notices WHERE code_digest = :digest AND party = :party"),
            {"digest": hashlib.sha256(code).digest(), "party": party},
        ).one_or_none()
    )
    if not row:
        raise NotFoundError
    return read_as(row, Notice)


def record_reply(tx: Tx, notice: Notice, kind: str, statement: str) -> None:
    """Record what the party of a notice replies."""
    tx.execute(
        sa.text(
            "INSERT INTO replies (id, object, party, kind, statement, replied_at)"
            " VALUES (:id, :object, :party, :kind, :statement, :at)"
        ),
        {
            "id": new_id(),
            "object": notice.object,
            "party": notice.party,
            "kind": kind,
            "statement": statement,
            "at": clock.now(),
        },
    )
    audit.record(tx, notice, f"{kind}-received", notice.object, statement)


def find_replies(read: Read, about: str, party: str | None = None) -> list[Reply]:
    """What was replied to the notices about an object, by this party or by all (None), the oldest first.
    Raises UnreadableRowError."""
    statement = sa.text(
        "SELECT kind, statement, replied_at FROM replies"
        " WHERE object = :object AND party = coalesce(:party, party) ORDER BY id"
    )
    rows = read.execute(statement, {"object": about, "party": party})
    return [read_as(row, Reply) for row in rows.all()]


def _written(code: bytes) -> str:
    text = base64.b32encode(code).decode().rstrip("=")
    return "-".join(text[start : start + _GROUP] for start in range(0, len(text), _GROUP))


def _read(text: str) -> bytes | None:
    """The bytes of a reply code as people type it: in small letters, with other separators, in full width."""
    letters = "".join(each for each in plain(text).upper() if each.isalnum()).translate(_MISREAD)
    try:
        code = base64.b32decode(letters + "=" * (-len(letters) % 8))
    except ValueError:
        return None
    return code if len(code) == _CODE_BYTES else None
