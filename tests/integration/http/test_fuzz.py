"""Whatever is sent: no fault of the service, and no answer that the description does not have."""

from __future__ import annotations

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.core.result import Ok
from schemathesis.specs.openapi import checks

from tests.integration.http.issuer import Issuer

# Not among them: that whatever fits the schema is accepted (a page token is more than a string), and the reverse
# (an unknown parameter without a value does not arrive at all).
CHECKS = [
    schemathesis.checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.unsupported_method,
    checks.ignored_auth,
]


@pytest.mark.timeout(300)
def test_the_description_and_the_service_agree(app: FastAPI, issuer: Issuer) -> None:
    schema = schemathesis.openapi.from_asgi("/openapi.json", app)
    headers = issuer.bearer("parcels:send parcels:read", exp=2**33)
    failures: list[str] = []
    for result in schema.get_all_operations():
        assert isinstance(result, Ok), result
        operation = result.ok()
        strategy = st.one_of(
            operation.as_strategy(generation_mode=schemathesis.GenerationMode.POSITIVE),
            operation.as_strategy(generation_mode=schemathesis.GenerationMode.NEGATIVE),
        )

        @settings(max_examples=60, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @given(case=strategy)
        def agrees(case: schemathesis.Case) -> None:  # type: ignore[type-arg]
            case.call_and_validate(headers=headers, checks=CHECKS)

        try:
            agrees()
        except BaseExceptionGroup as group:
            failures.append(f"{operation.label}: {group}")
    assert not failures, "\n".join(failures)
