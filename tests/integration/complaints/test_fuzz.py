"""Whatever is sent: no fault of the service, and no answer that the description does not have."""

from __future__ import annotations

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.core.result import Ok
from schemathesis.specs.openapi import checks

from tests.integration.complaints.scenes import ALL_SCOPES, Office

CHECKS = [
    schemathesis.checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.unsupported_method,
    checks.ignored_auth,
]


@schemathesis.serializer("application/x-ndjson", "application/jsonl", "application/gzip", "application/x-gzip")
def _as_it_is(_context: schemathesis.SerializationContext, value: object) -> bytes:
    """A file is bytes, whatever they are."""
    return value if isinstance(value, bytes) else str(value).encode(errors="replace")


@pytest.mark.timeout(300)
def test_the_description_and_the_service_agree(app: FastAPI, office: Office) -> None:
    known = office.file()["id"]
    office.assess()
    schema = schemathesis.openapi.from_asgi("/openapi.json", app)
    headers = office.issuer.bearer(ALL_SCOPES, org="regulator:MIIT", exp=2**33)
    failures: list[str] = []
    for result in schema.get_all_operations():
        assert isinstance(result, Ok), result
        operation = result.ok()
        strategy = st.one_of(
            operation.as_strategy(generation_mode=schemathesis.GenerationMode.POSITIVE),
            operation.as_strategy(generation_mode=schemathesis.GenerationMode.NEGATIVE),
        )

        @settings(max_examples=60, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @given(case=strategy, hit=st.booleans())
        def agrees(case: schemathesis.Case, hit: bool) -> None:  # type: ignore[type-arg]
            if hit and case.path_parameters and "id" in case.path_parameters:
                case.path_parameters["id"] = known
            case.call_and_validate(headers=headers, checks=CHECKS)

        try:
            agrees()
        except BaseExceptionGroup as group:
            failures.append(f"{operation.label}: {group}")
    assert not failures, "\n".join(failures)
