"""One request is one transaction, committed before the answer leaves: an answer of 2xx is a fact.

A route asks for `tx: WriteTx` or `read: ReadTx`. The scope "function" is what makes the commit come first: by default
the answer would be sent and then fail to commit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends
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


def write(request: Request) -> Iterator[Tx]:
    """The transaction of a request that changes something."""
    database: Database = request.app.state.database
    with database.begin(cause_of(request)) as tx:
        yield tx


def read(request: Request) -> Iterator[Read]:
    """The read-only transaction of a request that only looks."""
    database: Database = request.app.state.database
    with database.read() as view:
        yield view


WriteTx = Annotated[Tx, Depends(write, scope="function")]
ReadTx = Annotated[Read, Depends(read, scope="function")]
