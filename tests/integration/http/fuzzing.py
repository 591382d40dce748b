"""Valid and invalid requests to every operation of an API, generated from its description."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import schemathesis
import sqlalchemy as sa
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.core.result import Ok
from schemathesis.specs.openapi import checks

from chassis.database import Database
from chassis.version import API_PREFIX
from tests.integration.http.walking import traces

# Left out: the check that all data that conforms to the schema is accepted (a page token is more than a string), and
# the reverse (an unknown parameter without a value is not transmitted).
CHECKS = [
    schemathesis.checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.unsupported_method,
    checks.ignored_auth,
]


@schemathesis.serializer(
    *("application/x-ndjson", "application/jsonl", "text/csv", "application/gzip", "application/x-gzip")
)
def _file_content(_context: schemathesis.SerializationContext, value: object) -> bytes:
    """Send a file as it was generated."""
    return value if isinstance(value, bytes) else str(value).encode(errors="replace")


def fuzz(
    app: FastAPI,
    headers: Mapping[str, str],
    known: Mapping[str, Mapping[str, str]],
    examples: int,
    database: Database,
    *own: sa.MetaData,
) -> list[str]:
    """Send this number of `examples` to each operation; return the failures.

    Half of the requests address existing resources: `known` has path parameters by path prefix. These requests have a
    matching version. A refused request must leave the `database` unchanged.
    """
    schema = schemathesis.openapi.from_asgi("/openapi.json", app)
    failures: list[str] = []
    for result in schema.get_all_operations():
        assert isinstance(result, Ok), result
        operation = result.ok()
        path = operation.path.removeprefix(API_PREFIX)
        parameters = next((dict(known[prefix]) for prefix in known if path.startswith(prefix)), {})
        try:
            _fuzz(operation, dict(headers), parameters, examples, database, own)
        except (BaseExceptionGroup, AssertionError) as error:
            failures.append(f"{operation.label}: {error}")
    return failures


def _fuzz(
    operation: Any,
    headers: dict[str, str],
    parameters: dict[str, str],
    examples: int,
    database: Database,
    own: tuple[sa.MetaData, ...],
) -> None:
    strategy = st.one_of(
        operation.as_strategy(generation_mode=schemathesis.GenerationMode.POSITIVE),
        operation.as_strategy(generation_mode=schemathesis.GenerationMode.NEGATIVE),
    )
    before = traces(database, *own)

    @settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(case=strategy, existing=st.booleans())
    def check(case: schemathesis.Case, existing: bool) -> None:  # type: ignore[type-arg]
        nonlocal before
        if existing and case.path_parameters and parameters:
            case.path_parameters |= parameters
        any_version = {"If-Match": "*"} if existing and case.method == "POST" and parameters else {}
        response = case.call_and_validate(headers=headers | any_version, checks=CHECKS)
        previous, before = before, traces(database, *own)
        assert response.status_code < 400 or previous == before, f"{response.status_code}, but the database has changed"

    check()
