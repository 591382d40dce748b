"""The limits of connections, seen by a client at a socket."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import uvicorn
from starlette.types import Message, Receive, Scope, Send

from chassis.http import server
from chassis.http.server import ConnectionLimits, LimitedProtocol

PATIENCE_SECONDS = 30


class Strict(LimitedProtocol):
    """The protocol with limits of size that a test can exceed."""

    limits = ConnectionLimits(head_bytes=2_000, headers=20)


class Hasty(LimitedProtocol):
    """The protocol with limits of time that a test can exceed."""

    limits = ConnectionLimits(head_seconds=1, body_bytes=100, body_seconds=1)


class Counting:
    """An application that reads the whole body, when it is let, and states how long it was."""

    def __init__(self) -> None:
        self.let = threading.Event()
        self.let.set()
        self.seen: list[str] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        await asyncio.to_thread(self.let.wait)
        size, more = 0, True
        while more:
            message: Message = await receive()
            self.seen.append(message["type"])
            if message["type"] == "http.disconnect":
                return
            size += len(message["body"])
            more = message.get("more_body", False)
        content = str(size).encode()
        headers = [(b"content-length", str(len(content)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": content})


@pytest.fixture
def counting() -> Counting:
    return Counting()


@pytest.fixture
def address(counting: Counting) -> Iterator[tuple[str, int]]:
    """A server with limits of time."""
    with served(counting, Hasty) as address:
        yield address


@pytest.fixture
def strict(counting: Counting) -> Iterator[tuple[str, int]]:
    """A server with limits of size."""
    with served(counting, Strict) as address:
        yield address


@contextmanager
def served(app: Counting, protocol: type[LimitedProtocol]) -> Iterator[tuple[str, int]]:
    """The application at a socket: host and port."""
    running = uvicorn.Server(server.config(app, "127.0.0.1", 0, protocol))
    thread = threading.Thread(target=running.run)
    thread.start()
    while not running.started:
        assert thread.is_alive()
        time.sleep(0.01)
    yield running.servers[0].sockets[0].getsockname()
    running.should_exit = True
    app.let.set()
    thread.join()


@contextmanager
def connected(address: tuple[str, int]) -> Iterator[socket.socket]:
    with socket.create_connection(address, timeout=PATIENCE_SECONDS) as connection:
        yield connection


def rest(connection: socket.socket) -> bytes:
    """All that the server sends until it closes the connection; it must close it."""
    received = b""
    try:
        while data := connection.recv(65_536):
            received += data
    except ConnectionResetError:
        pass
    return received


def problem(response: bytes) -> tuple[str, str]:
    """The status line and the type of the only problem in a response."""
    head, _, body = response.partition(b"\r\n\r\n")
    lines = head.decode().lower().splitlines()
    assert "content-type: application/problem+json" in lines
    assert "connection: close" in lines
    assert "x-content-type-options: nosniff" in lines
    return head.decode().splitlines()[0], json.loads(body)["type"]


def head(*headers: str, target: str = "/", method: str = "POST") -> bytes:
    return "\r\n".join([f"{method} {target} HTTP/1.1", "Host: test", *headers, "", ""]).encode()


TOO_LARGE = ("HTTP/1.1 431 Request Header Fields Too Large", "/problems/head-too-large")
TOO_SLOW = ("HTTP/1.1 408 Request Timeout", "/problems/request-timeout")


@pytest.mark.parametrize(
    "content",
    [
        head(*(f"X-{number}: 1" for number in range(30))),
        head("X-Long: " + "x" * 3_000),
        head(target="/" + "x" * 3_000),
        head("X-Long: " + "x" * 3_000)[:-4],
        head(target="/" + "x" * 3_000)[:3_000],
        head("X" * 3_000 + ": 1")[:2_500],
        head(*(f"X-{number}: {'x' * 100}" for number in range(15)), "X-Last: " + "x" * 1_000),
    ],
    ids=["many", "long", "target", "unfinished value", "unfinished target", "unfinished name", "together"],
)
def test_a_head_that_is_too_large_is_refused(strict: tuple[str, int], counting: Counting, content: bytes) -> None:
    with connected(strict) as client:
        client.sendall(content)
        assert problem(rest(client)) == TOO_LARGE
    assert counting.seen == []


def test_a_head_within_the_limits_is_accepted(strict: tuple[str, int]) -> None:
    with connected(strict) as client:
        client.sendall(head(*(f"X-{number}: {'x' * 80}" for number in range(17)), "Connection: close"))
        assert rest(client).startswith(b"HTTP/1.1 200 OK")


def test_trailers_are_headers_too(strict: tuple[str, int], counting: Counting) -> None:
    with connected(strict) as client:
        client.sendall(head("Transfer-Encoding: chunked") + b"3\r\nabc\r\n0\r\n")
        client.sendall(b"".join(b"X-%d: 1\r\n" % number for number in range(30)))
        assert problem(rest(client)) == TOO_LARGE


def test_a_client_that_sends_nothing_is_disconnected(address: tuple[str, int]) -> None:
    with connected(address) as client:
        assert rest(client) == b""


@pytest.mark.parametrize("part", [b"GET / HT", head("X-Slow: x")[:-2]])
def test_a_head_that_does_not_arrive_is_refused(address: tuple[str, int], part: bytes) -> None:
    with connected(address) as client:
        client.sendall(part)
        assert problem(rest(client)) == TOO_SLOW


def dripping(client: socket.socket, piece: bytes) -> threading.Thread:
    """Send this piece every few milliseconds until the connection is closed."""

    def drip() -> None:
        try:
            while True:
                client.sendall(piece)
                time.sleep(0.02)
        except OSError:
            pass

    thread = threading.Thread(target=drip)
    thread.start()
    return thread


@pytest.mark.parametrize("piece", [b"x", b"\r\n"], ids=["a header", "empty lines"])
def test_a_head_may_not_arrive_byte_by_byte(address: tuple[str, int], piece: bytes) -> None:
    with connected(address) as client:
        if piece == b"x":
            client.sendall(head()[:-2] + b"X-Slow: ")
        thread = dripping(client, piece)
        received = rest(client)
    thread.join()
    assert received == b"" if piece == b"\r\n" else problem(received) == TOO_SLOW


def test_the_second_request_of_a_connection_has_to_arrive_too(address: tuple[str, int]) -> None:
    with connected(address) as client:
        client.sendall(head(method="GET"))
        first = client.recv(65_536)
        assert first.startswith(b"HTTP/1.1 200 OK")
        client.sendall(head()[:-2])
        assert problem(rest(client)) == TOO_SLOW


def test_a_body_that_stops_is_refused_and_the_application_stops_reading(
    address: tuple[str, int], counting: Counting
) -> None:
    with connected(address) as client:
        client.sendall(head("Content-Length: 1000") + b"x" * 10)
        assert problem(rest(client)) == TOO_SLOW
    assert counting.seen[-1] == "http.disconnect"


def test_a_body_may_not_arrive_byte_by_byte(address: tuple[str, int]) -> None:
    with connected(address) as client:
        client.sendall(head("Content-Length: 100000"))
        thread = dripping(client, b"x")
        assert problem(rest(client)) == TOO_SLOW
    thread.join()


def test_what_is_no_body_is_no_progress(address: tuple[str, int]) -> None:
    """A chunk with an extension that never ends."""
    with connected(address) as client:
        client.sendall(head("Transfer-Encoding: chunked") + b"3;")
        thread = dripping(client, b"x" * 50)
        assert problem(rest(client)) == TOO_SLOW
    thread.join()


def test_a_body_that_makes_progress_may_take_any_time(address: tuple[str, int]) -> None:
    with connected(address) as client:
        client.sendall(head("Content-Length: 20000", "Connection: close"))
        for _ in range(100):  # more than two periods
            client.sendall(b"x" * 200)
            time.sleep(0.025)
        assert rest(client).endswith(b"\r\n\r\n20000")


def test_a_client_is_not_slow_while_the_server_does_not_read(address: tuple[str, int], counting: Counting) -> None:
    counting.let.clear()
    with connected(address) as client:
        client.sendall(head("Content-Length: 400000", "Connection: close") + b"x" * 200_000)
        time.sleep(2.5)  # more than two periods
        counting.let.set()
        client.sendall(b"x" * 200_000)
        assert rest(client).endswith(b"\r\n\r\n400000")


def test_a_response_may_take_longer_than_the_client_has_for_its_request(
    address: tuple[str, int], counting: Counting
) -> None:
    counting.let.clear()
    with connected(address) as client:
        client.sendall(head("Content-Length: 3", "Connection: close") + b"abc")
        time.sleep(2.5)
        counting.let.set()
        assert rest(client).endswith(b"\r\n\r\n3")


def test_what_is_not_http_is_refused_with_a_problem(strict: tuple[str, int]) -> None:
    with connected(strict) as client:
        client.sendall(b"\x16\x03\x01\x02\x00 no HTTP\r\n\r\n")
        assert problem(rest(client)) == ("HTTP/1.1 400 Bad Request", "/problems/malformed")


def test_a_refusal_does_not_precede_the_response_that_is_due(strict: tuple[str, int], counting: Counting) -> None:
    counting.let.clear()
    with connected(strict) as client:
        client.sendall(head(method="GET") + head("X-Long: " + "x" * 3_000))
        assert rest(client) == b""


def test_the_limits_in_force_let_ordinary_requests_pass() -> None:
    with served(Counting(), LimitedProtocol) as address, connected(address) as client:
        client.sendall(head("Authorization: Bearer " + "x" * 4_000, "Content-Length: 100000", "Connection: close"))
        client.sendall(b"x" * 100_000)
        assert rest(client).endswith(b"\r\n\r\n100000")
