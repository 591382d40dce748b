"""All routes of an API, called as anybody; and everything that its database holds, to see what a call left."""

from __future__ import annotations

import gzip
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response

from chassis.database import MECHANISM, Database
from tests.integration.http.issuer import Issuer, new_key

Traces = dict[str, tuple[int, str]]


def traces(database: Database, *own: sa.MetaData) -> Traces:
    """How many rows each table has, and the digest of everything in them. `own`: the tables of the service."""
    tables = [table.name for metadata in (MECHANISM, *own) for table in metadata.sorted_tables]
    each = "SELECT '{0}', count(*), md5(string_agg(t::text, E'\\n' ORDER BY t::text)) FROM {0} AS t"
    with database.read() as read:
        statement = sa.text(" UNION ALL ".join(each.format(table) for table in tables).replace(":", "\\:"))
        rows: Sequence[Any] = read.execute(statement).all()
    return {name: (count, digest) for name, count, digest in rows}


@dataclass(frozen=True)
class Operation:
    """What can be called: "POST /orders/{id}/lifting"."""

    method: str
    path: str
    public: bool

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def operations(app: FastAPI) -> Iterator[Operation]:
    """Every operation that the API's own description has."""
    for path, item in app.state.document["paths"].items():
        for method, operation in item.items():
            yield Operation(method.upper(), path, not operation.get("security"))


@dataclass(frozen=True)
class Walk:
    """Calls to every operation, with what fits it: parameters of paths, and bodies by operation (bytes are a file)."""

    client: TestClient
    parameters: Mapping[str, Mapping[str, str]]
    """By the beginning of the path."""
    bodies: Mapping[str, Any]
    file_type: str

    def call(self, operation: Operation, headers: Mapping[str, str], query: str = "") -> Response:
        """One call, which would succeed for whoever may. Raises KeyError for a route that nobody thought of here."""
        path = operation.path
        for beginning, values in self.parameters.items():
            if path.startswith(beginning):
                path = path.format_map(values)
                break
        assert "{" not in path, f"nothing is known that {operation} could be called with"
        if operation.method == "GET":
            return self.client.get(path + query, headers=dict(headers))
        body, sent = self.bodies[str(operation)], {"If-Match": "*", **headers}
        if isinstance(body, bytes):
            return self.client.post(path, content=body, headers=sent | {"Content-Type": self.file_type})
        if body is None:
            return self.client.post(path, headers=sent)
        return self.client.post(path, json=body, headers=sent)


BAD_TOKENS: dict[str, Callable[[Issuer, str], dict[str, str]]] = {
    "missing": lambda issuer, scopes: {},
    "no token at all": lambda issuer, scopes: {"Authorization": "Bearer nonsense"},
    "expired": lambda issuer, scopes: issuer.bearer(scopes, exp=int(time.time()) - 3_600),
    "of another issuer": lambda issuer, scopes: issuer.bearer(scopes, iss="https://elsewhere.test"),
    "for another audience": lambda issuer, scopes: issuer.bearer(scopes, aud="elsewhere"),
    "signed by somebody else": lambda issuer, scopes: issuer.bearer(scopes, key=new_key("first")),
    "unsigned": lambda issuer, scopes: issuer.bearer(scopes, header={"alg": "none"}),
    "of no organisation": lambda issuer, scopes: issuer.bearer(scopes, org=None),
}
"""Headers that open nothing, by what is wrong with them."""


@dataclass(frozen=True)
class Refused:
    """Something that is sent, and the problem that it gets for an answer."""

    status: int
    slug: str
    content: bytes
    headers: Mapping[str, str]


def bad_json(good: bytes, chinese: str) -> dict[str, Refused]:
    """Bodies that are no JSON to be read, whatever the route. `chinese` is a text of `good` that is not ASCII."""
    plain = {"Content-Type": "application/json"}
    return {
        "cut off": Refused(400, "malformed", good[:-20], plain),
        "in GB18030": Refused(400, "malformed", good.decode().encode("gb18030"), plain),
        "in UTF-16": Refused(400, "malformed", good.decode().encode("utf-16"), plain),
        "with half a character": Refused(
            400, "malformed", good.replace(chinese.encode(), chinese.encode()[:-1]), plain
        ),
        "with NUL": Refused(400, "malformed", good.replace(chinese.encode(), b"\\u0000"), plain),
        "with half a surrogate pair": Refused(400, "malformed", good.replace(chinese.encode(), b"\\ud800"), plain),
        "nested without end": Refused(400, "malformed", b"[" * 100_000, plain),
        "no object": Refused(422, "validation", b"[]", plain),
        "nothing": Refused(422, "validation", b"", plain),
        "too long": Refused(413, "payload-too-large", good[:-1] + b" " * 300_000 + b"}", plain),
        "of another type": Refused(415, "unsupported-media-type", good, {"Content-Type": "text/plain"}),
        "compressed": Refused(400, "malformed", gzip.compress(good), plain),
    }


def bad_files(good: bytes, media_type: str) -> dict[str, Refused]:
    """Files that are refused as a whole, whatever is in their lines."""
    plain = {"Content-Type": media_type}
    packed = plain | {"Content-Encoding": "gzip"}
    wide = good.decode()
    return {
        "a gzip bomb": Refused(413, "compressed-too-strongly", gzip.compress(b"0" * 50_000_000), packed),
        "gzip that ends early": Refused(422, "unreadable-file", gzip.compress(good)[:-10], packed),
        "gzip with a damaged sum": Refused(422, "unreadable-file", gzip.compress(good)[:-8] + bytes(8), packed),
        "gzip by name only": Refused(422, "unreadable-file", good, packed),
        "gzip that does not say so": Refused(422, "unreadable-file", gzip.compress(good), plain),
        "UTF-16": Refused(422, "unreadable-file", wide.encode("utf-16"), plain),
        "a ZIP archive": Refused(422, "unreadable-file", b"PK\x03\x04" + bytes(100), plain),
        "empty": Refused(422, "unreadable-file", b"", plain),
        "of another type": Refused(415, "unsupported-media-type", good, {"Content-Type": "application/pdf"}),
        "of no type": Refused(415, "unsupported-media-type", good, {}),
    }


def problem_of(answer: Response) -> tuple[int, str]:
    """Status and slug of the problem that an answer is."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return answer.status_code, str(answer.json()["type"]).rpartition("/")[2]


def shows(answer: Response, marks: Sequence[str]) -> list[str]:
    """Those of the marks that an answer tells."""
    told = answer.text + "".join(f"{name}: {value}\n" for name, value in answer.headers.items())
    return [mark for mark in marks if mark in told]
