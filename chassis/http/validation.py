"""What each route accepts, collected once, so that everything else is refused in one place and in one way."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from email.message import Message
from functools import lru_cache
from typing import Any, TypeVar

import msgspec
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, RouteContext
from pydantic import BaseModel
from starlette.requests import Request

from chassis.characters import LOST
from chassis.hints import LOST_ESCAPE, LOST_FAULT, json_fault, repeated_name, shown_if_short, texts_with
from chassis.http.auth import is_public
from chassis.http.problems import Invalid, Malformed, UnsupportedMediaType, pointer_to
from chassis.wrong_fields import personal_fields

JSON_LIMIT = 256 * 1024
"""Maximum bytes of an ordinary request body."""

JSON_TYPES = ("application/json",)

OCTET_STREAM = "application/octet-stream"
"""The media type of a file whose format the route determines. Generators of clients know no other one for files."""

UTF_8 = ("utf-8", "utf8", "us-ascii")
"""The names of UTF-8 as a charset."""

_MOST_ERRORS = 20

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Body:
    """The body that a route reads itself: its media types, its maximum of bytes (None: the route checks it), and the
    charsets that its Content-Type may declare."""

    media_types: tuple[str, ...]
    limit: int | None
    charsets: Collection[str] = UTF_8


@dataclass(frozen=True, slots=True)
class RouteInput:
    """What a route accepts: its path template, the names of its query parameters, its body, the fields of its body
    whose values no error shows, and whether it is public."""

    path: str
    query: frozenset[str]
    body: Body | None
    json: bool
    personal: frozenset[str]
    public: bool


def is_file(media_type: str) -> bool:
    """Whether content of this type is handed on as it is: neither JSON nor text."""
    return media_type not in JSON_TYPES and not media_type.endswith("+json") and not media_type.startswith("text/")


def consumes(*media_types: str, limit: int | None, charsets: Collection[str] = UTF_8) -> Callable[[F], F]:
    """Declare that a route reads the body itself, as a stream: `@consumes("text/csv", limit=2**30)` below the route's
    own decorator. Other types and charsets are refused with 415, more bytes with 413 while they are read."""

    def declare(endpoint: F) -> F:
        endpoint.__anning_body__ = Body(media_types, limit, charsets)  # type: ignore[attr-defined]
        return endpoint

    return declare


def input_of(context: RouteContext) -> RouteInput:
    """What one route accepts."""
    query = frozenset(_query_names(context.dependant))
    json = context.body_field is not None
    body = getattr(context.endpoint, "__anning_body__", Body(JSON_TYPES, JSON_LIMIT) if json else None)
    return RouteInput(str(context.path_format), query, body, json, _personal(context), is_public(context))


def _personal(context: RouteContext) -> frozenset[str]:
    field = context.body_field
    return personal_fields(None if field is None else field.field_info.annotation)


def _query_names(dependant: Dependant) -> Iterator[str]:
    for parameter in dependant.query_params:
        kind = parameter.field_info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from (field.alias or name for name, field in kind.model_fields.items())
        else:
            yield parameter.alias
    for each in dependant.dependencies:
        yield from _query_names(each)


def inputs_of(contexts: Iterable[RouteContext]) -> dict[Any, RouteInput]:
    """What all routes accept, by endpoint."""
    return {each.endpoint: input_of(each) for each in contexts if isinstance(each.original_route, APIRoute)}


def route_of(request: Request) -> str:
    """The path template of the request's route: "/orders/{id}"."""
    shape: RouteInput = request.app.state.inputs[request.scope["endpoint"]]
    return shape.path


class ValidatedRequest(Request):
    """A request that is refused where its route does not accept it; its JSON is decoded once."""

    _decoded: Any = None

    async def check(self) -> None:
        """Refuse unknown query parameters, a body of another media type, and malformed JSON.

        Runs first in every route. Raises Invalid, UnsupportedMediaType and Malformed.
        """
        shape: RouteInput = self.app.state.inputs[self.scope["endpoint"]]
        unknown = [name for name in self.query_params if name not in shape.query]
        if unknown:
            errors = [{"in": "query", "pointer": pointer_to(name), "detail": "unknown parameter"} for name in unknown]
            raise Invalid(errors=errors)
        if shape.body is None:
            return
        if not shape.json:
            _check_type(self, shape.body)
            return
        # RFC 8259, section 8.1: a parser may ignore a byte order mark, which some systems write.
        content = (await self.body()).removeprefix(codecs.BOM_UTF8)
        if content:
            _check_type(self, shape.body)
            self._decoded = read_json(content, shape.personal)

    async def json(self) -> Any:
        """The body, as decoded by `check`."""
        return self._decoded


def _check_type(request: Request, body: Body) -> None:
    expected = body.media_types
    media_type, charset = content_type(request)
    suffixed = expected == JSON_TYPES and media_type.startswith("application/") and media_type.endswith("+json")
    if media_type not in expected and not suffixed:
        raise UnsupportedMediaType(f"This route accepts {', '.join(expected)}.")
    if charset is not None and charset not in body.charsets:
        raise UnsupportedMediaType(f"This route accepts text with the charset {', '.join(body.charsets)}.")


def content_type(request: Request) -> tuple[str, str | None]:
    """The media type of a request, empty without one, and the charset that it declares; both in small letters."""
    return _parsed(request.headers.get("content-type", ""))


@lru_cache(maxsize=64)
def _parsed(value: str) -> tuple[str, str | None]:
    """Parsing a header takes as long as verifying a token."""
    header = Message()
    header["Content-Type"] = value
    return header.get_content_type() if value else "", header.get_content_charset()


def read_json(content: bytes, personal: Collection[str]) -> Any:
    """The value of a JSON text; no error shows a value of a `personal` field.

    Raises Malformed for malformed JSON, and for what Python's parser accepts but JSON or the database does not: other
    encodings than UTF-8, NaN and infinite numbers, lone surrogates, NUL characters, unlimited nesting, names that occur
    twice in an object. Raises Invalid for U+FFFD: a conversion has put it in the place of a character that is lost.
    """
    try:
        value = msgspec.json.decode(content)
        repeated = repeated_name(content)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(f"The body is not JSON in UTF-8: {json_fault(error, content)}.") from error
    if repeated is not None:
        raise Malformed(f"The field `{repeated}` occurs twice in one object; send it once.")
    if b"\\u0000" in content and (nul := next(texts_with("\0", value), None)):
        path, text = nul
        raise Malformed(f"`{_pointer(path, personal)}` contains a NUL character: character {text.index(chr(0)) + 1}.")
    if (LOST.encode() in content or LOST_ESCAPE.search(content)) and (lost := list(texts_with(LOST, value))):
        raise Invalid(errors=[_lost(*each, personal) for each in lost[:_MOST_ERRORS]])
    return value


def _lost(path: tuple[str, ...], text: str, personal: Collection[str]) -> dict[str, str]:
    detail = f"character {text.index(LOST) + 1} is {LOST_FAULT}"
    value = None if _is_in(path, personal) else shown_if_short(text)
    return {"in": "body", "pointer": _pointer(path, personal), "detail": detail} | (
        {} if value is None else {"value": value}
    )


def _pointer(path: tuple[str, ...], personal: Collection[str]) -> str:
    return pointer_to(*(path[:1] if _is_in(path, personal) else path))


def _is_in(path: tuple[str, ...], personal: Collection[str]) -> bool:
    return bool(path) and path[0] in personal
