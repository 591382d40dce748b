"""The API's description: FastAPI's, with every refusal that follows from how a route is made."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any, cast

from fastapi import FastAPI
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts

from chassis.http import idempotency, preconditions, problems, transactions
from chassis.http.auth import calls_of, requires_token
from chassis.http.limits import TooManyRequests, limit_of
from chassis.http.operations import operation_of
from chassis.http.problems import MEDIA_TYPE, Problem
from chassis.http.validation import OCTET_STREAM, RouteInput, is_file

DESCRIPTION = """\
Requests carry an OAuth 2 access token (`Authorization: Bearer …`, RFC 9068) with the scopes that an operation names; an
operation without a security requirement is public.

Errors are problem documents (RFC 9457). Their `type` is the address of a page that explains them.

A list is read page by page: send `next_page_token` as `page_token`. An act that changes what was read takes its ETag in
`If-Match`. An `Idempotency-Key` makes a repeated request safe.

An operation with the response 429 has a limit, for each client, or for each address without an accepted token. The
headers `RateLimit-Policy` and `RateLimit` of its responses state the quota and what is left of it; `Retry-After` states
when to repeat a refused request.
"""
CONTACT = {"name": "The maintainers of Anning"}
LICENSE = {"name": "Apache License 2.0", "identifier": "Apache-2.0"}
SERVERS = [{"url": "/", "description": "the process that serves this document"}]

_PROBLEM: dict[str, Any] = {
    "type": "object",
    "title": "Problem",
    "description": "RFC 9457. `type` is the address of a page that explains the problem.",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string", "format": "uri", "description": "identifies this occurrence in the log"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["in", "pointer", "detail"],
                "properties": {
                    "in": {"enum": ["body", "path", "query", "header"]},
                    "pointer": {"type": "string", "format": "json-pointer"},
                    "detail": {"type": "string"},
                    "value": {
                        "type": "string",
                        "description": "the value, shortened, and redacted where it may be a person's number",
                    },
                },
            },
        },
    },
}

_UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}


def describe(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI 3.1 document of an application made by `create_app`."""
    shapes: dict[Callable[..., Any], RouteInput] = app.state.inputs
    document = FastAPI.openapi(app)
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas["Problem"] = _PROBLEM
    for context in described(app):
        shape = shapes[cast(Callable[..., Any], context.endpoint)]
        for method in context.methods or ():
            operation = document["paths"][shape.path][method.lower()]
            _add_refusals(operation, list(refusals(context, shape, method)))
            _add_body(operation, shape)
            _add_file(operation)
            _add_access(operation, shape)
            for parameter in operation.get("parameters", ()):
                if parameter["name"] == "If-Match":
                    # Its absence is answered with 428 and its form judged by us, not by FastAPI.
                    parameter |= {"required": True, "schema": preconditions.SCHEMA}
    document["components"]["schemas"] = dict(sorted(schemas.items()))
    document["components"]["examples"] = dict(sorted(_take_examples(document)))
    document["tags"] = [{"name": name, "description": text} for name, text in _tags(app).items()]
    return document


def _take_examples(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Replace the examples of problems by references to one of each, and return those."""
    for operations in document["paths"].values():
        for operation in operations.values():
            for response in operation["responses"].values():
                examples = response.get("content", {}).get(MEDIA_TYPE, {}).get("examples", {})
                for slug, example in examples.items():
                    yield slug, example
                    examples[slug] = {"$ref": f"#/components/examples/{slug}"}


def _tags(app: FastAPI) -> dict[str, str]:
    """The tags of the operations, each with the docstring of the module whose router has it first."""
    tags: dict[str, str] = {}
    for context in described(app):
        module = inspect.getdoc(inspect.getmodule(context.endpoint)) or ""
        for tag in context.tags:
            tags.setdefault(str(tag), " ".join(module.partition("\n\n")[0].split()))
    return tags


def described(app: FastAPI) -> Iterator[RouteContext]:
    """The routes that the description has."""
    for context in iter_route_contexts(app.routes):
        if isinstance(context.original_route, APIRoute) and context.include_in_schema:
            yield context


def refusals(context: RouteContext, shape: RouteInput, method: str) -> Iterator[type[Problem]]:
    """Every type of problem that a route may answer by how it is made."""
    calls = list(calls_of(context.dependant))
    yield problems.Malformed
    yield problems.Invalid
    yield problems.Internal
    if requires_token(context):
        yield from (problems.Unauthenticated, problems.Forbidden, problems.KeysUnavailable)
    if limit_of(context.endpoint) is not None:
        yield TooManyRequests
    if "{" in shape.path:
        yield problems.NotFound
        if method == "GET":
            yield problems.UnreadableRow
    if shape.body is not None:
        yield from (problems.PayloadTooLarge, problems.UnsupportedMediaType)
    if preconditions.required_precondition in calls:
        yield from (problems.PreconditionFailed, problems.PreconditionRequired)
    if idempotency.optional_key in calls:  # reads the body, also where the route has none
        yield from (problems.IdempotencyKeyReused, problems.Erased, problems.PayloadTooLarge)
    if idempotency.required_key in calls:
        yield problems.IdempotencyKeyRequired
    operation = operation_of(context.endpoint)
    opening = operation.opening if operation else None
    if opening is transactions.write_transaction or method in _UNSAFE:
        yield from (problems.Conflict, problems.UnreadableRow)
    if opening is not None or method in _UNSAFE:
        yield from (problems.DatabaseUnavailable, problems.Busy)


def _add_refusals(operation: dict[str, Any], types: list[type[Problem]]) -> None:
    responses = operation["responses"]
    own = responses.get("422", {})
    if MEDIA_TYPE not in own.get("content", {}):
        responses.pop("422", None)  # FastAPI's, of another form than a problem
    for status, response in problems.responses(*types).items():
        known = responses.setdefault(str(status), response)
        content = response["content"][MEDIA_TYPE]
        known.setdefault("content", {}).setdefault(MEDIA_TYPE, content)
        known["content"][MEDIA_TYPE]["examples"] = content["examples"] | known["content"][MEDIA_TYPE].get(
            "examples", {}
        )
    operation["responses"] = dict(sorted(responses.items()))


def _add_body(operation: dict[str, Any], shape: RouteInput) -> None:
    if shape.body is None or shape.json or "requestBody" in operation:
        return
    file = {"type": "string", "format": "binary"}
    # A route that takes a file under that type names the other types in its description: a generated client could not
    # choose among several.
    types = (OCTET_STREAM,) if OCTET_STREAM in shape.body.media_types else shape.body.media_types
    operation["requestBody"] = {"required": True, "content": {each: {"schema": file} for each in types}}


def _add_access(operation: dict[str, Any], shape: RouteInput) -> None:
    """State who may call: in `security`, and in the text, since Swagger UI does not show scopes of bearer tokens."""
    if shape.public:
        operation["security"] = []
    scopes = [f"`{scope}`" for each in operation["security"] for scope in each["bearer"]]
    access = f"Requires the scope {' and '.join(scopes)}." if scopes else "Public." if shape.public else ""
    operation["description"] = f"{operation.get('description', '')}\n\n{access}".strip()


def _add_file(operation: dict[str, Any]) -> None:
    """A file in a response is described as a client can ask for it, too: application/octet-stream."""
    for response in operation["responses"].values():
        content = response.get("content", {})
        if content and all(map(is_file, content)):
            file = {"schema": {"type": "string", "format": "binary"}}
            response["content"] = dict.fromkeys((*content, OCTET_STREAM), file)
