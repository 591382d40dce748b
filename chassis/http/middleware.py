"""The outermost layer: request ids, metrics and logs of every request, exceptions as problems."""

from __future__ import annotations

import re
import time
from contextlib import AbstractContextManager, nullcontext
from urllib.parse import unquote_to_bytes

import structlog
from opentelemetry.trace import INVALID_SPAN, Span, SpanKind
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis import metrics, tracing
from chassis.http.problems import Internal, Malformed, PayloadTooLarge, Problem
from chassis.http.validation import JSON_LIMIT, RouteInput
from chassis.ids import new_id

QUIET = ("/healthz", "/readyz", "/metrics")

log = structlog.get_logger()


_WORD = re.compile(r"v1|[a-z-]{1,16}")
GENERAL_HEADERS = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; base-uri 'none'; frame-ancestors 'none'"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
)
"""On every response that does not have its own: it may contain personal data, and is no part of a page. A page has its
own policy."""


class RequestMiddleware:
    """ASGI middleware around the whole API."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        # Bind once: resolving the logger per request cost as much as writing the line.
        self._log = log.bind()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = str(new_id())
        scope.setdefault("state", {})["request_id"] = request_id
        started = time.perf_counter()
        status = 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                own = message.get("headers", ())
                named = {name.lower() for name, _ in own}
                general = [header for header in GENERAL_HEADERS if header[0] not in named]
                limit = scope["state"].get("limit_headers", ())
                message["headers"] = [*own, *general, *limit, (b"x-request-id", request_id.encode())]
            await send(message)

        with (
            _span(scope, request_id) as span,
            structlog.contextvars.bound_contextvars(request_id=request_id, **tracing.log_fields(span)),
        ):
            try:
                if _is_utf8(scope):
                    await self._app(scope, _limited(scope, receive), send_with_id)
                else:
                    await _refuse(
                        Malformed("The address is not UTF-8, or contains a NUL character."), scope, send_with_id
                    )
            except Exception:
                log.exception("request failed", method=scope["method"], path=_address(scope))
                if status:
                    raise  # the response has begun: the server must close the connection
                await _refuse(Internal(), scope, send_with_id)
            finally:
                self._note(scope, status, time.perf_counter() - started, span)

    def _note(self, scope: Scope, status: int, seconds: float, span: Span) -> None:
        shape = _shape(scope)
        route = shape.path if shape else "none"
        if span.is_recording():
            _describe(span, scope["method"], shape, status)
        metrics.HTTP_SECONDS.labels(scope["method"] if shape else "other", route, str(status)).observe(seconds)
        if scope["path"] not in QUIET:
            self._log.info(
                "request",
                method=scope["method"],
                path=_address(scope),
                status=status,
                ms=round(seconds * 1000, 1),
            )


def _span(scope: Scope, request_id: str) -> AbstractContextManager[Span]:
    """The span of a request, below that of its caller; none for what a machine asks every few seconds."""
    if not tracing.on() or scope["path"] in QUIET:
        return nullcontext(INVALID_SPAN)
    caller = next((value for name, value in scope["headers"] if name == b"traceparent"), b"")
    attributes = {"anning.request_id": request_id}
    return tracing.span("HTTP", SpanKind.SERVER, parent=caller.decode("latin-1"), attributes=attributes)


def _describe(span: Span, method: str, shape: RouteInput | None, status: int) -> None:
    """What is known of a request when it is answered: never its path or query, which can hold personal data."""
    span.set_attribute("http.request.method", method if shape else "_OTHER")
    if shape is not None:
        span.update_name(f"{method} {shape.path}")
        span.set_attribute("http.route", shape.path)
    span.set_attribute("http.response.status_code", status)
    if status >= Internal.status:
        tracing.fail(span, str(status))


def _shape(scope: Scope) -> RouteInput | None:
    shapes: dict[object, RouteInput] = scope["app"].state.inputs
    shape: RouteInput | None = shapes.get(scope.get("endpoint"))
    return shape


def _address(scope: Scope) -> str:
    """The path for the log: of a public route only the template, as its path can contain a secret such as a receipt. A
    path without a route may be such a one, mistyped: only its beginning is logged."""
    shape = _shape(scope)
    if shape is None:
        first = str(scope["path"]).split("/")[1]
        return f"/{first}/…" if _WORD.fullmatch(first) else "/…"
    return shape.path if shape.public else str(scope["path"])


def _is_utf8(scope: Scope) -> bool:
    """Whether path and query are UTF-8 without NUL: a later decoder would hide the error."""
    for part in (scope.get("raw_path") or b"", scope["query_string"]):
        if b"%" in part or not part.isascii():
            try:
                text = unquote_to_bytes(part).decode()
            except UnicodeDecodeError:
                return False
            if "\0" in text:
                return False
    return True


def _limited(scope: Scope, receive: Receive) -> Receive:
    """`receive`, refusing a body that exceeds the limit of the route, with or without Content-Length."""
    total = 0
    declared = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")

    async def receive_limited() -> Message:
        nonlocal total
        shape = _shape(scope)
        limit = shape.body.limit if shape and shape.body else JSON_LIMIT
        if limit is not None and declared.isdigit() and (len(declared) > 18 or int(declared) > limit):
            raise HTTPException(PayloadTooLarge.status)
        message = await receive()
        total += len(message.get("body", b""))
        if limit is not None and total > limit:
            # FastAPI treats any other exception as a body that it cannot parse.
            raise HTTPException(PayloadTooLarge.status)
        return message

    return receive_limited


async def _refuse(problem: Problem, scope: Scope, send: Send) -> None:
    async def nothing() -> Message:
        return {"type": "http.disconnect"}

    await problem.response(scope["state"]["request_id"])(scope, nothing, send)
