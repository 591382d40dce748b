"""An application served over real HTTP in a thread of the test."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from standalone.processes import accepts


@contextmanager
def served(app: FastAPI, port: int) -> Iterator[str]:
    """The application at this port of the machine, for the length of the block; gives its address."""
    config = uvicorn.Config(app, port=port, log_config=None, access_log=False, timeout_graceful_shutdown=5)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, name=f"serves {port}")
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
