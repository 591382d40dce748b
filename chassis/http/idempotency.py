"""Idempotency-Key: an act happens once, however often its request is sent.

The key is inserted first, in the transaction of the act itself. A second request with the same key waits at that insert
until the first one ends. Where the first one committed, its stored response is replayed; where it rolled back, the
second one acts.

Where the process has a key ring, it stores responses encrypted, and the fingerprint of a request under a key: from a
plain hash a complainant's number could be found by trying them all.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any, Final, TypeVar

import sqlalchemy as sa
from fastapi import Depends, Header
from psycopg.types.json import Jsonb
from sqlalchemy.dialects.postgresql import JSONB
from starlette.requests import Request
from starlette.responses import Response

from chassis import clock, privacy
from chassis.database import MECHANISM, Key, Tx, moment
from chassis.http.auth import Caller
from chassis.http.faults import form
from chassis.http.problems import Busy, Erased, IdempotencyKeyRequired, IdempotencyKeyReused
from chassis.http.validation import route_of

KEY_PATTERN: Final = form(
    r"^[\x21-\x7e]{1,255}$", "must have 1 to 255 letters, digits and signs of ASCII, without spaces"
)
"""The characters and the length of a key."""

IDEMPOTENCY_KEYS = sa.Table(
    "idempotency_keys",
    MECHANISM,
    sa.Column("caller", Key, primary_key=True),
    sa.Column("route", Key, primary_key=True),
    sa.Column("key", Key, primary_key=True),
    sa.Column("fingerprint", sa.LargeBinary, nullable=False),
    moment("kept_at", nullable=False, index=True),
    sa.Column("status", sa.SmallInteger),
    sa.Column("headers", JSONB),
    sa.Column("body", sa.LargeBinary),
    sa.Column("sealed", sa.Boolean, nullable=False, server_default=sa.false()),
    # The path of the resource that the response shows, so that the response can be erased with it.
    sa.Column("about", Key),
    sa.Index("ix_idempotency_keys_about", "about", postgresql_where=sa.text("about IS NOT NULL")),
)

_TAKE: Final = (
    "INSERT INTO idempotency_keys (caller, route, key, fingerprint, kept_at, sealed)"
    " VALUES (%(caller)s, %(route)s, %(key)s, %(fingerprint)s, %(kept_at)s, %(sealed)s)"
    " ON CONFLICT DO NOTHING RETURNING key"
)
_KEEP: Final = (
    "UPDATE idempotency_keys SET status = %(status)s, headers = %(headers)s, body = %(body)s, about = %(about)s"
    " WHERE caller = %(caller)s AND route = %(route)s AND key = %(key)s"
)
_RECALL: Final = (
    "SELECT fingerprint, status, headers, body, sealed FROM idempotency_keys"
    " WHERE caller = %(caller)s AND route = %(route)s AND key = %(key)s"
)

_KEPT_HEADERS = ("content-type", "location", "etag")


F = TypeVar("F", bound=Callable[..., Any])


class KeyUse(StrEnum):
    """Whether the requests of a route carry an Idempotency-Key."""

    OPTIONAL = "optional"
    REQUIRED = "required"
    NONE = "none"


def key_use(use: KeyUse) -> Callable[[F], F]:
    """Declare a use of Idempotency-Key other than the optional one of every POST in a write transaction:
    `@key_use(KeyUse.NONE)`, below the route's own decorator."""

    def declare(endpoint: F) -> F:
        endpoint.__anning_key_use__ = use  # type: ignore[attr-defined]
        return endpoint

    return declare


