"""Which changes of an API break clients that were made for its earlier document.

Clients are generated, so they are strict: a new value of an enumeration breaks a reader. A client may ignore fields and
operations that are new; a server may accept more than before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from contracts.schemas.compatibility import changed_keywords, changed_parts, parts_of, resolved

Document = dict[str, Any]
"""An OpenAPI document, or a part of one."""

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_FOR_PEOPLE = {"title", "description", "summary", "default", "example", "examples", "deprecated"}


@dataclass(frozen=True, slots=True)
class Break:
    """One broken promise. `operation` is what the change log names: "ports POST /v1/orders/{id}/execution"."""

    operation: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.operation}: {self.sentence}"


def breaks(released: Mapping[str, Document], documents: Mapping[str, Document]) -> list[Break]:
    """Every break of the released documents, by service; a service without a released document breaks nothing."""
    found = []
    for service, was in released.items():
        now = documents.get(service, {"paths": {}})
        comparison = _Comparison(was, now)
        for label, operation in _operations(was).items():
            current = _operations(now).get(label)
            sentences = ["it was removed"] if current is None else comparison.operation(operation, current)
            found += [Break(f"{service} {label}", each) for each in dict.fromkeys(sentences)]
    return found


def _operations(document: Document) -> dict[str, Document]:
    return {
        f"{method.upper()} {path}": operations[method]
        for path, operations in document["paths"].items()
        for method in _METHODS
        if method in operations
    }


class _Comparison:
    """Two documents of one service; references are resolved in their own document."""

    def __init__(self, released: Document, current: Document) -> None:
        self._released = released
        self._current = current

    def operation(self, was: Document, now: Document) -> Iterator[str]:
        """Every break of one operation."""
        yield from self._security(was, now)
        yield from self._parameters(was, now)
        yield from self._body(was.get("requestBody", {}), now.get("requestBody", {}))
        for status, response in was["responses"].items():
            if status not in now["responses"]:
                yield f"the response {status} was removed"
                continue
            yield from self._content(response, now["responses"][status], f"response {status}", sent=False)

    def _security(self, was: Document, now: Document) -> Iterator[str]:
        scopes = [
            {scope for each in operation["security"] for scope in each.get("bearer", ())} for operation in (was, now)
        ]
        if now["security"] and not was["security"]:
            yield "it requires a token"
        for scope in sorted(scopes[1] - scopes[0]):
            yield f"it requires the scope {scope}"

    def _parameters(self, was: Document, now: Document) -> Iterator[str]:
        were, are = (
            {(each["in"], each["name"]): each for each in operation.get("parameters", ())} for operation in (was, now)
        )
        for (place, name), parameter in were.items():
            if (place, name) not in are:
                yield f"the {place} parameter {name} was removed"
                continue
            current = are[place, name]
            if current.get("required") and not parameter.get("required"):
                yield f"the {place} parameter {name} is newly required"
            yield from self._schema(parameter["schema"], current["schema"], f"{place} parameter {name}", sent=True)
        for (place, name), parameter in are.items():
            if (place, name) not in were and parameter.get("required"):
                yield f"the {place} parameter {name} is new and required"

    def _body(self, was: Document, now: Document) -> Iterator[str]:
        if was and not now:
            yield "it takes no body any more"
        elif now.get("required") and not was.get("required"):
            yield "its body is newly required"
        else:
            yield from self._content(was, now, "body", sent=True)

    def _content(self, was: Document, now: Document, where: str, *, sent: bool) -> Iterator[str]:
        for media_type, content in was.get("content", {}).items():
            if media_type not in now.get("content", {}):
                yield f"{where}: {media_type} was removed"
            else:
                current = now["content"][media_type]
                yield from self._schema(content.get("schema", {}), current.get("schema", {}), where, sent=sent)

    def _schema(
        self, was: Document, now: Document, where: str, *, sent: bool, seen: frozenset[str] = frozenset()
    ) -> Iterator[str]:
        """Compare two schemas; `sent` by clients, or else received by them. `seen` are the references on the way."""
        reference = str(was.get("$ref", ""))
        if reference in seen:
            return
        seen |= {reference} - {""}
        was, now = resolved(_schemas(self._released), was), resolved(_schemas(self._current), now)
        yield from changed_keywords(was, now, where, ignored=_FOR_PEOPLE | {"enum"})
        yield from _values(was, now, where, sent=sent)
        yield from self._fields(was, now, where, sent=sent, seen=seen)
        parts_were, parts_are = parts_of(was), parts_of(now)
        yield from changed_parts(parts_were, parts_are, where)
        for part in sorted(parts_were.keys() & parts_are.keys()):
            yield from self._schema(parts_were[part], parts_are[part], f"{where}.{part}", sent=sent, seen=seen)

    def _fields(self, was: Document, now: Document, where: str, *, sent: bool, seen: frozenset[str]) -> Iterator[str]:
        were, are = was.get("properties", {}), now.get("properties", {})
        for name, field in were.items():
            if name in are:
                yield from self._schema(field, are[name], f"{where}.{name}", sent=sent, seen=seen)
            else:
                yield f"{where}.{name}: it was removed"
        required_was, required_is = set(was.get("required", ())), set(now.get("required", ()))
        if sent:
            yield from (f"{where}.{name}: it is newly required" for name in sorted(required_is - required_was))
        else:
            missing = (required_was - required_is) & are.keys()
            yield from (f"{where}.{name}: it may now be missing" for name in sorted(missing))


def _values(was: Document, now: Document, where: str, *, sent: bool) -> Iterator[str]:
    """Values that clients may no longer send, or do not know when they receive them."""
    if "enum" not in was and "enum" not in now:
        return
    if "enum" not in was or "enum" not in now:
        yield f"{where}: it {'has' if 'enum' in now else 'had'} a list of values"
        return
    missing, unknown = (was["enum"], now["enum"]) if sent else (now["enum"], was["enum"])
    for value in missing:
        if value not in unknown:
            yield f"{where}: the value {value!r} {'was removed' if sent else 'is new'}"


def _schemas(document: Document) -> dict[str, Document]:
    schemas: dict[str, Document] = document.get("components", {}).get("schemas", {})
    return schemas
