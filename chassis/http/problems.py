"""Problems (RFC 9457): every error response of every API has a documented type.

`type` is the relative address of a page that explains it: `/problems/<slug>`, served by every API. A service declares
its own types as subclasses of these, with a slug, a title and a description.
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
from chassis.field_errors import FieldError, InvalidFieldsError
from chassis.hints import shown
from chassis.http.faults import fault_in_body, fault_of
from chassis.stored import UnreadableRowError

MEDIA_TYPE = "application/problem+json"

TYPES: dict[str, type[Problem]] = {}
"""Every type of problem in this process, by slug."""


class Problem(Exception):
    """An error response. Raise it anywhere below a route: the transaction rolls back and the client receives it."""

    slug: ClassVar[str]
    status: ClassVar[int]
    title: ClassVar[str]
    description: ClassVar[str]
    retry_after: ClassVar[int | None] = None
    """After how many seconds the client may send the request again: the header Retry-After."""

    def __init__(self, detail: str | None = None, *, headers: Mapping[str, str] | None = None, **members: Any) -> None:
        """`detail` explains this occurrence; `members` are further members of the problem, as JSON values."""
        super().__init__(detail or self.title)
        self.detail = detail
        retry = {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
        self.headers = retry | dict(headers or {})
        self.members = members

    def __init_subclass__(cls) -> None:
        if "slug" not in cls.__dict__:
            raise TypeError(f"{cls.__name__} needs a slug of its own")
        known = TYPES.setdefault(cls.slug, cls)
        if (known.__module__, known.__qualname__) != (cls.__module__, cls.__qualname__):
            raise TypeError(f"{cls.__name__} and {known.__name__} are both called {cls.slug!r}")
        TYPES[cls.slug] = cls

    def body(self, instance: str | None = None) -> dict[str, Any]:
        """The problem document; `instance` identifies this occurrence."""
        known = {
            "type": f"/problems/{self.slug}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "instance": instance,
        }
        return {name: value for name, value in known.items() if value is not None} | self.members

    def response(self, request_id: str | None = None) -> Response:
        """The response to the request with this id."""
        instance = f"urn:uuid:{request_id}" if request_id else None
        return Response(
            json.dumps(self.body(instance)),
            status_code=self.status,
            headers={"Cache-Control": "no-store", **self.headers},
            media_type=MEDIA_TYPE,
        )


class Malformed(Problem):
    """The request cannot be parsed."""

    slug = "malformed"
    status = 400
    title = "The request is malformed"
    description = (
        "The body is not JSON in UTF-8, or the address, a parameter or a header cannot be parsed. NaN, infinite"
        " numbers, lone surrogates and NUL characters are not accepted. A repeated request fails in the same way."
    )


class IdempotencyKeyRequired(Problem):
    slug = "idempotency-key-required"
    status = 400
    title = "An Idempotency-Key is required"
    description = (
        "This act must not happen twice, and a client without a response must be able to repeat its request. Choose a"
        " random key for the act, send it in the header Idempotency-Key, and send the same key with every repetition."
    )


class Unauthenticated(Problem):
    slug = "unauthenticated"
    status = 401
    title = "A valid access token is required"
    description = (
        "Send an access token of the configured issuer as `Authorization: Bearer …` (RFC 6750, RFC 9068). The header"
        " WWW-Authenticate states the error: the token is missing, expired, of another issuer or for another audience."
    )


class Forbidden(Problem):
    slug = "forbidden"
    status = 403
    title = "The access token does not allow this"
    description = (
        "The token is valid, but it does not allow this act. Either it lacks the scope that the header WWW-Authenticate"
        " names, or the act is reserved for other organisations."
    )


class FourEyes(Problem):
    slug = "four-eyes"
    status = 403
    title = "Another person must decide this"
    description = (
        "A person with a part in the ground of an act does not decide it: who proposed it, filed, corrected or"
        " concluded what it is based on, or issued a notice that was answered. A colleague decides."
    )


class NotFound(Problem):
    slug = "not-found"
    status = 404
    title = "Not found"
    description = "The resource does not exist, or it is not visible to the caller."


class MethodNotAllowed(Problem):
    slug = "method-not-allowed"
    status = 405
    title = "The method is not allowed"
    description = (
        "The address exists, but does not support the method. The header Allow lists the methods that it supports."
    )


class RequestTimeout(Problem):
    slug = "request-timeout"
    status = 408
    title = "The request arrived too slowly"
    description = (
        "The head of a request arrives within seconds, and its body without longer pauses. The request was not applied."
        " Repeat it over a better connection."
    )


class Conflict(Problem):
    slug = "conflict"
    status = 409
    title = "The current state does not allow this"
    description = (
        "The request is valid, but the current state of the resource does not allow it, or another request has changed"
        " the resource concurrently. Read the resource again and decide on its new state."
    )


class UnreadableRow(Problem):
    slug = "unreadable-row"
    status = 409
    title = "The resource is set aside"
    description = (
        "The resource exists, but what is stored about it cannot be read. Lists leave it out and count it (`omitted`)."
        " It is reported to the operators; the same request succeeds when they have corrected it."
    )


class PreconditionFailed(Problem):
    slug = "precondition-failed"
    status = 412
    title = "The resource has changed since it was read"
    description = (
        "If-Match names another version than the current one. Read the resource again, decide on its new state, and"
        " send its new ETag."
    )


class PayloadTooLarge(Problem):
    slug = "payload-too-large"
    status = 413
    title = "The body is too large"
    description = "The body has more bytes than this route accepts. Files of many records have routes of their own."


class UnsupportedMediaType(Problem):
    slug = "unsupported-media-type"
    status = 415
    title = "The media type is not supported"
    description = (
        "Content-Type is missing, or is not one of the media types that the API's description lists for this route."
    )


class Invalid(Problem):
    slug = "validation"
    status = 422
    title = "Some values are invalid"
    description = (
        "The request can be parsed, but some values are missing, of the wrong type or out of range. The member `errors`"
        " lists them: `in` (body, path, query, header), `pointer` (a JSON Pointer within it), `detail` and, of a single"
        " one, the `value`."
    )

    def __init__(self, detail: str | None = None, *, errors: Sequence[Mapping[str, str]] = ()) -> None:
        super().__init__(detail, errors=[dict(error) for error in errors])

    @classmethod
    def of_fields(cls, errors: Sequence[FieldError]) -> Invalid:
        """The problem of a body with these errors in its fields."""
        return cls(errors=list(map(fault_in_body, errors)))

    @classmethod
    def value(cls, where: str, pointer: str, detail: str) -> Invalid:
        """One invalid value: `where` is body, path, query or header, `pointer` the value within it ("/number")."""
        return cls(errors=[{"in": where, "pointer": pointer, "detail": detail}])


class IdempotencyKeyReused(Problem):
    slug = "idempotency-key-reused"
    status = 422
    title = "The Idempotency-Key belongs to another request"
    description = (
        "The same caller has used this key on this route for a request with another address or body. A key belongs to"
        " one act: choose a new key for a new act."
    )


class Erased(Problem):
    slug = "erased"
    status = 410
    title = "The content is erased"
    description = (
        "What this address or key stood for existed, and was destroyed on purpose: its complaint was withdrawn, or the"
        " key under which it was encrypted was destroyed. It does not come back."
    )


class PreconditionRequired(Problem):
    slug = "precondition-required"
    status = 428
    title = "If-Match is required"
    description = (
        "This act depends on the state of the resource. Read the resource and send its ETag as If-Match, so that"
        " nothing is decided on an outdated state."
    )


class HeadTooLarge(Problem):
    slug = "head-too-large"
    status = 431
    title = "The head of the request is too large"
    description = "The address and the headers of the request have too many bytes, or there are too many headers."


class Internal(Problem):
    slug = "internal"
    status = 500
    title = "Internal error"
    description = "An error of this service, logged under the `instance` of the problem. The request was not applied."


class DatabaseUnavailable(Problem):
    slug = "database-unavailable"
    status = 503
    title = "The database is unreachable"
    description = "It is unknown whether the request was applied: repeat it, with its Idempotency-Key if it has one."
    retry_after = 2


class Busy(Problem):
    slug = "busy"
    status = 503
    title = "The resource is busy"
    description = (
        "The request timed out while it waited for a lock or a connection, or deadlocked with another request. It was"
        " not applied: repeat it."
    )
    retry_after = 1


class KeysUnavailable(Problem):
    slug = "keys-unavailable"
    status = 503
    title = "Tokens cannot be verified at the moment"
    description = (
        "The keys of the token issuer are unavailable and none are cached. The request was not applied: repeat it."
    )
    retry_after = 5


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
    *(Problem, RequestValidationError, HTTPException, ClientDisconnect, ConflictError, NotFoundError),
    *(InvalidFieldsError, StaleAggregateError, UnreadableRowError),
    *(sa.exc.DBAPIError, sa.exc.TimeoutError, psycopg.Error),
)
"""The exceptions that `of` maps to a more specific problem than `internal`."""


def of(error: Exception, request: Request) -> Problem:
    """The problem that the client receives for an exception."""
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
        case UnreadableRowError():
            return UnreadableRow()
        case NotFoundError():
            return NotFound()
        case InvalidFieldsError():
            return Invalid.of_fields(error.errors)
        case StaleAggregateError():
            return PreconditionFailed() if "if-match" in request.headers else Conflict()
        case sa.exc.DBAPIError() | sa.exc.TimeoutError() | psycopg.Error():
            return _of_database(error)
    return Internal()


def _of_validation(error: RequestValidationError) -> Problem:
    errors = []
    for each in error.errors():
        if each["type"] == "json_invalid":
            return Malformed(f"The body is not JSON (character {each['loc'][-1]}).")
        where, *path = (str(part) for part in each["loc"])
        errors.append({"in": where, "pointer": pointer_to(*path), **fault_of(each)})
    return Invalid(errors=errors)


def _of_database(error: Exception) -> Problem:
    cause = error.orig if isinstance(error, sa.exc.DBAPIError) else error
    state = cause.sqlstate if isinstance(cause, psycopg.Error) else None
    if state in _CROSSED:
        return Busy()
    if state in _TAKEN:
        return Conflict("A conflicting change already exists, possibly made concurrently.")
    if isinstance(cause, psycopg.DataError) and state in _UNSTORABLE:
        return Invalid("A value is too long, too large or contains characters that cannot be stored.")
    if is_transient(error) or isinstance(cause, psycopg.OperationalError):
        return DatabaseUnavailable()
    return Internal()


def pointer_to(*names: str) -> str:
    """The JSON Pointer (RFC 6901) with these names, as an error may show them: a client can name a field or a parameter
    with a person's number."""
    return "".join("/" + shown(name).replace("~", "~0").replace("/", "~1") for name in names)


def responses(*types: type[Problem]) -> dict[int | str, dict[str, Any]]:
    """The problems of a route beyond those that follow from its declaration: `responses=responses(PortIsShut)`."""
    by_status: dict[int | str, dict[str, Any]] = {}
    for each in types:
        content = by_status.setdefault(each.status, {"description": each.title, "content": {MEDIA_TYPE: {}}})["content"]
        content[MEDIA_TYPE].setdefault("schema", {"$ref": "#/components/schemas/Problem"})
        content[MEDIA_TYPE].setdefault("examples", {})[each.slug] = example(each)
    return by_status


def example(kind: type[Problem]) -> dict[str, Any]:
    """An example of this type of problem, for the API's description."""
    value = {"type": f"/problems/{kind.slug}", "title": kind.title, "status": kind.status}
    if issubclass(kind, Invalid):
        value["errors"] = [{"in": "body", "pointer": "/number", "detail": "is required"}]
    return {"summary": kind.title, "value": value}
