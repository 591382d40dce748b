"""Problems (RFC 9457): every refusal of every API has a documented type.

A `type` is the relative address of a page that says what it means: `/problems/<slug>`, served by every API. A service
declares its own by subclassing one of these, with a slug, a title and a description.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import psycopg
import sqlalchemy as sa
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from chassis.aggregate import ConflictError, NotFoundError
from chassis.database import StaleAggregateError, is_transient
from chassis.field_errors import InvalidFieldsError

MEDIA_TYPE = "application/problem+json"

TYPES: dict[str, type[Problem]] = {}
"""Every type of problem that this process knows, by its slug."""


class Problem(Exception):
    """A refusal. Raise it anywhere below a route; the transaction rolls back and the caller is told."""

    slug: ClassVar[str]
    status: ClassVar[int]
    title: ClassVar[str]
    description: ClassVar[str]

    def __init__(self, detail: str | None = None, *, headers: Mapping[str, str] | None = None, **members: Any) -> None:
        """`detail` says what is wrong this time; `members` are further members of the problem, as JSON values."""
        super().__init__(detail or self.title)
        self.detail = detail
        self.headers = dict(headers or {})
        self.members = members

    def __init_subclass__(cls) -> None:
        if "slug" not in cls.__dict__:
            raise TypeError(f"{cls.__name__} needs a slug of its own")
        known = TYPES.setdefault(cls.slug, cls)
        if (known.__module__, known.__qualname__) != (cls.__module__, cls.__qualname__):
            raise TypeError(f"{cls.__name__} and {known.__name__} are both called {cls.slug!r}")
        TYPES[cls.slug] = cls

    def body(self, instance: str | None = None) -> dict[str, Any]:
        """The problem as it is sent; `instance` names this one occurrence."""
        known = {
            "type": f"/problems/{self.slug}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "instance": instance,
        }
        return {name: value for name, value in known.items() if value is not None} | self.members

    def response(self, request_id: str | None = None) -> Response:
        """The answer to the request that has this id."""
        instance = f"urn:uuid:{request_id}" if request_id else None
        return Response(
            json.dumps(self.body(instance)),
            status_code=self.status,
            headers={"Cache-Control": "no-store", **self.headers},
            media_type=MEDIA_TYPE,
        )


class Malformed(Problem):
    """What was sent is not what it claims to be."""

    slug = "malformed"
    status = 400
    title = "The request is malformed"
    description = (
        "What was sent is not what it claims to be: the body is not JSON in UTF-8 (NaN and infinite numbers, byte order"
        " marks, lone surrogates and NUL characters are none either), or the address, a parameter or a header cannot be"
        " read. Sending the same again will not help."
    )


class IdempotencyKeyRequired(Problem):
    slug = "idempotency-key-required"
    status = 400
    title = "An Idempotency-Key is required"
    description = (
        "This act must not happen twice, and a client that gets no answer has to be able to repeat it. Choose a random"
        " key for the act, send it as the header Idempotency-Key, and send the same key when you repeat it."
    )


class Unauthenticated(Problem):
    slug = "unauthenticated"
    status = 401
    title = "A valid access token is required"
    description = (
        "Send an access token of the configured issuer as `Authorization: Bearer …` (RFC 6750, RFC 9068). The header"
        " WWW-Authenticate says what is wrong with the one that was sent: missing, expired, of another issuer or for"
        " another audience."
    )


class Forbidden(Problem):
    slug = "forbidden"
    status = 403
    title = "The access token does not allow this"
    description = (
        "The caller is known, but may not do this: its token lacks a scope, which the header WWW-Authenticate then"
        " names, or the act is not one for its organisation."
    )


class FourEyes(Problem):
    slug = "four-eyes"
    status = 403
    title = "Somebody else has to decide this"
    description = (
        "Acts of this weight are proposed by one person and decided by another. Who proposed it cannot decide it: ask a"
        " colleague, who acts with a token of their own."
    )


class NotFound(Problem):
    slug = "not-found"
    status = 404
    title = "There is no such thing"
    description = "Nothing has this address, or what has it is another organisation's and not for this caller to see."


class MethodNotAllowed(Problem):
    slug = "method-not-allowed"
    status = 405
    title = "This cannot be done here"
    description = "The address exists, the method is not one it knows. The header Allow names those it does."


class Conflict(Problem):
    slug = "conflict"
    status = 409
    title = "The present state does not allow this"
    description = (
        "The request is well-formed and valid, but what it is about is in a state in which this cannot be done, or was"
        " changed by somebody else at the same moment. Read it again and decide anew."
    )


class PreconditionFailed(Problem):
    slug = "precondition-failed"
    status = 412
    title = "It has changed since you read it"
    description = (
        "The version in If-Match is not the present one. Read it again, decide anew, and send the ETag of what you"
        " decided on."
    )


class PayloadTooLarge(Problem):
    slug = "payload-too-large"
    status = 413
    title = "The body is too large"
    description = "The body has more bytes than this route takes. Files of many records have a route of their own."


class UnsupportedMediaType(Problem):
    slug = "unsupported-media-type"
    status = 415
    title = "The body is of a type that this route does not take"
    description = "Content-Type is missing, or not one of those that the API's description names for this route."


class Invalid(Problem):
    slug = "validation"
    status = 422
    title = "Some values are not valid"
    description = (
        "The request can be read, but values in it are missing, of the wrong kind or out of range. The member `errors`"
        " lists them: `in` (body, path, query, header), `pointer` (a JSON Pointer within it) and `detail`."
    )

    def __init__(self, detail: str | None = None, *, errors: Sequence[Mapping[str, str]] = ()) -> None:
        super().__init__(detail, errors=[dict(error) for error in errors])

    @classmethod
    def value(cls, where: str, pointer: str, detail: str) -> Invalid:
        """One value is wrong: `where` is body, path, query or header, `pointer` the value within it ("/number")."""
        return cls(errors=[{"in": where, "pointer": pointer, "detail": detail}])


class IdempotencyKeyReused(Problem):
    slug = "idempotency-key-reused"
    status = 422
    title = "This Idempotency-Key was used for something else"
    description = (
        "The same caller has used this key on this route for a request with another address or body. A key stands for"
        " one act: choose a new one for a new act."
    )


class PreconditionRequired(Problem):
    slug = "precondition-required"
    status = 428
    title = "If-Match is required"
    description = (
        "This act depends on what you have read: send the ETag of it as If-Match, so that nothing is decided on a"
        " state that has passed."
    )


class Internal(Problem):
    slug = "internal"
    status = 500
    title = "Something went wrong here"
    description = "A fault of this service, which has been noted under the `instance` of the problem. Nothing was done."


class DatabaseUnavailable(Problem):
    slug = "database-unavailable"
    status = 503
    title = "The database cannot be reached"
    description = "Whether the last step was done is not known: repeat it, with its Idempotency-Key where it has one."

    def __init__(self, detail: str | None = None) -> None:
        super().__init__(detail, headers={"Retry-After": "2"})


class Busy(Problem):
    slug = "busy"
    status = 503
    title = "Others work on the same at this moment"
    description = "The request waited too long for others, or crossed them. Nothing was done: repeat it."

    def __init__(self, detail: str | None = None) -> None:
        super().__init__(detail, headers={"Retry-After": "1"})


class KeysUnavailable(Problem):
    slug = "keys-unavailable"
    status = 503
    title = "Tokens cannot be checked at the moment"
    description = "The keys of the token issuer cannot be fetched, and none are kept from before. Nothing was done."

    def __init__(self, detail: str | None = None) -> None:
        super().__init__(detail, headers={"Retry-After": "5"})


_BY_STATUS: dict[int, type[Problem]] = {
    each.status: each
    for each in (
        *(Malformed, Unauthenticated, Forbidden, NotFound, MethodNotAllowed, Conflict, PreconditionFailed),
        *(PayloadTooLarge, UnsupportedMediaType, PreconditionRequired),
    )
}

_CROSSED = {"40001", "40P01", "55P03", "57014"}  # serialization, deadlock, lock and statement time-outs
_TAKEN = {"23505", "23P01"}  # unique and exclusion violations
_UNSTORABLE = {"22001", "22003", "22008", "22021", "22P05", None}  # too long or large, no date, no text; None: NUL


HANDLED = (
    *(
        Problem,
        RequestValidationError,
        HTTPException,
        ClientDisconnect,
        ConflictError,
        NotFoundError,
        InvalidFieldsError,
        StaleAggregateError,
    ),
    *(sa.exc.DBAPIError, sa.exc.TimeoutError, psycopg.Error),
)
"""The exceptions for which `of` knows something better than that something went wrong."""


def of(error: Exception, request: Request) -> Problem:
    """The problem that an exception amounts to for whoever sent the request."""
    match error:
        case Problem():
            return error
        case RequestValidationError():
            return _of_validation(error)
        case HTTPException():
            return _BY_STATUS.get(error.status_code, Internal)(headers=error.headers)
        case ClientDisconnect():
            return Malformed("The body ended before it was complete.")
        case ConflictError():
            return TYPES[error.code](error.detail)
        case NotFoundError():
            return NotFound()
        case InvalidFieldsError():
            errors = [
                {"in": "body", "pointer": f"/{each.field}" if each.field else "", "detail": each.detail}
                for each in error.errors
            ]
            return Invalid(errors=errors)
        case StaleAggregateError():
            return PreconditionFailed() if "if-match" in request.headers else Conflict()
        case sa.exc.DBAPIError() | sa.exc.TimeoutError() | psycopg.Error():
            return _of_database(error)
    return Internal()


def _of_validation(error: RequestValidationError) -> Problem:
    errors = []
    for each in error.errors():
        if each["type"] == "json_invalid":
            return Malformed(f"The body is not JSON: {each['ctx']['error']} (character {each['loc'][-1]})")
        where, *path = (str(part) for part in each["loc"])
        pointer = pointer_to(*path)
        errors.append({"in": where, "pointer": pointer, "detail": str(each["msg"])})
    return Invalid(errors=errors)


def _of_database(error: Exception) -> Problem:
    cause = error.orig if isinstance(error, sa.exc.DBAPIError) else error
    state = cause.sqlstate if isinstance(cause, psycopg.Error) else None
    if state in _CROSSED:
        return Busy()
    if state in _TAKEN:
        return Conflict("Somebody else did the same at the same moment, or it was done before.")
    if isinstance(cause, psycopg.DataError) and state in _UNSTORABLE:
        return Invalid("A value is too long, too large or contains characters that cannot be kept.")
    if is_transient(error) or isinstance(cause, psycopg.OperationalError):
        return DatabaseUnavailable()
    return Internal()


def pointer_to(*names: str) -> str:
    """The JSON Pointer (RFC 6901) to what lies below these names."""
    return "".join("/" + name.replace("~", "~0").replace("/", "~1") for name in names)


def responses(*types: type[Problem]) -> dict[int | str, dict[str, Any]]:
    """What a route may answer beyond what follows from how it is made: `responses=problems.responses(PortIsShut)`."""
    by_status: dict[int | str, dict[str, Any]] = {}
    for each in types:
        content = by_status.setdefault(each.status, {"description": each.title, "content": {MEDIA_TYPE: {}}})["content"]
        content[MEDIA_TYPE].setdefault("schema", {"$ref": "#/components/schemas/Problem"})
        content[MEDIA_TYPE].setdefault("examples", {})[each.slug] = example(each)
    return by_status


def example(kind: type[Problem]) -> dict[str, Any]:
    """One problem of this type, for the API's description."""
    value = {"type": f"/problems/{kind.slug}", "title": kind.title, "status": kind.status}
    if issubclass(kind, Invalid):
        value["errors"] = [{"in": "body", "pointer": "/number", "detail": "Field required"}]
    return {"summary": kind.title, "value": value}


SCHEMA: dict[str, Any] = {
    "type": "object",
    "title": "Problem",
    "description": "RFC 9457. `type` is the address of a page that says what it means.",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string", "format": "uri", "description": "names this occurrence in the service's log"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["in", "pointer", "detail"],
                "properties": {
                    "in": {"enum": ["body", "path", "query", "header"]},
                    "pointer": {"type": "string", "format": "json-pointer"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}
