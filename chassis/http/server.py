"""The HTTP server: uvicorn, with limits for the head of a request and for clients that send slowly.

uvicorn has none for the parser that it uses here: a header of any length is collected in memory, and a connection whose
request never ends stays open for ever.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from enum import Enum, auto
from typing import cast

import structlog
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from chassis.http.middleware import GENERAL_HEADERS
from chassis.http.problems import MEDIA_TYPE, HeadTooLarge, Malformed, Problem, RequestTimeout

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """Limits of a connection: the bytes of the target and the headers of a request, the count of its headers (trailers
    included), the seconds within which its head arrives, and the bytes of its body that arrive at least within
    `body_seconds`, as long as the server reads. A body may take any time in all."""

    head_bytes: int = 32 * 1024
    headers: int = 100
    head_seconds: float = 10.0
    body_bytes: int = 8 * 1024
    body_seconds: float = 10.0


def config(app: ASGIApp, host: str, port: int, protocol: type[asyncio.Protocol] | None = None) -> uvicorn.Config:
    """The configuration of a server with limits (`protocol` of others). X-Forwarded-For and -Proto are not believed."""
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        http=protocol or LimitedProtocol,
        ws="none",
        proxy_headers=False,
        server_header=False,
        log_config=None,
        access_log=False,
    )


class _Stage(Enum):
    """What a connection receives."""

    NOTHING = auto()
    HEAD = auto()
    BODY = auto()


class _TooLarge(Exception):
    """Ends the parser, which refuses to continue after an exception."""


class _Flow(FlowControl):
    """Notes that the server has not read for a while: then it was not the client that was slow."""

    held = False

    def pause_reading(self) -> None:
        self.held = True
        super().pause_reading()


class LimitedProtocol(HttpToolsProtocol):
    """uvicorn's protocol with limits: 431 for a head that is too large, 408 for a request that arrives too slowly."""

    limits = ConnectionLimits()

    _stage = _Stage.NOTHING
    _timer: asyncio.TimerHandle | None = None
    _timed = _Stage.NOTHING
    """What the timer is for."""
    _unparsed = 0
    """Bytes received of a head that is not complete."""
    _head_bytes = 0
    _body_bytes = 0
    """Bytes received of a body since the timer was set."""
    _too_large = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client has connected, and has to send a request."""
        super().connection_made(transport)
        self.flow = _Flow(transport)
        self._set_timer(_Stage.HEAD)

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is closed."""
        self._cancel_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """The next bytes of a request. The timer runs while a request is not complete; most are, in one piece."""
        if self._stage is not _Stage.BODY:
            self._unparsed += len(data)
        super().data_received(data)
        if self.transport.is_closing():
            self._cancel_timer()
        elif self._stage is _Stage.HEAD and self._unparsed > self.limits.head_bytes:
            self._refuse(HeadTooLarge())
        else:
            self._set_timer(self._awaited())

    def on_message_begin(self) -> None:
        """The first bytes of a request."""
        super().on_message_begin()
        self._stage = _Stage.HEAD
        self._head_bytes = 0

    def on_url(self, url: bytes) -> None:
        """A part of the target."""
        super().on_url(url)
        self._head_bytes += len(url)
        if self._head_bytes > self.limits.head_bytes:
            self._end_parser()

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header, or a trailer behind a body."""
        super().on_header(name, value)
        self._head_bytes += len(name) + len(value)
        if self._head_bytes > self.limits.head_bytes or len(self.headers) > self.limits.headers:
            self._end_parser()

    def on_headers_complete(self) -> None:
        """The end of the head."""
        self._stage = _Stage.BODY
        self._unparsed = 0
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A part of the body."""
        self._body_bytes += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The end of a request."""
        self._stage = _Stage.NOTHING
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Refuse what the parser cannot read, or may not read further."""
        self._refuse(HeadTooLarge() if self._too_large else Malformed("It is not an HTTP request."))

    def _end_parser(self) -> None:
        self._too_large = True
        raise _TooLarge

    def _awaited(self) -> _Stage:
        """What the client has to send now; nothing while it waits for a response, or may be idle after one."""
        if self._stage is _Stage.NOTHING and self._idle:
            return _Stage.HEAD  # empty lines before a request
        return self._stage

    @property
    def _idle(self) -> bool:
        """Whether no response is due."""
        cycle: RequestResponseCycle | None = self.cycle  # uvicorn declares it as never None
        return cycle is None or cycle.response_complete

    def _set_timer(self, awaited: _Stage) -> None:
        if awaited is self._timed:
            return
        self._cancel_timer()
        self._timed = awaited
        if awaited is _Stage.HEAD:
            self._timer = self.loop.call_later(self.limits.head_seconds, self._end_slow_head)
        elif awaited is _Stage.BODY:
            self._watch_body()

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self._timed = None, _Stage.NOTHING

    def _watch_body(self) -> None:
        self._body_bytes = 0
        cast(_Flow, self.flow).held = self.flow.read_paused
        self._timer = self.loop.call_later(self.limits.body_seconds, self._check_body)

    def _check_body(self) -> None:
        waits_for_us = cast(_Flow, self.flow).held or self.cycle.waiting_for_100_continue
        if self._body_bytes >= self.limits.body_bytes or waits_for_us:
            self._watch_body()
        else:
            self._refuse(RequestTimeout())

    def _end_slow_head(self) -> None:
        if self._stage is _Stage.HEAD:
            self._refuse(RequestTimeout())
        else:  # nothing was sent that could be answered
            self.transport.close()

    def _refuse(self, problem: Problem) -> None:
        """Answer a request that is not complete, unless the response to another one is due first, and close."""
        self._cancel_timer()
        log.info("request refused by the server", problem=problem.slug)
        if not self.pipeline and (not self.cycle.response_started if self._stage is _Stage.BODY else self._idle):
            self.transport.write(_response(problem))
        if not self._idle:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.transport.close()


def _response(problem: Problem) -> bytes:
    content = json.dumps(problem.body()).encode()
    headers = (
        (b"content-type", MEDIA_TYPE.encode()),
        (b"content-length", str(len(content)).encode()),
        (b"connection", b"close"),
        *GENERAL_HEADERS,
    )
    lines = b"".join(b"%s: %s\r\n" % header for header in headers)
    return STATUS_LINE[problem.status] + lines + b"\r\n" + content
