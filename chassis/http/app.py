"""A service's API: its routers, with the middleware, error handlers and routes that are the same in every service."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

import structlog
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response

from chassis.database import Database
from chassis.decoding import build_types
from chassis.http import health, openapi, pages, problems
from chassis.http.auth import TokenVerifier, public, unprotected_routes
from chassis.http.health import Health
from chassis.http.middleware import RequestMiddleware
from chassis.http.problems import MethodNotAllowed, NotFound
from chassis.http.queries import report
from chassis.http.transactions import ReadTx, WriteTx
from chassis.http.validation import inputs_of, route_of
from chassis.rates import Usage
from chassis.settings import Settings
from chassis.stored import UnreadableRowError
from chassis.version import VERSION

__all__ = ["ReadTx", "WriteTx", "create_app", "create_monitoring"]

log = structlog.get_logger()


class Api(Protocol):
    """What of a service its API is made of."""

    @property
    def name(self) -> str: ...

    @property
    def title(self) -> str: ...

    @property
    def routers(self) -> Any: ...

    @property
    def has_persons(self) -> Callable[[str], bool]: ...


def create_app(service: Api, settings: Settings, database: Database) -> FastAPI:
    """The whole API of a service.

    `app.state.health` takes further checks by name. Raises RuntimeError for a route that neither requires a token
    nor is declared public: such a route must not be served.
    """
    build_types()
    app = _bare(service, Health(settings.run_id, {"database": health.database_ready(database)}))
    app.include_router(health.public_router)
    app.state.database = database
    app.state.has_persons = service.has_persons
    app.state.threads = ThreadPoolExecutor(settings.database_pool, thread_name_prefix="transaction")
    app.state.token_verifier = TokenVerifier.from_settings(settings)
    app.state.usage = Usage()
    app.state.proxies = settings.proxies
    for router in service.routers:
        # 422 is declared so that FastAPI does not describe its own form of it.
        app.include_router(router, responses={422: {"description": "Invalid"}})
    app.include_router(_about)
    _settle(app)
    app.state.document = openapi.describe(app)
    return app


def create_monitoring(service: Api, of: Health) -> FastAPI:
    """Health in detail and metrics of a process, for its monitoring port."""
    app = _bare(service, of)
    app.include_router(health.router)
    _settle(app)
    return app


def _bare(service: Api, of: Health) -> FastAPI:
    app = FastAPI(
        title=service.title,
        version=VERSION,
        description=openapi.DESCRIPTION,
        contact=openapi.CONTACT,
        license_info=openapi.LICENSE,
        servers=openapi.SERVERS,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=_operation_id,
        exception_handlers=dict.fromkeys(problems.HANDLED, _answer),
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.add_middleware(RequestMiddleware)
    app.state.health = of
    return app


def _settle(app: FastAPI) -> None:
    open_routes = unprotected_routes(app)
    if open_routes:
        raise RuntimeError(f"neither public nor with required scopes: {', '.join(open_routes)}")
    app.state.inputs = inputs_of(iter_route_contexts(app.routes))
    app.state.methods = defaultdict(set)
    for context in iter_route_contexts(app.routes):
        app.state.methods[context.path_format] |= context.methods or set()


def _operation_id(route: APIRoute | RouteContext) -> str:
    return str(route.name)


async def _answer(request: Request, error: Exception) -> Response:
    problem = problems.of(error, request)
    if isinstance(problem, MethodNotAllowed):
        # The router names the methods of the first route of that path only.
        problem.headers["Allow"] = ", ".join(sorted(request.app.state.methods[route_of(request)]))
    if isinstance(error, UnreadableRowError):
        report(error)
    if problem.status == problems.Internal.status:
        log.error("request failed", method=request.method, exc_info=error)
    elif problem.status > problems.Internal.status:
        log.warning("request refused for now", method=request.method, problem=problem.slug, error=str(error))
    return problem.response(request.state.request_id)


_about = APIRouter(include_in_schema=False)


@_about.get("/openapi.json")
@public
def _openapi(request: Request) -> JSONResponse:
    return JSONResponse(request.app.state.document)


@_about.get("/docs")
@public
def _docs(request: Request) -> HTMLResponse:
    return pages.swagger_ui(request.app.title)


@_about.get("/docs/{name}")
@public
def _docs_file(name: str) -> FileResponse:
    file = pages.swagger_ui_file(name)
    if file is None:
        raise NotFound
    return file


@_about.get("/problems/{slug}")
@public
def _problem(slug: str) -> HTMLResponse:
    kind = problems.TYPES.get(slug)
    if kind is None:
        raise NotFound
    return pages.problem_page(kind)
