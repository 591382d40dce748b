"""How the endpoint of a route runs: in one transaction, in one thread, at most once per Idempotency-Key.

An endpoint asks for `tx: WriteTx`, `read: ReadTx` or `tx: RecordedReadTx` and returns a view. The rest follows from
the route: the transaction begins and commits around the endpoint, a POST takes an Idempotency-Key, the response carries
the view's version as ETag and, where the route declares one, the address of the resource.

The endpoint begins, works and commits in one thread: FastAPI by itself would change threads three times, once for each.
There are as many of these threads as connections: one more would only wait for a connection, and contend for Python's
lock meanwhile.
"""

from __future__ import annotations

import asyncio
import contextvars
import inspect
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial, wraps
from typing import Annotated, Any, TypeVar

from fastapi import Depends
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from chassis.database import Read
from chassis.http import idempotency, transactions
from chassis.http.idempotency import KeyUse
from chassis.http.paging import Page
from chassis.http.problems import Busy
from chassis.http.responses import json_response
from chassis.version import API_PREFIX

PATIENCE_SECONDS = 5.0
"""How long a request waits for a transaction thread before it is refused as Busy."""

F = TypeVar("F", bound=Callable[..., Any])
Opening = Callable[[Request], AbstractContextManager[Read]]

_KEY = "idempotency_key"
_OPENINGS = (transactions.write_transaction, transactions.read_transaction, transactions.recorded_read_transaction)


@dataclass(frozen=True, slots=True)
class Operation:
    """What a route declares about its endpoint: how its transaction begins, the parameter that receives it, the use
    of Idempotency-Key, the status of success and the template of Location."""

    opening: Opening
    transaction: str
    key_use: KeyUse
    status: int
    location: str | None

    def respond(self, result: Any, headers: Response | None) -> Any:
        """The response to an endpoint's result. Pages, which FastAPI serialises, and responses are returned unchanged.

        `headers` is FastAPI's response parameter, where the endpoint has set a status or headers of its own.
        """
        if not isinstance(result, BaseModel) or isinstance(result, Page):
            return result
        status = self.status if headers is None or headers.status_code is None else headers.status_code
        response = json_response(result, status=status, location=self.location)
        if headers is not None:
            response.headers.update(headers.headers)
        return response


def located(template: str) -> Callable[[F], F]:
    """Declare the Location of a response below the version of the API, filled in from the fields of the view:
    `@located("/orders/{id}")`, below the route's own decorator."""

    def declare(endpoint: F) -> F:
        endpoint.__anning_location__ = API_PREFIX + template  # type: ignore[attr-defined]
        return endpoint

    return declare


def in_transaction_thread(
    endpoint: Callable[..., Any], methods: set[str] | None = None, status: int | None = None
) -> Callable[..., Any]:
    """The endpoint, run in a thread and in the transaction that it asks for; unchanged where it asks for none.

    The transaction is committed before the response is sent: a response of 2xx is a fact.
    """
    signature = inspect.signature(endpoint, eval_str=True)
    name, opening = next(_transactions_of(signature), ("", None))
    if opening is None:
        return endpoint
    if any(each.annotation is Request for each in signature.parameters.values()):
        raise TypeError(f"{endpoint.__qualname__}: FastAPI injects the request once; it stands for the transaction")
    operation = Operation(
        opening=opening,
        transaction=name,
        key_use=_key_use(endpoint, opening, methods or set()),
        status=status or 200,
        location=getattr(endpoint, "__anning_location__", None),
    )
    own_response = next((each.name for each in signature.parameters.values() if each.annotation is Response), None)

    def call(tx: Read, arguments: dict[str, Any]) -> Any:
        result = endpoint(**arguments | {name: tx})
        return operation.respond(result, arguments[own_response] if own_response else None)

    def work(request: Request, arguments: dict[str, Any]) -> Any:
        key = arguments.pop(_KEY, None)
        with opening(request) as tx:
            if key is None:
                return call(tx, arguments)
            return key.once(tx, request.state.caller, partial(call, tx, arguments))

    @wraps(endpoint)
    async def run(**arguments: Any) -> Any:
        request: Request = arguments[name]
        return await _in_thread(request.app.state.threads, partial(work, request, arguments))

    # What FastAPI injects for the transaction is the request: cheaper than a dependency, each of which costs as much as
    # routing a request.
    parameters = dict(signature.parameters) | {name: signature.parameters[name].replace(annotation=Request)}
    if operation.key_use is not KeyUse.NONE:
        dependency = Depends(idempotency.DEPENDENCIES[operation.key_use])
        annotation = Annotated[Any, dependency]
        parameters[_KEY] = inspect.Parameter(_KEY, inspect.Parameter.KEYWORD_ONLY, annotation=annotation)
    run.__signature__ = signature.replace(parameters=list(parameters.values()))  # type: ignore[attr-defined]
    run.__anning_operation__ = operation  # type: ignore[attr-defined]
    return run


def operation_of(endpoint: Callable[..., Any] | None) -> Operation | None:
    """What a route's endpoint declares; None where it runs without a transaction."""
    operation: Operation | None = getattr(endpoint, "__anning_operation__", None)
    return operation


def _key_use(endpoint: Callable[..., Any], opening: Opening, methods: set[str]) -> KeyUse:
    if opening is not transactions.write_transaction or methods != {"POST"}:
        return KeyUse.NONE
    declared: KeyUse = getattr(endpoint, "__anning_key_use__", KeyUse.OPTIONAL)
    return declared


async def _in_thread(threads: ThreadPoolExecutor, work: Callable[[], Any]) -> Any:
    """The result of `work`, run in one of these threads. Raises Busy where none was free in time."""
    pending = threads.submit(contextvars.copy_context().run, work)
    late = False

    def give_up() -> None:
        nonlocal late
        late = pending.cancel()  # has no effect once the work has begun

    patience = asyncio.get_running_loop().call_later(PATIENCE_SECONDS, give_up)
    try:
        return await asyncio.wrap_future(pending)
    except asyncio.CancelledError:
        if late:
            raise Busy from None
        raise
    finally:
        patience.cancel()


def _transactions_of(signature: inspect.Signature) -> Iterator[tuple[str, Opening]]:
    for name, parameter in signature.parameters.items():
        for each in getattr(parameter.annotation, "__metadata__", ()):
            if each in _OPENINGS:
                yield name, each
