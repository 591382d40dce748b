"""Answers that carry what a client needs for its next step: where the thing is, and its version."""

from __future__ import annotations

from pydantic import BaseModel
from starlette.responses import Response

from chassis.http.preconditions import etag


def answered(
    view: BaseModel, *, status: int = 200, version: int | None = None, location: str | None = None
) -> Response:
    """`view` as JSON, with its version as ETag."""
    headers = {}
    if version is not None:
        headers["ETag"] = etag(version)
    if location is not None:
        headers["Location"] = location
    content = view.model_dump_json(by_alias=True)
    return Response(content, status_code=status, headers=headers, media_type="application/json")


def created(view: BaseModel, *, location: str, version: int | None = None) -> Response:
    """201: `view` was made and is found at `location` from now on."""
    return answered(view, status=201, version=version, location=location)


def accepted(view: BaseModel, *, location: str) -> Response:
    """202: what was asked for is kept and will be worked off; `location` tells how far it is."""
    return answered(view, status=202, location=location)
