"""Idempotency-Key: an act happens once, however often its request is sent.

The key is inserted first, in the transaction of the act itself. A second request with the same key waits at that insert
until the first one ends. Where the first one committed, its stored response is replayed; where it rolled back, the
second one acts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any, Final, TypeVar

import sqlalchemy as sa
from fastapi import Depends, Header
from psycopg.types.json import Jsonb
from sqlalchemy.dialects.postgresql import JSONB
from starlette.requests import Request
from starlette.responses import Response

from chassis import clock
from chassis.database import MECHANISM, Key, Tx, moment
from chassis.http.auth import Caller
from chassis.http.faults import form
from chassis.http.problems import Busy, IdempotencyKeyRequired, IdempotencyKeyReused
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
)

_TAKE: Final = (
    "INSERT INTO idempotency_keys (caller, route, key, fingerprint, kept_at)"
    " VALUES (%(caller)s, %(route)s, %(key)s, %(fingerprint)s, %(kept_at)s) ON CONFLICT DO NOTHING RETURNING key"
)
_KEEP: Final = (
    "UPDATE idempotency_keys SET status = %(status)s, headers = %(headers)s, body = %(body)s"
    " WHERE caller = %(caller)s AND route = %(route)s AND key = %(key)s"
)
_RECALL: Final = (
    "SELECT fingerprint, status, headers, body FROM idempotency_keys"
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
        if not tx.rows(_TAKE, {**own, "fingerprint": self._fingerprint, "kept_at": clock.now()}):
            return self._replay(tx, own)
        response = act()
        headers = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
        stored = {"status": response.status_code, "headers": Jsonb(headers), "body": bytes(response.body)}
        tx.rows(_KEEP, {**own, **stored})
        return response

    def _replay(self, tx: Tx, own: Mapping[str, str]) -> Response:
        found = tx.rows(_RECALL, own)
        if not found:  # pruned in between
            raise Busy
        stored = found[0]
        if stored.fingerprint != self._fingerprint:
            raise IdempotencyKeyReused
        headers = {**stored.headers, "Idempotency-Replayed": "true"}
        return Response(stored.body, status_code=stored.status, headers=headers)


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
