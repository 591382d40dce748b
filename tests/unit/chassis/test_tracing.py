"""Spans are exported by OTLP over HTTP when an endpoint is configured; otherwise the SDK is not imported."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from chassis.version import VERSION
from standalone.processes import free_port

PROCESS = """
import sys
from chassis import tracing
with tracing.exported("parcels", "first"), tracing.span("a step", attributes={"anning.items": 3}):
    pass
print(any(name.startswith("opentelemetry.sdk") for name in sys.modules))
"""


class Collector:
    """An OTLP collector that keeps what it receives."""

    def __init__(self) -> None:
        self.received: list[tuple[str, ExportTraceServiceRequest]] = []
        received = self.received

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                received.append((self.path, ExportTraceServiceRequest.FromString(body)))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Log nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def collector() -> Iterator[Collector]:
    collector = Collector()
    threading.Thread(target=collector.server.serve_forever, args=(0.05,), daemon=True).start()
    yield collector
    collector.server.shutdown()
    collector.server.server_close()


def run(**environment: str) -> str:
    """The output of a process with this environment."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
    done = subprocess.run(
        [sys.executable, "-c", PROCESS], env=clean | environment, capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout.strip()


def test_without_an_endpoint_the_sdk_is_not_imported() -> None:
    assert run() == "False"


def test_spans_are_exported_to_the_endpoint_with_the_service_name(collector: Collector) -> None:
    assert run(OTEL_EXPORTER_OTLP_ENDPOINT=collector.url) == "True"
    ((path, request),) = collector.received
    assert path == "/v1/traces"
    (batch,) = request.resource_spans
    resource = {each.key: each.value.string_value for each in batch.resource.attributes}
    assert resource.items() >= {
        "service.namespace": "anning",
        "service.name": "parcels",
        "service.instance.id": "first",
        "service.version": VERSION,
    }.items()  # fmt: skip
    assert [span.name for span in batch.scope_spans[0].spans] == ["a step"]


def test_an_unreachable_collector_does_not_delay_the_end_of_a_process() -> None:
    started = time.monotonic()
    run(OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{free_port()}")
    assert time.monotonic() - started < 6
