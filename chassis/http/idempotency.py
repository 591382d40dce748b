"""An act happens once however often its request is sent: Idempotency-Key, kept in the transaction of the act itself.

The key is inserted before anything else. A second request with it waits there for the first to end: if that one
committed, its answer is given again; if it rolled back, the key is free and the second one acts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Annotated, Final

import sqlalchemy as sa
from fastapi import Depends, Header
from psycopg.types.json import Jsonb
from sqlalchemy.dialects.postgresql import JSONB
from starlette.requests import Request
from starlette.responses import Response

from chassis import clock
from chassis.database import MECHANISM, Key, Tx
from chassis.http.auth import Caller
from chassis.http.problems import Busy, IdempotencyKeyRequired, IdempotencyKeyReused
from chassis.http.shapes import route_of

IDEMPOTENCY_KEYS = sa.Table(
    "idempotency_keys",
    MECHANISM,
    sa.Column("caller", Key, primary_key=True),
    sa.Column("route", Key, primary_key=True),
    sa.Column("key", Key, primary_key=True),
    sa.Column("fingerprint", sa.LargeBinary, nullable=False),
    sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False, index=True),
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


class Once:
    """What tells one request from another: its key, where it has one, its route and what it asks for."""

    def __init__(self, key: str | None, route: str, fingerprint: bytes) -> None:
        self._key = key
        self._route = route
        self._fingerprint = fingerprint

    def __call__(self, tx: Tx, caller: Caller, act: Callable[[], Response]) -> Response:
        """The answer of `act`, which is called unless this caller's request with this key was answered before.

        Call it before anything else in `tx`; `act` reads and writes in the same. What `act` raises undoes the key
        too. Raises IdempotencyKeyReused for the key of another request.
        """
        if self._key is None:
            return act()
        own = {"caller": f"{caller.organisation} {caller.subject}", "route": self._route, "key": self._key}
        if not tx.rows(_TAKE, {**own, "fingerprint": self._fingerprint, "kept_at": clock.now()}):
            return self._again(tx, own)
        answer = act()
        headers = {name: answer.headers[name] for name in _KEPT_HEADERS if name in answer.headers}
        kept = {"status": answer.status_code, "headers": Jsonb(headers), "body": bytes(answer.body)}
        tx.rows(_KEEP, {**own, **kept})
        return answer

    def _again(self, tx: Tx, own: Mapping[str, str]) -> Response:
        found = tx.rows(_RECALL, own)
        if not found:  # forgotten in between, by age
            raise Busy
        kept = found[0]
        if kept.fingerprint != self._fingerprint:
            raise IdempotencyKeyReused
        return Response(kept.body, status_code=kept.status, headers={**kept.headers, "Idempotency-Replayed": "true"})


async def once(
    request: Request,
    idempotency_key: Annotated[
        str | None,
        Header(
            alias="Idempotency-Key",
            description="a random key that stands for this act; the same key gets the same answer for seven days",
            pattern=r"^[\x21-\x7e]{1,255}$",
        ),
    ] = None,
) -> Once:
    """The request's key, if it has one."""
    target = f"{request.method} {request.scope['path']}?{request.scope['query_string'].decode()}"
    fingerprint = hashlib.sha256(target.encode() + b"\n" + await request.body()).digest()
    return Once(idempotency_key, f"{request.method} {route_of(request)}", fingerprint)


async def demanded(request: Request, found: Annotated[Once, Depends(once)]) -> Once:
    """The request's key. Raises IdempotencyKeyRequired where it has none."""
    if "idempotency-key" not in request.headers:
        raise IdempotencyKeyRequired
    return found


OnceOnly = Annotated[Once, Depends(once)]
"""For a route that takes an Idempotency-Key: `once: OnceOnly`, then `return once(tx, caller, act)`."""

OnceOnlyDemanded = Annotated[Once, Depends(demanded)]
"""The same for a route that does nothing without one."""


def prune(tx: Tx, keep: timedelta, limit: int) -> int:
    """Forget at most `limit` answers kept longer than `keep`; returns how many."""
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
