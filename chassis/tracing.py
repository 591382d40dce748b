"""Traces (OpenTelemetry): spans of requests, batches, sweeps and events, exported by OTLP where an endpoint is set.

A trace is one story: the span of an event is a child of the span of what caused it. A batch or a slice of a sweep
serves many stories, so it is a trace of its own, with links. Spans hold names, counts and identifiers only: no
addresses, no queries and no messages of exceptions, all of which can be personal data.

Off by default: the SDK is then not imported, and a span costs one comparison.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import INVALID_SPAN, Link, Span, SpanKind, StatusCode, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from chassis.version import VERSION

ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
"""The environment variables that switch traces on. The SDK reads its other variables (`OTEL_*`) by itself."""

LAST_EXPORT_SECONDS = 2.0
"""How long a stopping process waits for an unreachable collector: less than the grace period of a container engine."""

MAX_LINKS = 128
"""The maximum of links that the SDK keeps of one span."""

_FIELD = "traceparent"
_propagator = TraceContextTextMapPropagator()
_tracer: Tracer | None = None


@contextmanager
def exported(service: str, instance: str) -> Iterator[None]:
    """Make and export the spans of this process during the block, if the environment names an endpoint."""
    if not any(os.environ.get(each) for each in ENDPOINTS):
        yield
        return
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    resource = {
        "service.namespace": "anning",
        "service.name": service,
        "service.instance.id": instance,
        "service.version": VERSION,
    }
    exporter = OTLPSpanExporter()
    provider = TracerProvider(resource=Resource.create(resource), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    use(provider.get_tracer("anning"))
    try:
        yield
    finally:
        use(None)
        last = threading.Thread(target=provider.shutdown, name="last spans", daemon=True)
        last.start()
        last.join(LAST_EXPORT_SECONDS)
        if last.is_alive():
            exporter.shutdown()  # type: ignore[no-untyped-call]


def use(tracer: Tracer | None) -> None:
    """Make all spans of this process with `tracer`; None switches them off."""
    global _tracer  # noqa: PLW0603 - one per process, like its settings
    _tracer = tracer


def on() -> bool:
    """Whether spans are made."""
    return _tracer is not None


@contextmanager
def span(
    name: str,
    kind: SpanKind = SpanKind.INTERNAL,
    *,
    parent: str | None = None,
    links: Iterable[str | None] = (),
    attributes: Mapping[str, str | int] | None = None,
    end_on_exit: bool = True,
) -> Iterator[Span]:
    """A span around the block, below the `traceparent` of its parent, or the first of a trace.

    An exception marks it as failed, with its class. With `end_on_exit` false the block calls `end` where the span is
    worth exporting; a span that is not ended is not exported.
    """
    if _tracer is None:
        yield INVALID_SPAN
        return
    made = _tracer.start_span(name, _context(parent), kind, attributes, list(_links(links)))
    with trace.use_span(made, record_exception=False, set_status_on_exception=False):
        try:
            yield made
        except BaseException as error:
            fail(made, type(error).__name__)
            made.end()
            raise
    if end_on_exit:
        made.end()


def fail(failed: Span, reason: str) -> None:
    """Mark a span as failed. `reason` is a class of errors or a status, without any values."""
    failed.set_status(StatusCode.ERROR)
    failed.set_attribute("error.type", reason)


def event_traceparent(caused_by: str | None, event_type: str, attributes: Mapping[str, str]) -> str | None:
    """The `traceparent` of a new event: that of a span below `caused_by`, or `caused_by` while traces are off.

    The span and that of the request in which the event is made are linked, where they are not of one trace.
    """
    if _tracer is None:
        return caused_by
    parent = _context(caused_by)
    current = trace.get_current_span()
    maker, story = current.get_span_context(), trace.get_current_span(parent).get_span_context()
    foreign = maker.is_valid and maker.trace_id != story.trace_id
    links = [Link(maker)] if foreign else []
    made = _tracer.start_span(f"create {event_type}", parent, SpanKind.PRODUCER, attributes, links)
    # A batch is linked to the events that it received.
    if foreign and story.is_valid and getattr(current, "kind", None) is SpanKind.SERVER:
        current.add_link(story)
    made.end()
    return _traceparent(made)


def current_traceparent() -> str | None:
    """The `traceparent` of the current span; None without one, or while traces are off."""
    return None if _tracer is None else _traceparent(trace.get_current_span())


def log_fields(of: Span) -> dict[str, str]:
    """The log fields of a span."""
    context = of.get_span_context()
    return {"trace_id": trace.format_trace_id(context.trace_id)} if context.is_valid else {}


def _context(traceparent: str | None) -> Context:
    """The context below a `traceparent`; an empty one where it is missing or malformed."""
    return _propagator.extract({_FIELD: traceparent}, Context()) if traceparent else Context()


def _traceparent(of: Span) -> str | None:
    carrier: dict[str, str] = {}
    _propagator.inject(carrier, trace.set_span_in_context(of, Context()))
    return carrier.get(_FIELD)


def _links(traceparents: Iterable[str | None]) -> Iterator[Link]:
    different = dict.fromkeys(each for each in traceparents if each)
    for each in islice(different, MAX_LINKS):
        context = trace.get_current_span(_context(each)).get_span_context()
        if context.is_valid:
            yield Link(context)
