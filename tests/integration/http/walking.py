"""Calls to all operations of an API with any token, and digests of its database that show what a call changed."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response

from chassis.database import MECHANISM, Database
from chassis.version import API_PREFIX
from tests.integration.http.issuer import Issuer, new_key

Traces = dict[str, tuple[int, str]]


def traces(database: Database, *own: sa.MetaData) -> Traces:
    """The number of rows and the digest of each table. `own`: the tables of the service."""
    tables = [table.name for metadata in (MECHANISM, *own) for table in metadata.sorted_tables]
    each = "SELECT '{0}', count(*), md5(string_agg(t::text, E'\\n' ORDER BY t::text)) FROM {0} AS t"
    with database.read() as read:
        statement = sa.text(" UNION ALL ".join(each.format(table) for table in tables).replace(":", "\\:"))
        rows: Sequence[Any] = read.execute(statement).all()
    return {name: (count, digest) for name, count, digest in rows}


@dataclass(frozen=True)
class Operation:
    """An operation of the API, such as "POST /orders/{id}/lifting", below the version."""

    method: str
    path: str
    public: bool

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def operations(app: FastAPI) -> Iterator[Operation]:
    """Every operation in the OpenAPI document of the API."""
    for path, item in app.state.document["paths"].items():
        for method, operation in item.items():
            yield Operation(method.upper(), path.removeprefix(API_PREFIX), not operation.get("security"))


@dataclass(frozen=True)
class Walk:
    """Valid calls to every operation: path parameters, and bodies by operation (bytes are a file)."""

    client: TestClient
    parameters: Mapping[str, Mapping[str, str]]
    """Path parameters, by path prefix."""
    bodies: Mapping[str, Any]
    file_type: str

    def call(self, operation: Operation, headers: Mapping[str, str], query: str = "") -> Response:
        """One call, which succeeds with the right token. Raises KeyError for an operation missing in `bodies`."""
        path = operation.path
        for prefix, values in self.parameters.items():
            if path.startswith(prefix):
                path = path.format_map(values)
                break
        assert "{" not in path, f"no path parameters for {operation}"
        if operation.method == "GET":
            return self.client.get(path + query, headers=dict(headers))
        body, sent = self.bodies[str(operation)], {"If-Match": "*", **headers}
        if isinstance(body, bytes):
            return self.client.post(path, content=body, headers=sent | {"Content-Type": self.file_type})
        if body is None:
            return self.client.post(path, headers=sent)
        return self.client.post(path, json=body, headers=sent)

    def with_reply_code(self, notices: str, headers: Mapping[str, str]) -> Walk:
        """The same calls, those of an enterprise with the reply code of a new notice."""
        reply_code = self.call(Operation("POST", notices, False), headers).json()["reply_code"]
        of_enterprises = ("POST /enterprise-files", "POST /replies")
        replies = {name: self.bodies[name] | {"reply_code": reply_code} for name in of_enterprises}
        return replace(self, bodies={**self.bodies, **replies})


BAD_TOKENS: dict[str, Callable[[Issuer, str], dict[str, str]]] = {
    "missing": lambda issuer, scopes: {},
    "not a token": lambda issuer, scopes: {"Authorization": "Bearer nonsense"},
    "expired": lambda issuer, scopes: issuer.bearer(scopes, exp=int(time.time()) - 3_600),
    "of another issuer": lambda issuer, scopes: issuer.bearer(scopes, iss="https://elsewhere.test"),
    "for another audience": lambda issuer, scopes: issuer.bearer(scopes, aud="elsewhere"),
    "signed with another key": lambda issuer, scopes: issuer.bearer(scopes, key=new_key("first")),
    "unsigned": lambda issuer, scopes: issuer.bearer(scopes, header={"alg": "none"}),
    "of no organisation": lambda issuer, scopes: issuer.bearer(scopes, org=None),
}
"""Headers that give no access, by what is wrong with them."""


@dataclass(frozen=True)
class Refused:
    """A request body, and the problem with which it is refused."""

    status: int
    slug: str
    content: bytes
    headers: Mapping[str, str]


def bad_json(good: bytes, chinese: str) -> dict[str, Refused]:
    """Bodies that every JSON route refuses. `chinese` is a non-ASCII part of `good`."""
    plain = {"Content-Type": "application/json"}
    repeated = f', "{next(iter(json.loads(good)))}": null}}'.encode()
    return {
        "with a field that occurs twice": Refused(400, "malformed", good.rstrip()[:-1] + repeated, plain),
        "truncated": Refused(400, "malformed", good[:-20], plain),
        "in GB18030": Refused(400, "malformed", good.decode().encode("gb18030"), plain),
        "in UTF-16": Refused(400, "malformed", good.decode().encode("utf-16"), plain),
        "with an incomplete character": Refused(
            400, "malformed", good.replace(chinese.encode(), chinese.encode()[:-1]), plain
        ),
        "with NUL": Refused(400, "malformed", good.replace(chinese.encode(), b"\\u0000"), plain),
        "with a lone surrogate": Refused(400, "malformed", good.replace(chinese.encode(), b"\\ud800"), plain),
        "nested too deeply": Refused(400, "malformed", b"[" * 100_000, plain),
        "not an object": Refused(422, "validation", b"[]", plain),
        "an empty body": Refused(422, "validation", b"", plain),
        "too long": Refused(413, "payload-too-large", good[:-1] + b" " * 300_000 + b"}", plain),
        "of another media type": Refused(415, "unsupported-media-type", good, {"Content-Type": "text/plain"}),
        "compressed": Refused(400, "malformed", gzip.compress(good), plain),
    }


def bad_files(good: bytes, media_type: str) -> dict[str, Refused]:
    """Files that are refused as a whole, whatever their lines contain."""
    plain = {"Content-Type": media_type}
    packed = plain | {"Content-Encoding": "gzip"}
    text = good.decode()
    return {
        "a gzip bomb": Refused(413, "compressed-too-strongly", gzip.compress(b"0" * 50_000_000), packed),
        "truncated gzip": Refused(422, "unreadable-file", gzip.compress(good)[:-10], packed),
        "gzip with a wrong checksum": Refused(422, "unreadable-file", gzip.compress(good)[:-8] + bytes(8), packed),
        "plain text declared as gzip": Refused(422, "unreadable-file", good, packed),
        "gzip declared as plain text": Refused(422, "unreadable-file", gzip.compress(good), plain),
        "UTF-16 without a mark": Refused(422, "unreadable-file", text.encode("utf-16-le"), plain),
        "GB18030 without a charset": Refused(422, "unreadable-file", f"{text}\n乌有商城".encode("gb18030"), plain),
        "UTF-8 declared as UTF-16": Refused(
            422, "unreadable-file", good, {"Content-Type": f"{media_type}; charset=utf-16le"}
        ),
        "in an unknown charset": Refused(
            415, "unsupported-media-type", good, {"Content-Type": f"{media_type}; charset=big5"}
        ),
        "a ZIP archive": Refused(422, "unreadable-file", b"PK\x03\x04" + bytes(100), plain),
        "empty": Refused(422, "unreadable-file", b"", plain),
        "of another media type": Refused(415, "unsupported-media-type", good, {"Content-Type": "application/pdf"}),
        "without a media type": Refused(415, "unsupported-media-type", good, {}),
    }


def problem_of(response: Response) -> tuple[int, str]:
    """The status and the slug of the problem in a response."""
    assert response.headers["content-type"] == "application/problem+json", response.text
    return response.status_code, str(response.json()["type"]).rpartition("/")[2]


def shows(response: Response, marks: Sequence[str]) -> list[str]:
    """Those of the marks that a response contains."""
    text = response.text + "".join(f"{name}: {value}\n" for name, value in response.headers.items())
    return [mark for mark in marks if mark in text]
