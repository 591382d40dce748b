"""Whatever is sent: no fault of the service, and no answer that the description does not have."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from schemathesis.core.result import Ok
from schemathesis.specs.openapi import checks

from chassis.database import Database
from tests.integration.http.issuer import Issuer
from tests.integration.ports.api import SCOPES
from tests.integration.ports.scenes import NUMBER, enquiries, file, five, form, hear, orders, unregistered

CHECKS = [
    schemathesis.checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.unsupported_method,
    checks.ignored_auth,
]


@schemathesis.serializer("text/csv", "application/gzip", "application/x-gzip")
def _as_it_is(_context: schemathesis.SerializationContext, value: object) -> bytes:
    """A file is bytes, whatever they are."""
    return value if isinstance(value, bytes) else str(value).encode(errors="replace")


@pytest.mark.timeout(400)
@pytest.mark.parametrize("org", ["carrier:CMCC", "regulator:MIIT"])
def test_the_description_and_the_service_agree(app: FastAPI, database: Database, issuer: Issuer, org: str) -> None:
    filed = file(database, form())[0].filing
    hear(database, *five(), unregistered("u1", "1065712345"), unregistered("u2", "1065712345"))
    known = {
        "/orders/": {"id": str(orders(database)[0].id)},
        "/enquiries/": {"id": str(enquiries(database)[0].id)},
        "/filings/": {"id": str(filed)},
        "/ports/": {"carrier": "CMCC", "number": NUMBER},
    }
    schema = schemathesis.openapi.from_asgi("/openapi.json", app)
    headers = issuer.bearer(SCOPES, org=org, exp=2**33)
    failures: list[str] = []
    for result in schema.get_all_operations():
        assert isinstance(result, Ok), result
        operation = result.ok()
        there = next((known[path] for path in known if operation.path.startswith(path)), {})
        try:
            fuzz(operation, headers, there)
        except BaseExceptionGroup as group:
            failures.append(f"{operation.label}: {group}")
    assert not failures, "\n".join(failures)


def fuzz(operation: Any, headers: dict[str, str], there: dict[str, str]) -> None:
    """Send good and bad requests; half of them to what is there, with a version that fits."""
    strategy = st.one_of(
        operation.as_strategy(generation_mode=schemathesis.GenerationMode.POSITIVE),
        operation.as_strategy(generation_mode=schemathesis.GenerationMode.NEGATIVE),
    )

    @settings(max_examples=25, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(case=strategy, hit=st.booleans())
    def agrees(case: schemathesis.Case, hit: bool) -> None:  # type: ignore[type-arg]
        # How a pointer spells "~" is the chassis' affair, and tested there.
        assume(not any("~" in name for name in case.query or ()))
        if hit and case.path_parameters and there:
            case.path_parameters |= there
        any_version = {"If-Match": "*"} if hit and case.method == "POST" and there else {}
        case.call_and_validate(headers=headers | any_version, checks=CHECKS)

    agrees()
