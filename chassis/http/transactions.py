"""One request is one transaction, committed before the answer leaves: an answer of 2xx is a fact.

A route of a `chassis.http.routes.Router` asks for `tx: WriteTx` or `read: ReadTx`. The route begins and ends it, in the
thread in which its endpoint works.
"""

from __future__ import annotations

import re
from contextlib import AbstractContextManager
from typing import Annotated

from starlette.requests import Request

from chassis.aggregate import Cause
from chassis.database import Database, Read, Tx

_TRACEPARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")


def cause_of(request: Request) -> Cause:
    """The command that a request is begins a story: its id, and the caller's trace where it sent one."""
    traceparent = request.headers.get("traceparent", "")
    return Cause(
        correlation_id=request.state.request_id,
        causation_id=request.state.request_id,
        traceparent=traceparent if _TRACEPARENT.fullmatch(traceparent) else None,
    )


def write_transaction(request: Request) -> AbstractContextManager[Tx]:
    """The transaction of a request that changes something."""
    database: Database = request.app.state.database
    return database.begin(cause_of(request))


def read_transaction(request: Request) -> AbstractContextManager[Read]:
    """The read-only transaction of a request that only looks."""
    database: Database = request.app.state.database
    return database.read()


WriteTx = Annotated[Tx, write_transaction]
ReadTx = Annotated[Read, read_transaction]
