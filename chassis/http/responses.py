"""Responses with what a client needs for its next step: the address of the resource, and its version as ETag."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel
from starlette.responses import Response

from chassis.http.preconditions import etag


def json_response(view: BaseModel, *, status: int = 200, location: str | None = None) -> Response:
    """`view` as JSON; where it has a `version`, that is its ETag.

    `location` is a template that the fields of `view` fill in: "/orders/{id}".
    """
    headers = {}
    version = getattr(view, "version", None)
    if isinstance(version, int):
        headers["ETag"] = etag(version)
    if location is not None:
        headers["Location"] = location.format_map(_Fields(view))
    content = view.model_dump_json(by_alias=True)
    return Response(content, status_code=status, headers=headers, media_type="application/json")


class _Fields(dict[str, Any]):
    """The fields of a view, read when the template names them."""

    def __init__(self, view: BaseModel) -> None:
        super().__init__()
        self._view = view

    def __missing__(self, name: str) -> Any:
        return getattr(self._view, name)
