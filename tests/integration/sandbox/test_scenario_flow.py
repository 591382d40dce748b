"""The scenarios through two services: files in over HTTP, every fact carried from one to the other, and what becomes of
each number compared with the truth. (Kafka has its own tests: here facts are carried by hand.)
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from chassis import clock, logs, privacy, rules
from chassis.database import MECHANISM, Database
from chassis.events import outbox
from chassis.events.consumer import dispatch
from chassis.events.envelope import Decoder
from chassis.events.routing import Projection
from chassis.http.app import create_app
from chassis.service import Service
from chassis.settings import Settings
from chassis.sweeper import Slice
from sandbox import install, issuer, scenario, tokens
from sandbox.scenario import files
from sandbox.scenario.cast import Case
from sandbox.scenario.records import Scenario
from services.complaints.service import SERVICE as COMPLAINTS
from services.ports.service import SERVICE as PORTS
from standalone.processes import free_port
from tests.integration.ports import scenes
from tests.integration.sandbox.serving import served


@dataclass(frozen=True)
class _Station:
    """A service: its database, its API, and its work, done by hand."""

    service: Service
    database: Database
    api: TestClient

    def send(self, path: str, content: bytes, media_type: str) -> dict[str, Any]:
        """Sends a file and works it off; gives what became of it."""
        answer = self.api.post(path, content=content, headers={"Content-Type": media_type})
        assert answer.status_code == 202, answer.text
        self.sweep("import-")
        told: dict[str, Any] = self.api.get(answer.headers["location"]).json()
        assert told["state"] == "finished", told
        return told

    def sweep(self, name: str) -> None:
        """Does all the work of the sweeps whose names begin so."""
        for sweep in self.service.sweeps:
            if sweep.name.startswith(name):
                done = 1
                while done:
                    with self.database.begin() as tx:
                        done = sweep.run(tx, Slice(sweep.limit))

    def hear(self, other: _Station, *, listener: Service | Projection) -> None:
        """Hears everything that the other has said, in its order."""
        routing = listener.reactions if isinstance(listener, Service) else listener.handlers
        decoder = Decoder(routing)
        said = scenes.rows(other.database, "SELECT payload FROM outbox ORDER BY position")
        messages = [message for row in said if (message := decoder.decode(bytes(row.payload))) is not None]
        for begin in range(0, len(messages), 200):
            with self.database.begin() as tx:
                dispatch(tx, messages[begin : begin + 200], routing)


@dataclass(frozen=True)
class _Outcome:
    played: Scenario
    filings: dict[str, Any]
    complaints: dict[str, Any]
    assessed: Sequence[Any]
    orders: Sequence[Any]
    enquiries: Sequence[Any]


def _app(service: Service, database: Database, issuer_url: str) -> FastAPI:
    settings = Settings(
        database_url="postgresql://unused",
        kafka="localhost:1",
        issuer=issuer_url,
        jwks_url=f"{issuer_url}/.well-known/jwks.json",
    )
    return create_app(service, settings, database)


@pytest.fixture(scope="module", params=["small", "year"])
def outcome(
    request: pytest.FixtureRequest, new_database: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[_Outcome]:
    """A scenario, played to its end."""
    kind: str = request.param
    logs.configure("WARNING", "console")
    directory = tmp_path_factory.mktemp("scenario")
    credentials = directory / "credentials"
    install.into(credentials)
    port = free_port()
    at = f"http://127.0.0.1:{port}"
    with pytest.MonkeyPatch.context() as process, served(issuer.create_app(credentials, at, "anning"), port):
        process.setattr(rules, "_packs_in_force", None)
        rules.use_packs("CN-2015,CN-2026")
        process.setattr(privacy, "_ring", privacy.KeyRing.create(directory / "keys.json"))
        header = {"Authorization": f"Bearer {tokens.mint(credentials, 'regulator:MIIT', issuer=at)}"}
        stations = {}
        for service in (COMPLAINTS, PORTS):
            database = Database(new_database(f"{kind}_{service.name}"), flush=outbox.flush_as(service.name))
            with database.engine.begin() as connection:
                MECHANISM.create_all(connection)
                service.metadata.create_all(connection)
            api = TestClient(_app(service, database, at), headers=header)
            stations[service.name] = _Station(service, database, api)
        played = (scenario.generate if kind == "small" else scenario.year.generate)(clock.now())
        yield _played(played, directory, stations["complaints"], stations["ports"])
        for station in stations.values():
            station.database.close()


def _played(played: Scenario, directory: Path, complaints: _Station, ports: _Station) -> _Outcome:
    scenario.write(played, directory)
    filings = ports.send("/filing-imports", (directory / "ports.csv").read_bytes(), "text/csv")
    (register,) = COMPLAINTS.projections
    complaints.hear(ports, listener=register)
    content = (directory / "complaints.ndjson").read_bytes()
    filed = complaints.send("/complaint-imports", content, "application/x-ndjson")
    complaints.sweep("assess")
    ports.hear(complaints, listener=PORTS)
    return _Outcome(
        played,
        filings,
        filed,
        scenes.rows(complaints.database, "SELECT * FROM complaints"),
        scenes.orders(ports.database),
        scenes.enquiries(ports.database),
    )


def test_bad_lines_are_refused_repeated_ones_known_and_the_rest_taken(outcome: _Outcome) -> None:
    played = outcome.played
    assert {name: outcome.filings[name] for name in ("accepted", "duplicates", "rejected")} == {
        "accepted": len(played.filings),
        "duplicates": files.REPEATED_FILINGS,
        "rejected": files.BAD_FILINGS,
    }
    assert {name: outcome.complaints[name] for name in ("accepted", "duplicates", "rejected")} == {
        "accepted": len(played.complaints) + 1,
        "duplicates": files.REPEATED_COMPLAINTS,
        "rejected": files.BAD_COMPLAINTS,
    }


def test_every_message_is_called_what_a_careful_reader_would_call_it(outcome: _Outcome) -> None:
    meant = {each.external_id: (each.industry, each.category) for each in outcome.played.meanings}
    found = {row.external_id: (row.industry, row.category) for row in outcome.assessed if row.external_id in meant}
    wrong = {each: (meant[each], found[each]) for each in meant if found[each] != meant[each]}
    assert len(found) == len(meant)
    assert len(wrong) <= 0.01 * len(meant), wrong


def test_every_number_is_attributed_as_in_truth(outcome: _Outcome) -> None:
    kinds: dict[str, set[str]] = defaultdict(set)
    for row in outcome.assessed:
        kinds[row.sender_number].add(row.kind)
    for each in outcome.played.senders:
        # The register that a message is judged by is that of its time: nobody had filed the number yet.
        truth = "unregistered" if each.case is Case.DECLARED_LATE else each.truth
        assert kinds[each.number] == {truth}, each


def test_what_follows_is_what_the_rules_make_of_it(outcome: _Outcome) -> None:
    follows: dict[str, set[str]] = defaultdict(set)
    for order in outcome.orders:
        follows[order.number].add(f"order:{order.ground}")
    for enquiry in outcome.enquiries:
        follows[enquiry.number].add("enquiry")
    for each in outcome.played.senders:
        assert follows[each.number] == ({each.follows} - {"nothing"}), each


def test_orders_and_enquiries_go_to_the_carriers_that_they_concern(outcome: _Outcome) -> None:
    carriers = {each.number: each.carrier for each in outcome.played.senders}
    assert all(order.carrier == carriers[order.number] for order in outcome.orders)
    asked = {each.addressed_because for each in outcome.enquiries}
    # Of a year everything happens on access codes that somebody has filed.
    everything = {"access-code", "plan", "every-carrier"}
    assert asked == (
        everything if Case.ELSEWHERE in {each.case for each in outcome.played.senders} else {"access-code"}
    )
    for each in outcome.enquiries:
        assert each.addressed_because == "every-carrier" or each.carrier == carriers[each.number]
