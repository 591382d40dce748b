"""The span of a request."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient
from opentelemetry.trace import SpanKind, StatusCode

from tests.parts.spans import Spans, trace_of

CALLER = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
TRACE = CALLER.split("-")[1]


def test_a_request_continues_the_trace_of_its_caller(api: TestClient, sender: dict[str, str], spans: Spans) -> None:
    response = api.post("/v1/parcels", json={"road": "north", "grams": 5}, headers={**sender, "traceparent": CALLER})
    span = spans.one("POST /v1/parcels")
    assert trace_of(span) == TRACE
    assert span.parent is not None
    assert f"{span.parent.span_id:016x}" == CALLER.split("-")[2]
    assert span.kind is SpanKind.SERVER
    assert span.attributes == {
        "http.request.method": "POST",
        "http.route": "/v1/parcels",
        "http.response.status_code": 201,
        "anning.request_id": response.headers["x-request-id"],
    }


@pytest.mark.parametrize("sent", ["nonsense", "00-" + "0" * 32 + "-" + "0" * 16 + "-01", None])
def test_a_request_without_a_valid_traceparent_starts_a_trace(
    api: TestClient, sender: dict[str, str], spans: Spans, sent: str | None
) -> None:
    api.get("/parcels", headers={**sender, **({"traceparent": sent} if sent else {})})
    assert spans.one("GET /v1/parcels").parent is None


def test_a_span_contains_no_path_and_no_query(api: TestClient, sender: dict[str, str], spans: Spans) -> None:
    api.get("/parcels/a-secret-receipt", headers=sender)
    api.get("/parcels", params={"road": "13800138000"}, headers=sender)
    assert spans.names == ["GET /v1/parcels/{parcel}", "GET /v1/parcels"]
    assert "a-secret-receipt" not in spans.text()
    assert "13800138000" not in spans.text()


def test_an_internal_error_fails_the_span_without_the_error_message(
    api: TestClient, sender: dict[str, str], spans: Spans
) -> None:
    assert api.post("/statements/bug", headers=sender).status_code == 500
    span = spans.one("POST /v1/statements/{kind}")
    assert span.status.status_code is StatusCode.ERROR
    assert span.attributes is not None
    assert span.attributes["error.type"] == "500"
    assert "13800138000" not in spans.text()


def test_a_refused_request_is_not_a_failed_span(api: TestClient, spans: Spans) -> None:
    assert api.get("/parcels").status_code == 401
    assert spans.one("GET /v1/parcels").status.status_code is StatusCode.UNSET


def test_probes_have_no_span_and_an_unknown_method_is_not_a_span_name(
    api: TestClient, monitoring: TestClient, spans: Spans
) -> None:
    for path in ("/healthz", "/readyz"):
        assert api.get(path).status_code == 200
        assert monitoring.get(path).status_code == 200
    assert monitoring.get("/metrics").status_code == 200
    assert api.request("BREW", "/parcels-that-are-not").status_code == 404
    assert spans.names == ["HTTP"]
    assert "BREW" not in spans.text()


def test_a_log_line_names_the_trace(
    api: TestClient, sender: dict[str, str], spans: Spans, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO"):
        api.get("/parcels", headers={**sender, "traceparent": CALLER})
    assert [each.msg["trace_id"] for each in caplog.records if isinstance(each.msg, dict)] == [TRACE]
