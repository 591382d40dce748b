"""The spans of a test, as an exporter receives them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from chassis import tracing


class Spans:
    """An in-memory exporter and its finished spans."""

    def __init__(self) -> None:
        self._exporter = InMemorySpanExporter()
        provider = TracerProvider(shutdown_on_exit=False)
        provider.add_span_processor(SimpleSpanProcessor(self._exporter))
        self.tracer = provider.get_tracer("test")

    def named(self, name: str) -> list[ReadableSpan]:
        """The spans with this name, in the order of their end."""
        return [each for each in self._exporter.get_finished_spans() if each.name == name]

    def one(self, name: str) -> ReadableSpan:
        """The only span with this name."""
        (found,) = self.named(name)
        return found

    @property
    def names(self) -> list[str]:
        """The names of all spans, in the order of their end."""
        return [each.name for each in self._exporter.get_finished_spans()]

    def text(self) -> str:
        """All spans in the JSON of an exporter."""
        return "\n".join(each.to_json() for each in self._exporter.get_finished_spans())


def trace_of(span: ReadableSpan) -> str:
    """The trace id of a span, in the format of a traceparent."""
    return trace.format_trace_id(span.context.trace_id)


def traceparent_of(span: ReadableSpan) -> str:
    """The traceparent of a span."""
    return f"00-{trace_of(span)}-{trace.format_span_id(span.context.span_id)}-{span.context.trace_flags:02x}"


def linked_traces(span: ReadableSpan) -> set[str]:
    """The trace ids to which a span is linked."""
    return {trace.format_trace_id(link.context.trace_id) for link in span.links}


@pytest.fixture
def spans() -> Iterator[Spans]:
    """All spans that end during the test."""
    collected = Spans()
    tracing.use(collected.tracer)
    yield collected
    tracing.use(None)
