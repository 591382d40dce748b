"""The router of a service's API: every request is validated first, and every endpoint runs as `chassis.http.operations`
describes."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from chassis.http.limits import limit_of
from chassis.http.operations import in_transaction_thread
from chassis.http.validation import OCTET_STREAM, ValidatedRequest, is_file
from chassis.version import API_PREFIX


class Route(APIRoute):
    """A route of a `Router`."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        operation = in_transaction_thread(endpoint, set(options.get("methods") or ()), options.get("status_code"))
        super().__init__(path, operation, **options)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's handler, after the check that the request is within the limit of the route and fits the route. A
        file is sent as application/octet-stream to a client that accepts nothing else."""
        handle = super().get_route_handler()
        limit = limit_of(self.endpoint)

        async def validated(request: Request) -> Response:
            checked = ValidatedRequest(request.scope, request.receive)
            if limit is not None:
                await limit.admit(checked)
            await checked.check()
            response = await handle(checked)
            if request.headers.get("accept") == OCTET_STREAM and is_file(response.headers.get("content-type", "text/")):
                response.headers["content-type"] = OCTET_STREAM
            return response

        return validated


class Router(APIRouter):
    """The routes of one part of a service's API, below the version of the API."""

    def __init__(self, *, tags: list[str]) -> None:
        super().__init__(prefix=API_PREFIX, tags=list(tags), route_class=Route)
