"""Keyset paging: a page states where the next begins, so that new and deleted rows shift nothing. There are no totals.

A token holds the sort key of the last row of a page. It is no secret and grants no access: visibility is checked for
every page. Its check sum only detects a damaged token, or one of another listing.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

import msgspec
from fastapi import Depends, Query, Response
from pydantic import BaseModel, Field
from starlette.requests import Request

from chassis.http.problems import Invalid
from chassis.http.validation import route_of

DEFAULT_SIZE = 50
MAX_SIZE = 500

T = TypeVar("T")
Part = str | int | datetime | UUID

_CHECK_BYTES = 6


class Page(BaseModel, Generic[T]):
    """Some rows of a listing, in order, and the token of the next page."""

    items: list[T]
    next_page_token: str | None = Field(description="page_token of the next page; null on the last page")
    omitted: int = Field(description="rows of this page that are left out because they cannot be read; 0 as a rule")


@dataclass(frozen=True, slots=True)
class PageRows(Generic[T]):
    """The rows of a page in their order: the sort key of each, and what it shows; None where it cannot be read."""

    keys: Sequence[tuple[Part, ...]]
    items: Sequence[T | None]


class Paging:
    """Which page a request asks for."""

    def __init__(self, size: int, token: str | None, request: Request, response: Response) -> None:
        self.size = size
        self._token = token
        self._request = request
        self._response = response

    @property
    def limit(self) -> int:
        """The number of rows to read: one more than the page size, which shows whether another page follows."""
        return self.size + 1

    def after(self, *types: type[Part]) -> tuple[Any, ...] | None:
        """The sort key after which the page begins, one value of each type; None for the first page.

        For `WHERE (filed_at, id) < (:filed_at, :id)`: `page.after(datetime, UUID)`. Raises Invalid for a token
        that is not of this listing.
        """
        if self._token is None:
            return None
        try:
            raw = base64.b64decode(self._token.encode("ascii") + b"=" * (-len(self._token) % 4), b"-_", validate=True)
            check, content = raw[:_CHECK_BYTES], raw[_CHECK_BYTES:]
            if check != self._check(content):
                raise ValueError("damaged, or of another listing")
            return tuple(msgspec.json.decode(content, type=tuple.__class_getitem__(types)))
        except ValueError as error:
            raise Invalid.value("query", "/page_token", "not a token of a page of this listing") from error

    def of(self, found: PageRows[T]) -> Page[T]:
        """The page of these rows, of which up to `limit` were read."""
        entries = found.items[: self.size]
        items = [each for each in entries if each is not None]
        omitted = len(entries) - len(items)
        if len(found.items) <= self.size:
            return Page[T](items=items, next_page_token=None, omitted=omitted)
        content = msgspec.json.encode(found.keys[self.size - 1])
        token = base64.urlsafe_b64encode(self._check(content) + content).rstrip(b"=").decode()
        following = self._request.url.include_query_params(page_token=token)
        self._response.headers["Link"] = f'<{following.path}?{following.query}>; rel="next"'
        return Page[T](items=items, next_page_token=token, omitted=omitted)

    def _check(self, content: bytes) -> bytes:
        return hashlib.sha256(route_of(self._request).encode() + b"\n" + content).digest()[:_CHECK_BYTES]


# Async, though it does not wait: a sync dependency would cost a change of threads.
async def paging_params(
    request: Request,
    response: Response,
    page_size: Annotated[int, Query(ge=1, le=MAX_SIZE, description="rows per page")] = DEFAULT_SIZE,
    page_token: Annotated[
        str | None, Query(max_length=1_000, description="next_page_token of the previous page")
    ] = None,
) -> Paging:
    """Which page a request asks for."""
    return Paging(page_size, page_token, request, response)


PageQuery = Annotated[Paging, Depends(paging_params)]
"""For a listing: `page: PageQuery`, then `return page.of(...)` of what `chassis.http.queries.page_rows` makes."""
