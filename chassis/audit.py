"""The audit log: who did what to which object, when and why. Written in the transaction of the act itself.

The service can add entries, and neither change nor remove one. `chassis.seals` seals them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Protocol

import msgspec
import psycopg
import sqlalchemy as sa
import structlog

from chassis import clock
from chassis.database import MECHANISM, Key, Tx, moment
from chassis.ids import new_id
from chassis.redaction import redact

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
"""Rows are only ever added. States are compared by their digests and reasons are redacted, so that the log holds no
personal data."""

AUDIT_UNSEALED = sa.Table(
    "audit_unsealed",
    MECHANISM,
    sa.Column("entry", sa.Uuid, primary_key=True),
    moment("since", nullable=False, server_default=sa.text("clock_timestamp()")),
    comment="The entries of the audit log that wait for their seal",
)
"""A trigger adds each entry, also those of processes of an earlier release. A transaction that commits late adds its
entries late, so that none is passed over."""

QUEUE = """
CREATE OR REPLACE FUNCTION await_seal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.audit_unsealed (entry) VALUES (NEW.id);
    RETURN NULL;
END $$;
CREATE TRIGGER await_seal AFTER INSERT ON audit_log FOR EACH ROW EXECUTE FUNCTION await_seal()
"""
sa.event.listen(AUDIT_LOG, "after_create", sa.DDL(QUEUE))  # type: ignore[no-untyped-call]

_READ = (
    "SET LOCAL synchronous_commit = off; SET LOCAL lock_timeout = '200ms';"
    " INSERT INTO audit_log (id, at, subject, org, act, object, reason) VALUES (%s, %s, %s, %s, %s, %s, %s)"
)

log = structlog.get_logger()


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
    """Record that `actor` did `act` (such as "order-lifted") to `object` (such as "order:<id>") for `reason`, of which
    personal data is removed.

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
            reason=redact(reason),
            before_digest=before,
            after_digest=after,
        )
    )


def record_read(tx: Tx, actor: Actor, act: str, object: str, reason: str = "") -> None:  # noqa: A002
    """Record that `actor` has read `object`, such as act "complaint-read", object "complaint:<id>"; the last statement
    of its transaction.

    A read neither waits nor fails because of it: the commit does not wait for the disk (a crash of the server loses the
    entries of its last half second), and where the entry cannot be written, the structured log has it.
    """
    entry = (new_id(), clock.now(), actor.subject, actor.organisation, act, object, reason)
    try:
        # One round trip: this cursor sends all statements as one text.
        psycopg.ClientCursor(tx.cursor().connection).execute(_READ, entry)
    except psycopg.Error as error:
        log.error(
            "a read is not in the audit log",
            subject=actor.subject,
            org=actor.organisation,
            act=act,
            object=object,
            reason=reason,
            error=str(error),
        )


def encoded(row: Mapping[str, object]) -> bytes:
    """A whole row in a canonical encoding: a JSON object with sorted names, without the columns that are null, so that
    a column of a later release changes no earlier row."""
    return msgspec.json.encode({name: value for name, value in row.items() if value is not None}, order="deterministic")


def digest(state: object) -> bytes:
    """SHA-256 of a state (structs, dataclasses, plain values) in a canonical encoding."""
    return hashlib.sha256(msgspec.json.encode(state, order="deterministic")).digest()
