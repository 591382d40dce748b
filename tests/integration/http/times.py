"""The times that an API accepts: what each makes of one that is out of bounds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI

from chassis.version import API_PREFIX
from tests.integration.http.walking import Operation, operations

EXTREMES = (
    "0001-01-01T00:00:00Z",
    "0001-01-01T00:00:00+14:00",
    "1999-12-31T15:59:59Z",
    "2100-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z",
    "9999-12-31T23:59:59-12:00",
)
"""Times out of bounds: on the first and last day that Python has, and beside the bounds."""


@dataclass(frozen=True)
class TimeInput:
    """A time in the body or the query of an operation."""

    operation: Operation
    place: str
    name: str

    def __str__(self) -> str:
        return f"{self.operation} {self.place}/{self.name}"


def time_inputs(app: FastAPI) -> Iterator[TimeInput]:
    """Every time that the API accepts, by its OpenAPI document."""
    document = app.state.document
    for operation in operations(app):
        declared = document["paths"].get(API_PREFIX + operation.path) or document["paths"][operation.path]
        route = declared[operation.method.lower()]
        for parameter in route.get("parameters", ()):
            if _is_time(parameter["schema"]):
                yield TimeInput(operation, parameter["in"], parameter["name"])
        content = route.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
        model = document["components"]["schemas"].get(content.get("$ref", "").rpartition("/")[2], {})
        for name, schema in model.get("properties", {}).items():
            if _is_time(schema):
                yield TimeInput(operation, "body", name)


def _is_time(schema: dict[str, Any]) -> bool:
    choices = [schema, *schema.get("anyOf", ())]
    return any(each.get("format") in ("date-time", "date") for each in choices)
