"""Liveness, readiness and metrics of a process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa
from fastapi import APIRouter
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import Response

from chassis import run_id
from chassis.database import Database
from chassis.http.auth import public

Readiness = Callable[[], Mapping[str, str]]
"""Returns why a part of the process is not ready: reasons by name; empty when it is ready."""

router = APIRouter(include_in_schema=False)


@router.get("/healthz")
@public
def live() -> dict[str, str]:
    """The process is running."""
    return {"status": "live"}


@router.get("/readyz")
@public
def ready(request: Request) -> JSONResponse:
    """200 when every part is ready, otherwise 503 with the reasons and the progress of projections.

    Repeats the run id.
    """
    headers = run_id.headers(request.app.state.run_id)
    found: dict[str, Any] = {}
    checks: dict[str, Readiness] = request.app.state.readiness
    for name, check in checks.items():
        found |= {f"{name}: {part}": reason for part, reason in check().items()}
    if found:
        progress = {part: asdict(each) for part, each in request.app.state.progress().items()}
        shown = {"progress": progress} if progress else {}
        return JSONResponse({"status": "not ready", "problems": found, **shown}, status_code=503, headers=headers)
    return JSONResponse({"status": "ready"}, headers=headers)


@router.get("/metrics")
@public
def metrics() -> Response:
    """The metrics of the process, in the text format of Prometheus."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


def database_ready(database: Database) -> Readiness:
    """The readiness of the database."""

    def check() -> Mapping[str, str]:
        try:
            with database.read() as read:
                read.execute(sa.text("SELECT 1"))
        except Exception as error:
            return {"connection": f"does not respond: {type(error).__name__}"}
        return {}

    return check
