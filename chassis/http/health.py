"""Liveness, readiness and metrics of a process.

The port of the API states only whether the process is ready. The reasons, the progress and the metrics are on the
monitoring port, which the public does not reach.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
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

_READY: dict[str, Any] = {"status": "ready"}
_NOT_READY: dict[str, Any] = {"status": "not ready"}

Readiness = Callable[[], Mapping[str, str]]
"""Returns why a part of the process is not ready: reasons by name; empty when it is ready."""


@dataclass
class Health:
    """What a process knows of its own state: its run id, and its checks and the progress of its projections, by
    name."""

    run_id: str | None = None
    checks: dict[str, Readiness] = field(default_factory=dict)
    progress: Callable[[], Mapping[str, Any]] = dict

    def problems(self) -> dict[str, str]:
        """Why the process is not ready, by part; empty when it is ready."""
        return {f"{name}: {part}": reason for name, check in self.checks.items() for part, reason in check().items()}


public_router = APIRouter(include_in_schema=False)
"""For everybody."""
router = APIRouter(include_in_schema=False)
"""For those who operate the process."""


@public_router.get("/healthz")
@router.get("/healthz")
@public
def live() -> dict[str, str]:
    """The process is running."""
    return {"status": "live"}


@public_router.get("/readyz")
@public
def ready(request: Request) -> JSONResponse:
    """200 when every part is ready, otherwise 503."""
    health: Health = request.app.state.health
    return JSONResponse(_NOT_READY, status_code=503) if health.problems() else JSONResponse(_READY)


@router.get("/readyz")
@public
def ready_in_detail(request: Request) -> JSONResponse:
    """200 when every part is ready, otherwise 503 with the reasons and the progress of projections.

    Repeats the run id.
    """
    health: Health = request.app.state.health
    headers = run_id.headers(health.run_id)
    found = health.problems()
    if not found:
        return JSONResponse(_READY, headers=headers)
    progress = {part: asdict(each) for part, each in health.progress().items()}
    shown = {"progress": progress} if progress else {}
    return JSONResponse(_NOT_READY | {"problems": found} | shown, status_code=503, headers=headers)


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