class IdempotencyKey:
    """What identifies a request: its key, where it has one, its route, and the fingerprint of its content."""

    def __init__(self, key: str | None, route: str, fingerprint: bytes) -> None:
        self._key = key
        self._route = route
        self._fingerprint = fingerprint

    def once(self, tx: Tx, caller: Caller, act: Callable[[], Response]) -> Response:
        """The response of `act`, or the stored one where this caller's request with this key has succeeded before.

        Runs before anything else in `tx`; `act` reads and writes in the same transaction. An exception of `act` rolls
        back the key too. Raises IdempotencyKeyReused where the key belongs to another request.
        """
        if self._key is None:
            return act()
        own = {"caller": f"{caller.organisation} {caller.subject}", "route": self._route, "key": self._key}
        ring = privacy.ring_or_none()
        taken = {"fingerprint": self._stored_fingerprint(ring), "kept_at": clock.now(), "sealed": ring is not None}
        if not tx.rows(_TAKE, {**own, **taken}):
            return self._replay(tx, own)
        response = act()
        headers = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
        body = bytes(response.body)
        stored = {
            "status": response.status_code,
            "headers": Jsonb(headers),
            "body": body if ring is None else ring.encrypt(body, _belonging(own)),
            "about": headers.get("location"),
        }
        tx.rows(_KEEP, {**own, **stored})
        return response

    def _stored_fingerprint(self, ring: privacy.KeyRing | None) -> bytes:
        return self._fingerprint if ring is None else ring.fingerprint(f"request:{self._fingerprint.hex()}")

    def _replay(self, tx: Tx, own: Mapping[str, str]) -> Response:
        found = tx.rows(_RECALL, own)
        if not found:  # pruned in between
            raise Busy
        stored = found[0]
        ring = privacy.ring() if stored.sealed else None
        if stored.fingerprint != self._stored_fingerprint(ring):
            raise IdempotencyKeyReused
        if stored.body is None:
            raise Erased("The response to the first request is erased, with what it was about.")
        headers = {**stored.headers, "Idempotency-Replayed": "true"}
        body = stored.body if ring is None else ring.decrypt(stored.body, _belonging(own))
        return Response(body, status_code=stored.status, headers=headers)


def _belonging(own: Mapping[str, str]) -> bytes:
    return f"answer:{own['caller']}:{own['route']}:{own['key']}".encode()


async def optional_key(
    request: Request,
    idempotency_key: Annotated[
        str | None,
        Header(
            alias="Idempotency-Key",
            description="a random key for this act; a repeated request with the same key gets the same response for"
            " seven days",
            pattern=KEY_PATTERN,
        ),
    ] = None,
) -> IdempotencyKey:
    """The request's key, if it has one."""
    target = f"{request.method} {request.scope['path']}?{request.scope['query_string'].decode()}"
    fingerprint = hashlib.sha256(target.encode() + b"\n" + await request.body()).digest()
    return IdempotencyKey(idempotency_key, f"{request.method} {route_of(request)}", fingerprint)


async def required_key(request: Request, key: Annotated[IdempotencyKey, Depends(optional_key)]) -> IdempotencyKey:
    """The request's key. Raises IdempotencyKeyRequired where it has none."""
    if "idempotency-key" not in request.headers:
        raise IdempotencyKeyRequired
    return key


DEPENDENCIES: dict[KeyUse, Callable[..., Any]] = {KeyUse.OPTIONAL: optional_key, KeyUse.REQUIRED: required_key}
"""The dependency of a route, by its use of Idempotency-Key."""


def erase(tx: Tx, about: Iterable[str]) -> None:
    """Erase the stored responses that show the resources with these paths: a repeated request is refused with
    Erased."""
    columns = IDEMPOTENCY_KEYS.c
    tx.execute(IDEMPOTENCY_KEYS.update().where(columns.about.in_(list(about))).values(body=None))


def prune(tx: Tx, keep: timedelta, limit: int) -> int:
    """Delete at most `limit` answers stored for longer than `keep`; returns their count."""
    columns = IDEMPOTENCY_KEYS.c
    doomed = (
        sa.select(columns.caller, columns.route, columns.key)
        .where(columns.kept_at < clock.now() - keep)
        .order_by(columns.kept_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    own = sa.tuple_(columns.caller, columns.route, columns.key)
    return tx.execute(IDEMPOTENCY_KEYS.delete().where(own.in_(doomed))).rowcount
