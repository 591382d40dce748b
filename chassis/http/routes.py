"""How a route of a service runs: what it was sent is checked first, and its endpoint works in one piece.

The endpoint of a route that asks for a transaction begins, works and commits in one thread: FastAPI by itself would
change threads three times, once for each. There are as many of these threads as connections: one more would only wait
for a connection, and contend for Python's lock meanwhile.
"""

from __future__ import annotations

import asyncio
import contextvars
import inspect
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import partial, wraps
from typing import Any

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from chassis.database import Read
from chassis.http import transactions
from chassis.http.problems import Busy
from chassis.http.shapes import Fitting

PATIENCE_SECONDS = 5.0
"""How long a request waits for a thread of those that work in transactions, before it is told to come again."""

Opening = Callable[[Request], AbstractContextManager[Read]]


class Route(APIRoute):
    """A route of a `Router`."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        super().__init__(path, in_one_piece(endpoint), **options)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's handler, behind the check whether the request fits the route."""
        handle = super().get_route_handler()

        async def fitted(request: Request) -> Response:
            fitting = Fitting(request.scope, request.receive)
            await fitting.check()
            return await handle(fitting)

        return fitted


class Router(APIRouter):
    """The routes of one part of a service's API."""

    def __init__(self, *, tags: list[str]) -> None:
        super().__init__(tags=list(tags), route_class=Route)


def in_one_piece(endpoint: Callable[..., Any]) -> Callable[..., Any]:
    """The endpoint, working in the transaction that it asks for; as it is where it asks for none.

    The transaction is committed before the answer leaves: what is answered with 2xx is a fact.
    """
    signature = inspect.signature(endpoint, eval_str=True)
    name, opening = next(_transactions_of(signature), ("", None))
    if opening is None:
        return endpoint

    def work(request: Request, arguments: dict[str, Any]) -> Any:
        with opening(request) as tx:
            return endpoint(**arguments | {name: tx})

    @wraps(endpoint)
    async def one_piece(**arguments: Any) -> Any:
        request: Request = arguments[name]
        return await _in_thread(request.app.state.threads, partial(work, request, arguments))

    if any(each.annotation is Request for each in signature.parameters.values()):
        raise TypeError(f"{endpoint.__qualname__}: FastAPI injects the request once; it stands for the transaction")
    # What FastAPI injects for it is the request: cheaper than a dependency, of which each takes as long as a routing.
    parameters = dict(signature.parameters) | {name: signature.parameters[name].replace(annotation=Request)}
    one_piece.__signature__ = signature.replace(parameters=list(parameters.values()))  # type: ignore[attr-defined]
    one_piece.__anning_transaction__ = opening  # type: ignore[attr-defined]
    return one_piece


async def _in_thread(threads: ThreadPoolExecutor, work: Callable[[], Any]) -> Any:
    """What `work` returns, in one of these threads. Raises Busy where none was free in time."""
    pending = threads.submit(contextvars.copy_context().run, work)
    late = False

    def give_up() -> None:
        nonlocal late
        late = pending.cancel()  # which does nothing once the work has begun

    patience = asyncio.get_running_loop().call_later(PATIENCE_SECONDS, give_up)
    try:
        return await asyncio.wrap_future(pending)
    except asyncio.CancelledError:
        if late:
            raise Busy from None
        raise
    finally:
        patience.cancel()


def transaction_of(endpoint: Callable[..., Any] | None) -> Opening | None:
    """How the transaction of a route's endpoint is begun; None where it has none."""
    opening: Opening | None = getattr(endpoint, "__anning_transaction__", None)
    return opening


def _transactions_of(signature: inspect.Signature) -> Iterator[tuple[str, Opening]]:
    for name, parameter in signature.parameters.items():
        for each in getattr(parameter.annotation, "__metadata__", ()):
            if each in (transactions.begin, transactions.look):
                yield name, each
