"""The rate of a server over persistent connections, and a bare FastAPI server as its floor."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from statistics import median
from typing import Any
from urllib.parse import urlsplit

from benchmarks.cpu import cpu_seconds_of
from benchmarks.testbed import Testbed
from chassis.version import API_PREFIX
from standalone.processes import Process, answers, free_port
from standalone.system import ROOT

CONNECTIONS = 32
ROUNDS = 7

Requests = Callable[[], Iterator[bytes]]


def request(method: str, path: str, bearer: str, content: Any = None, **headers: str) -> bytes:
    """The bytes of an HTTP request with a JSON body, to a path below the version of the API."""
    body = b"" if content is None else json.dumps(content).encode()
    fields = {"Authorization": f"Bearer {bearer}", "Content-Type": "application/json", "Content-Length": str(len(body))}
    fields |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [
        f"{method} {API_PREFIX}{path} HTTP/1.1",
        "Host: bench",
        *(f"{name}: {value}" for name, value in fields.items()),
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body


@dataclass(frozen=True)
class Server:
    """The URL of a server, and its process."""

    url: str
    process: Process


def api(testbed: Testbed, service: str) -> Server:
    """The API of a service."""
    return Server(testbed.system.url(service), testbed.system.processes[f"{service} api"])


def paired_rates(measured: Server, bare: Server, requests: Requests, count: int, status: int) -> tuple[float, float]:
    """Requests per second of both servers, each the median of alternating rounds. Raises RuntimeError when a response
    has another status."""
    servers = (measured, bare)
    spent = [cpu_seconds_of([each.process.pid]) for each in servers]
    pairs = [tuple(_rate(each.url, requests(), count, status) for each in servers) for _ in range(ROUNDS)]
    costs = [
        (cpu_seconds_of([each.process.pid]) - before) / (ROUNDS * count) * 1_000
        for each, before in zip(servers, spent, strict=True)
    ]
    print(f"  CPU of the server, ms a request: {costs[0]:.2f}, bare {costs[1]:.2f}")
    return median(pair[0] for pair in pairs), median(pair[1] for pair in pairs)


def _rate(url: str, requests: Iterator[bytes], count: int, status: int) -> float:
    host, port = urlsplit(url).hostname or "", urlsplit(url).port or 0
    prepared: Sequence[bytes] = [next(requests) for _ in range(count)]
    waiting = iter(prepared)

    async def work() -> None:
        reader, writer = await asyncio.open_connection(host, port)
        for each in waiting:
            writer.write(each)
            head = await reader.readuntil(b"\r\n\r\n")
            if f" {status} ".encode() not in head[:20]:
                raise RuntimeError(f"expected status {status}: {head[:200]!r}")
            length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
            await reader.readexactly(length)
        writer.close()

    async def all_connections() -> float:
        began = time.monotonic()
        await asyncio.gather(*(work() for _ in range(CONNECTIONS)))
        return time.monotonic() - began

    return count / asyncio.run(all_connections())


@contextmanager
def bare_server(testbed: Testbed, module: str, database_url: str) -> Iterator[Server]:
    """A server of `benchmarks.<module>` on this database; one process, like the APIs."""
    url = f"http://127.0.0.1:{(port := free_port())}"
    command = [sys.executable, "-m", "uvicorn", f"benchmarks.{module}:app", "--port", str(port), "--log-level", "error"]
    environment = {**testbed.system.environment("complaints", "api"), "BARE_DATABASE": database_url}
    bare = Process(
        module,
        command,
        log=testbed.directory / "logs" / f"{module}.log",
        env=environment,
        cwd=ROOT,
        ports=[port],
        ready=partial(answers, f"{url}/ready"),
    )
    bare.start()
    try:
        yield Server(url, bare)
    finally:
        bare.stop()
