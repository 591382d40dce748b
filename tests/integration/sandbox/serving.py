"""Applications served over real HTTP by a thread of the test process."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from standalone.processes import accepts


@contextmanager
def served(app: ASGIApp, port: int) -> Iterator[str]:
    """Serve an application at a local port during the block; yields its URL."""
    config = uvicorn.Config(app, port=port, log_config=None, access_log=False, timeout_graceful_shutdown=5)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, name=f"server {port}")
    thread.start()
    deadline = time.monotonic() + 20
    while not accepts(port):
        assert thread.is_alive(), "the server ended before it listened"
        assert time.monotonic() < deadline, "the server does not listen"
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


class Overloaded:
    """An application behind a proxy that rejects every fifth request, and loses the response to another fifth."""

    def __init__(self, app: ASGIApp, status: int) -> None:
        self._app = app
        self._rejection = Response(status_code=status, headers={"Retry-After": "0"})
        self._requests = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        self._requests += 1
        if self._requests % 5 == 2:
            await self._rejection(scope, receive, send)
        elif self._requests % 5 == 4:
            await self._app(scope, receive, _discard)
            await self._rejection(scope, receive, send)
        else:
            await self._app(scope, receive, send)


async def _discard(_: Message) -> None:
    """Discard a part of a response."""
