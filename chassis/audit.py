"""The audit log: who did what to which object, when and why. Written in the transaction of the act itself."""

from __future__ import annotations

import hashlib
from typing import Protocol

import msgspec
import sqlalchemy as sa

from chassis import clock
from chassis.database import MECHANISM, Key, Tx, moment
from chassis.ids import new_id

AUDIT_LOG = sa.Table(
    "audit_log",
    MECHANISM,
    sa.Column("id", sa.Uuid, primary_key=True),
    moment("at", nullable=False),
    sa.Column("subject", Key, nullable=False),
    sa.Column("org", Key, nullable=False),
    sa.Column("act", Key, nullable=False),
    sa.Column("object", Key, nullable=False, index=True),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("before_digest", sa.LargeBinary),
    sa.Column("after_digest", sa.LargeBinary),
)
"""Rows are only ever added. States are compared by their digests, so that the log holds no personal data."""


class Actor(Protocol):
    """A caller of the API, or an operator at the command line."""

    @property
    def subject(self) -> str: ...

    @property
    def organisation(self) -> str: ...


def record(
    tx: Tx,
    actor: Actor,
    act: str,
    object: str,  # noqa: A002 - the name in the audit log
    reason: str,
    *,
    before: bytes | None = None,
    after: bytes | None = None,
) -> None:
    """Record that `actor` did `act` (such as "order-lifted") to `object` (such as "order:<id>") for `reason`.

    `before` and `after` are digests of the object's state, see `digest`.
    """
    tx.execute(
        AUDIT_LOG.insert().values(
            id=new_id(),
            at=clock.now(),
            subject=actor.subject,
            org=actor.organisation,
            act=act,
            object=object,
            reason=reason,
            before_digest=before,
            after_digest=after,
        )
    )


def digest(state: object) -> bytes:
    """SHA-256 of a state (structs, dataclasses, plain values) in a canonical encoding."""
    return hashlib.sha256(msgspec.json.encode(state, order="deterministic")).digest()
