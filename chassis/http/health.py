"""What a machine asks about a process: does it live, may it be sent work, how is it doing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa
from fastapi import APIRouter
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import Response

from chassis.database import Database
from chassis.http.auth import public

Readiness = Callable[[], Mapping[str, str]]
"""Finds what keeps a part of the process from being ready: reasons by name; nothing when it is."""

router = APIRouter(include_in_schema=False)


@router.get("/healthz")
@public
def live() -> dict[str, str]:
    """The process answers."""
    return {"status": "live"}


@router.get("/readyz")
@public
def ready(request: Request) -> JSONResponse:
    """200 when every part is ready, else 503 with what is not."""
    found: dict[str, Any] = {}
    checks: dict[str, Readiness] = request.app.state.readiness
    for name, check in checks.items():
        found |= {f"{name}: {part}": reason for part, reason in check().items()}
    if found:
        return JSONResponse({"status": "not ready", "problems": found}, status_code=503)
    return JSONResponse({"status": "ready"})


@router.get("/metrics")
@public
def metrics() -> Response:
    """The process's metrics, in the text format of Prometheus."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


def database_ready(database: Database) -> Readiness:
    """Whether the database answers."""

    def check() -> Mapping[str, str]:
        try:
            with database.read() as read:
                read.execute(sa.text("SELECT 1"))
        except Exception as error:
            return {"connection": f"does not answer: {type(error).__name__}"}
        return {}

    return check
