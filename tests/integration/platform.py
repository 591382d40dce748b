"""All services in this process, without Kafka: what happened is passed on from outbox to outbox."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from fastapi.testclient import TestClient
from httpx2 import Response

from anning.services import NAMES, load
from chassis.database import Database
from chassis.events.consumer import dispatch
from chassis.events.envelope import Decoder
from chassis.events.routing import Routing
from chassis.sweeper import Slice
from sandbox.people import all_scopes
from tests.integration.http.issuer import Issuer

EVE = "eve"
MIIT = "regulator:MIIT"


@dataclass
class Platform:
    """All services; what happened is passed on by `settle`."""

    databases: dict[str, Database]
    clients: Mapping[str, TestClient]
    issuer: Issuer
    passed: dict[tuple[str, str], int] = field(default_factory=dict)

    def post(self, service: str, path: str, body: Any, *, org: str = MIIT, by: str = EVE, seen: Any = None) -> Response:
        """An act of a person, or of the system of an organisation."""
        headers = self.issuer.bearer(" ".join(all_scopes()), org=org, sub=by)
        if seen is not None:
            headers["If-Match"] = f'"{seen}"'
        return self.clients[service].post(path, json=body, headers=headers)

    def upload(self, service: str, path: str, *lines: Any) -> None:
        """Eve uploads a file."""
        headers = self.issuer.bearer(" ".join(all_scopes()), org=MIIT, sub=EVE)
        content = b"\n".join(json.dumps(line).encode() for line in lines)
        media = {"Content-Type": "application/x-ndjson"}
        assert self.clients[service].post(path, content=content, headers=headers | media).status_code == 202
        self.settle()

    def items(self, service: str, path: str) -> list[Any]:
        """What national staff see in a list."""
        headers = self.issuer.bearer(" ".join(all_scopes()), org=MIIT)
        found: list[Any] = self.clients[service].get(path, headers=headers).json()["items"]
        return found

    def settle(self) -> None:
        """Do all work that is due, and pass on all events, until nothing is left."""
        while any([*(self._sweep(name) for name in NAMES), *(self._pass_on(name) for name in NAMES)]):
            pass

    def chains(self, kind: str) -> list[set[str]]:
        """The persons in the chains of all events of this type."""
        found = []
        for database in self.databases.values():
            with database.read() as read:
                payloads = read.execute(sa.text("SELECT payload FROM outbox WHERE type = :kind"), {"kind": kind})
                found += [set(str(json.loads(each).get("actors", "")).split()) for each in payloads.scalars()]
        return found

    def _sweep(self, name: str) -> int:
        done = 0
        for sweep in load(name).sweeps:
            with self.databases[name].begin() as tx:
                done += sweep.run(tx, Slice(sweep.limit))
        return done

    def _pass_on(self, name: str) -> int:
        service = load(name)
        routings = [*(each.handlers for each in service.projections), service.reactions]
        return sum(
            self._receive(name, f"{producer} {index}", producer, routing)
            for index, routing in enumerate(routings)
            for producer in NAMES
            if producer != name
        )

    def _receive(self, name: str, stream: str, producer: str, routing: Routing) -> int:
        after = self.passed.get((name, stream), 0)
        with self.databases[producer].read() as read:
            statement = sa.text("SELECT position, payload FROM outbox WHERE position > :after ORDER BY position")
            rows = read.execute(statement, {"after": after}).all()
        decoder = Decoder(routing)
        messages = [found for row in rows if (found := decoder.decode(bytes(row.payload))) is not None]
        if messages:
            with self.databases[name].begin() as tx:
                dispatch(tx, messages, routing)
        if rows:
            self.passed[name, stream] = rows[-1].position
        return len(messages)
