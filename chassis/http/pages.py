"""Pages for people, without any other server: Swagger UI, and the meaning of each problem."""

from __future__ import annotations

from html import escape
from importlib.resources import files

from fastapi.openapi.docs import get_swagger_ui_html
from starlette.responses import FileResponse, HTMLResponse

from chassis.http.problems import Problem

_SWAGGER_UI_FILES = ("swagger-ui-bundle.js", "swagger-ui.css", "favicon.png")

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 64rem; margin: 2rem auto; padding: 0 1rem; color: #1b1f24 }
h1 { font-size: 1.6rem }
.dim { color: #5d6672 }
"""


_POLICY = "Content-Security-Policy"
_OF_A_TEXT = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"
# Swagger UI has a script and styles in its page, and pictures in its styles.
_OF_SWAGGER_UI = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
    " object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
)


def problem_page(kind: type[Problem]) -> HTMLResponse:
    """What a type of problem means."""
    title = escape(kind.title)
    return HTMLResponse(
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head><body><h1>{title}</h1>'
        f'<p>{escape(kind.description)}</p><p class="dim">Answered with status {kind.status}.</p></body></html>',
        headers={_POLICY: _OF_A_TEXT},
    )


def swagger_ui(title: str) -> HTMLResponse:
    """Swagger UI for `openapi.json`, with its scripts and styles from `docs/`, relative to `/docs`."""
    page = get_swagger_ui_html(
        openapi_url="openapi.json",
        title=title,
        oauth2_redirect_url=None,
        swagger_js_url="docs/swagger-ui-bundle.js",
        swagger_css_url="docs/swagger-ui.css",
        swagger_favicon_url="docs/favicon.png",
        # The validator would be another server.
        swagger_ui_parameters={"validatorUrl": None, "docExpansion": "list", "defaultModelsExpandDepth": 0},
    )
    page.headers[_POLICY] = _OF_SWAGGER_UI
    return page


def swagger_ui_file(name: str) -> FileResponse | None:
    """A script or style of Swagger UI; None where it has none of that name."""
    if name not in _SWAGGER_UI_FILES:
        return None
    return FileResponse(str(files("fastapi_offline") / "static" / name), headers={"Cache-Control": "max-age=86400"})
