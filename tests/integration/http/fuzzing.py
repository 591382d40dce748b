"""Good and bad requests to every operation that an API describes, made up from the description."""

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
from tests.integration.http.walking import traces

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


@schemathesis.serializer(
    *("application/x-ndjson", "application/jsonl", "text/csv", "application/gzip", "application/x-gzip")
)
def _as_it_is(_context: schemathesis.SerializationContext, value: object) -> bytes:
    """A file is bytes, whatever they are."""
    return value if isinstance(value, bytes) else str(value).encode(errors="replace")


def fuzz(
    app: FastAPI,
    headers: Mapping[str, str],
    known: Mapping[str, Mapping[str, str]],
    examples: int,
    database: Database,
    *own: sa.MetaData,
) -> list[str]:
    """What was found wrong, by operation, in so many `examples` of each.

    Half of the requests go to what is there: `known`, parameters by the beginning of the path, with a version that
    fits. What is refused must leave the `database` as it was.
    """
    schema = schemathesis.openapi.from_asgi("/openapi.json", app)
    found: list[str] = []
    for result in schema.get_all_operations():
        assert isinstance(result, Ok), result
        operation = result.ok()
        there = next((dict(known[path]) for path in known if operation.path.startswith(path)), {})
        try:
            _fuzz(operation, dict(headers), there, examples, database, own)
        except (BaseExceptionGroup, AssertionError) as error:
            found.append(f"{operation.label}: {error}")
    return found


def _fuzz(
    operation: Any,
    headers: dict[str, str],
    there: dict[str, str],
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
    @given(case=strategy, hit=st.booleans())
    def agrees(case: schemathesis.Case, hit: bool) -> None:  # type: ignore[type-arg]
        nonlocal before
        if hit and case.path_parameters and there:
            case.path_parameters |= there
        any_version = {"If-Match": "*"} if hit and case.method == "POST" and there else {}
        answer = case.call_and_validate(headers=headers | any_version, checks=CHECKS)
        known, before = before, traces(database, *own)
        assert answer.status_code < 400 or known == before, f"{answer.status_code}, and yet it left a trace"

    agrees()
