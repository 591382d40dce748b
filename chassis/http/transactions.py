"""One request is one transaction, committed before the response is sent: a response of 2xx is a fact.

An endpoint of a `chassis.http.routes.Router` takes `tx: WriteTx`, `read: ReadTx` or `tx: RecordedReadTx`. The route
begins and ends the transaction in the thread of the endpoint.
"""

from __future__ import annotations

import re
from contextlib import AbstractContextManager
from typing import Annotated

from starlette.requests import Request

from chassis import tracing
from chassis.aggregate import Cause
from chassis.database import Database, Read, Tx
from chassis.http.auth import Caller

_TRACEPARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")


def cause_of(request: Request) -> Cause:
    """The cause of what a request does: the request id, its span, and the person whose act it is. While traces are off,
    the client's traceparent if it sent one."""
    traceparent = tracing.current_traceparent()
    if traceparent is None:
        sent = request.headers.get("traceparent", "")
        traceparent = sent if _TRACEPARENT.fullmatch(sent) else None
    return Cause.beginning(request.state.request_id, traceparent, _persons(request))


def _persons(request: Request) -> tuple[str, ...]:
    """The person whose act a request is; none on a public route, and none of an organisation without persons."""
    caller: Caller | None = getattr(request.state, "caller", None)
    return () if caller is None or not request.app.state.has_persons(caller.organisation) else (caller.subject,)


def write_transaction(request: Request) -> AbstractContextManager[Tx]:
    """The transaction of a request that changes data."""
    database: Database = request.app.state.database
    return database.begin(cause_of(request))


def read_transaction(request: Request) -> AbstractContextManager[Read]:
    """The read-only transaction of a request that reads data."""
    database: Database = request.app.state.database
    return database.read()


def recorded_read_transaction(request: Request) -> AbstractContextManager[Tx]:
    """The transaction of a request that reads data and leaves an entry in the audit log, and nothing else."""
    return write_transaction(request)


WriteTx = Annotated[Tx, write_transaction]
ReadTx = Annotated[Read, read_transaction]
RecordedReadTx = Annotated[Tx, recorded_read_transaction]
