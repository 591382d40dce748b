"""The OpenAPI document, the pages and the probes of an API."""

from __future__ import annotations

import re

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from chassis.events.catch_up import Progress
from chassis.http.app import create_monitoring
from chassis.http.auth import unprotected_routes
from chassis.http.health import Health
from chassis.http.problems import TYPES
from chassis.version import VERSION
from tests.integration.http import parcels
from tests.integration.http.parcels import Parcels


def test_every_problem_of_a_route_is_declared_with_its_type(api: TestClient) -> None:
    document = api.get("/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    operation = document["paths"]["/v1/parcels/{parcel}/opening"]["post"]
    declared = {
        status: set(response["content"]["application/problem+json"]["examples"])
        for status, response in operation["responses"].items()
        if status != "200"
    }
    assert declared == {
        "400": {"malformed", "idempotency-key-required"},
        "401": {"unauthenticated"},
        "403": {"forbidden"},
        "404": {"not-found"},
        "409": {"conflict", "unreadable-row", "parcel-open"},
        "410": {"erased"},
        "412": {"precondition-failed"},
        "413": {"payload-too-large"},
        "422": {"validation", "idempotency-key-reused"},
        "428": {"precondition-required"},
        "500": {"internal"},
        "503": {"busy", "database-unavailable", "keys-unavailable"},
    }
    assert operation["operationId"] == "open_parcel"
    assert operation["security"] == [{"bearer": ["parcels:send"]}]


def test_a_public_read_route_declares_no_token_and_no_conflict(api: TestClient) -> None:
    roads = api.get("/openapi.json").json()["paths"]["/v1/roads"]["get"]
    assert roads["security"] == []
    assert set(roads["responses"]) == {"200", "400", "422", "500", "503"}


def test_a_route_for_files_declares_its_media_types(api: TestClient) -> None:
    loads = api.get("/openapi.json").json()["paths"]["/v1/loads"]["post"]
    assert set(loads["requestBody"]["content"]) == {"text/csv", "application/gzip"}
    assert {"413", "415"} <= set(loads["responses"])


def test_a_file_has_the_media_type_that_client_generators_support(api: TestClient) -> None:
    described = api.get("/openapi.json").json()["paths"]["/v1/manifest"]["get"]["responses"]["200"]["content"]
    assert set(described) == {"application/x-ndjson", "application/octet-stream"}
    for accepted, sent in (("*/*", "application/x-ndjson"), ("application/octet-stream", "application/octet-stream")):
        assert api.get("/manifest", headers={"Accept": accepted}).headers["content-type"] == sent
    assert (
        api.get("/roads", headers={"Accept": "application/octet-stream"}).headers["content-type"] == "application/json"
    )


def test_a_document_states_who_publishes_it_and_explains_its_tags(api: TestClient) -> None:
    document = api.get("/openapi.json").json()
    assert document["info"]["license"]["identifier"] == "Apache-2.0"
    assert document["info"]["version"] == VERSION
    assert document["servers"]
    (tag,) = document["tags"]
    assert tag == {"name": "parcels", "description": parcels.__doc__}


def test_errors_are_declared_as_problems_only(api: TestClient) -> None:
    schemas = api.get("/openapi.json").json()["components"]["schemas"]
    assert "Problem" in schemas
    assert not {"HTTPValidationError", "ValidationError"} & set(schemas)


def test_the_documentation_page_loads_nothing_from_another_server(api: TestClient) -> None:
    page = api.get("/docs")
    assert page.headers["content-type"].startswith("text/html")
    assert "SwaggerUIBundle" in page.text
    assert "openapi.json" in page.text
    assert not re.search(r"(src|href)=\"?(https?:)?//", page.text)


@pytest.mark.parametrize("slug", sorted(TYPES))
def test_every_problem_type_has_a_page(api: TestClient, slug: str) -> None:
    page = api.get(f"/problems/{slug}")
    assert page.status_code == 200
    assert str(TYPES[slug].status) in page.text


def test_an_unknown_problem_type_has_no_page(api: TestClient) -> None:
    assert api.get("/problems/nonsense").status_code == 404


def test_every_link_of_the_documentation_page_has_a_target(api: TestClient) -> None:
    addresses = set(re.findall(r'(?:href|src)="([^#"]+)"', api.get("/docs").text))
    assert len(addresses) == 3
    for address in addresses:
        assert api.get(f"/{address}").status_code == 200
    assert api.get("/docs/openapi.json").status_code == 404
    assert api.get("/docs/..%2Fcore.py").status_code == 404


def test_every_route_is_guarded_or_public(app: FastAPI) -> None:
    assert unprotected_routes(app) == []


def test_readiness_names_the_part_that_is_not_ready(app: FastAPI, monitoring: TestClient) -> None:
    assert monitoring.get("/readyz").json() == {"status": "ready"}
    app.state.health.checks["worker"] = lambda: {"reactions": "blocked at an event"}
    response = monitoring.get("/readyz")
    assert response.status_code == 503
    assert response.json()["problems"] == {"worker: reactions": "blocked at an event"}


def test_readiness_shows_the_progress_of_projections(app: FastAPI, monitoring: TestClient) -> None:
    app.state.health.checks["worker"] = lambda: {"projection register": "has applied 3 of 9 records"}
    app.state.health.progress = lambda: {"projection register": Progress(3, 9)}
    assert monitoring.get("/readyz").json() == {
        "status": "not ready",
        "problems": {"worker: projection register": "has applied 3 of 9 records"},
        "progress": {"projection register": {"applied": 3, "total": 9}},
    }


def test_readiness_repeats_the_run_id(app: FastAPI, monitoring: TestClient) -> None:
    assert "Run-Id" not in monitoring.get("/readyz").headers
    app.state.health.run_id = "4711"
    assert monitoring.get("/readyz").headers["Run-Id"] == "4711"
    app.state.health.checks["worker"] = lambda: {"reactions": "blocked at an event"}
    response = monitoring.get("/readyz")
    assert (response.status_code, response.headers["Run-Id"]) == (503, "4711")


def test_the_public_learns_only_whether_the_process_is_ready(app: FastAPI, api: TestClient) -> None:
    app.state.health.run_id = "4711"
    app.state.health.progress = lambda: {"projection register": Progress(3, 9)}
    ready = api.get("/readyz")
    app.state.health.checks["worker"] = lambda: {"reactions": "blocked at an event"}
    unready = api.get("/readyz")
    assert (ready.status_code, ready.json()) == (200, {"status": "ready"})
    assert (unready.status_code, unready.json()) == (503, {"status": "not ready"})
    assert not {"run-id"} & {*ready.headers, *unready.headers}
    assert api.get("/metrics").status_code == 404


def test_requests_are_counted_by_route_and_not_by_path(api: TestClient, monitoring: TestClient) -> None:
    api.get("/parcels/01900000-0000-7000-8000-000000000001")
    api.get("/no/such/address/01900000-0000-7000-8000-000000000001")
    metrics = monitoring.get("/metrics").text
    assert 'anning_http_request_seconds_count{method="GET",route="/v1/parcels/{parcel}",status="401"}' in metrics
    assert 'route="none",status="404"' in metrics
    assert "01900000" not in metrics


def test_a_process_without_an_api_has_health_and_metrics_routes() -> None:
    with TestClient(create_monitoring(Parcels(), Health(checks={"worker": dict}))) as monitoring:
        assert monitoring.get("/readyz").json() == {"status": "ready"}
        assert monitoring.get("/metrics").status_code == 200
        assert monitoring.get("/parcels").status_code == 404
