"""Pages for people, whole without any other server: what the API has, and what its problems mean."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import escape
from typing import Any

from chassis.http.problems import Problem

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 64rem; margin: 2rem auto; padding: 0 1rem; color: #1b1f24 }
h1 { font-size: 1.6rem }
h2 { font-size: 1.2rem; margin-top: 2.2rem }
code, pre { font: 14px/1.45 ui-monospace, monospace }
pre { background: #f5f6f8; padding: .8rem; overflow: auto; border-radius: 6px } .dim { color: #5d6672 }
details { border: 1px solid #dde1e6; border-radius: 6px; margin: .5rem 0; padding: .5rem .8rem }
summary { cursor: pointer } .verb { display: inline-block; min-width: 4.2rem; font-weight: 600 }
table { border-collapse: collapse; width: 100% } td { border-top: 1px solid #eceef1; padding: .3rem .6rem .3rem 0;
vertical-align: top }
"""


def page(title: str, *parts: str) -> str:
    """A whole HTML page; `parts` are HTML already."""
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head><body>'
        f"<h1>{escape(title)}</h1>{''.join(parts)}</body></html>"
    )


def problem_page(kind: type[Problem]) -> str:
    """What a type of problem means."""
    return page(
        kind.title, f"<p>{escape(kind.description)}</p>", f'<p class="dim">Answered with status {kind.status}.</p>'
    )


def api_page(document: dict[str, Any]) -> str:
    """What an API has, from its OpenAPI document."""
    info = document["info"]
    groups: dict[str, list[str]] = {}
    for path, operations in document["paths"].items():
        for verb, operation in operations.items():
            group = str(operation.get("tags", ["other"])[0])
            groups.setdefault(group, []).append(_operation(verb, path, operation))
    operations_html = "".join(f"<h2>{escape(name)}</h2>{''.join(each)}" for name, each in groups.items())
    schemas = document["components"]["schemas"]
    return page(
        info["title"],
        '<p class="dim">Machines read <a href="openapi.json">openapi.json</a>. '
        "Tokens are sent as <code>Authorization: Bearer …</code>.</p>",
        operations_html,
        "<h2>Schemas</h2>",
        *(
            f'<details id="{escape(name)}"><summary><code>{escape(name)}</code></summary>{_json(schema)}</details>'
            for name, schema in schemas.items()
        ),
    )


def _operation(verb: str, path: str, operation: dict[str, Any]) -> str:
    scopes = [scope for each in operation.get("security", ()) for scope in each.get("bearer", ())]
    rows = "".join(_rows(operation))
    needs = f"needs {', '.join(scopes)}" if scopes else "for every caller" if "security" in operation else "public"
    return (
        f'<details><summary><code><span class="verb">{verb.upper()}</span>{escape(path)}</code> '
        f'{escape(operation.get("summary", ""))} <span class="dim">{escape(needs)}</span></summary>'
        f"<p>{escape(operation.get('description', ''))}</p><table>{rows}</table></details>"
    )


def _rows(operation: dict[str, Any]) -> Iterator[str]:
    for parameter in operation.get("parameters", ()):
        must = " (required)" if parameter.get("required") else ""
        yield _row(f"{parameter['in']}: {parameter['name']}{must}", parameter.get("description", ""))
    for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
        yield _row(f"body: {media_type}", "", content.get("schema"))
    for status, response in operation["responses"].items():
        contents = response.get("content", {}).values()
        kinds = [name for content in contents for name in content.get("examples", {})]
        links = " ".join(f'<a href="problems/{escape(kind)}">{escape(kind)}</a>' for kind in kinds)
        schema = None if kinds else next((content.get("schema") for content in contents), None)
        yield _row(f"answer {status}", "" if kinds else response.get("description", ""), schema, links)


def _row(name: str, text: str, schema: dict[str, Any] | None = None, html: str = "") -> str:
    shown = _link(schema) if schema else ""
    return f"<tr><td><code>{escape(name)}</code></td><td>{escape(text)} {shown} {html}</td></tr>"


def _link(schema: dict[str, Any]) -> str:
    name = str(schema.get("$ref", "")).rpartition("/")[2]
    return f'<a href="#{escape(name)}">{escape(name)}</a>' if name else _json(schema)


def _json(value: Any) -> str:
    return f"<pre>{escape(json.dumps(value, indent=2, ensure_ascii=False))}</pre>"
