"""The scenarios through two services: files are uploaded over HTTP, events are passed on without Kafka, and the results
for each number are compared with the truth of the scenario."""

from __future__ import annotations

import gzip
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
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
from sandbox.people import people
from sandbox.scenario import files
from sandbox.scenario.cast import SenderCase
from sandbox.scenario.records import Scenario
from services.complaints.service import SERVICE as COMPLAINTS
from services.ports.service import SERVICE as PORTS
from standalone.organisations import Parts, split_complaints, split_register
from standalone.processes import free_port
from standalone.system import LOAD
from tests.integration.http.clients import ApiClient
from tests.integration.ports import scenes
from tests.integration.sandbox.serving import served


@dataclass(frozen=True)
class _ServiceRunner:
    """A service with its database and its API, whose sweeps and reactions a test runs itself."""

    service: Service
    database: Database
    api: TestClient
    bearer: Callable[[str | None], dict[str, str]]

    def send(self, path: str, content: bytes, media_type: str, org: str | None) -> dict[str, Any]:
        """Upload a file for an organisation, or as a person of the staff (None), and process it; the import."""
        headers = self.bearer(org)
        answer = self.api.post(path, content=content, headers={"Content-Type": media_type, **headers})
        assert answer.status_code == 202, answer.text
        self.sweep("import-")
        finished: dict[str, Any] = self.api.get(answer.headers["location"], headers=headers).json()
        assert finished["state"] == "finished", finished
        return finished

    def send_parts(self, path: str, parts: Parts, media_type: str) -> Counter[str]:
        """Upload the files of organisations, each for its own; the counts of the lines."""
        counts = Counter[str]()
        for org, part in parts.items():
            sent = self.send(path, gzip.decompress(part.read_bytes()), media_type, org)
            counts += Counter({name: sent[name] for name in ("accepted", "duplicates", "rejected")})
        return counts

    def sweep(self, name: str) -> None:
        """Run the sweeps whose names begin with `name` until they find no more work."""
        for sweep in self.service.sweeps:
            if sweep.name.startswith(name):
                done = 1
                while done:
                    with self.database.begin() as tx:
                        done = sweep.run(tx, Slice(sweep.limit))

    def consume(self, other: _ServiceRunner, *, consumer: Service | Projection) -> None:
        """Process all events of another service in their order."""
        routing = consumer.reactions if isinstance(consumer, Service) else consumer.handlers
        decoder = Decoder(routing)
        outbox_rows = scenes.rows(other.database, "SELECT payload FROM outbox ORDER BY position")
        messages = [message for row in outbox_rows if (message := decoder.decode(bytes(row.payload))) is not None]
        for begin in range(0, len(messages), 200):
            with self.database.begin() as tx:
                dispatch(tx, messages[begin : begin + 200], routing)


@dataclass(frozen=True)
class _Result:
    generated: Scenario
    filings: Counter[str]
    complaints: Counter[str]
    assessed: Sequence[Any]
    orders: Sequence[Any]
    enquiries: Sequence[Any]


def _app(service: Service, database: Database, issuer_url: str) -> FastAPI:
    settings = Settings(
        database_url="postgresql://unused",
        kafka="localhost:1",
        kafka_username="unused",
        kafka_password_file=Path("unused"),
        issuer=issuer_url,
        jwks_url=f"{issuer_url}/.well-known/jwks.json",
    )
    return create_app(service, settings, database)


@pytest.fixture(scope="module", params=["small", "year"])
def result(
    request: pytest.FixtureRequest, new_database: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[_Result]:
    """The results of a scenario."""
    kind: str = request.param
    logs.configure("WARNING", "console")
    directory = tmp_path_factory.mktemp("scenario")
    credentials = directory / "credentials"
    install.into(credentials)
    port = free_port()
    at = f"http://127.0.0.1:{port}"
    with pytest.MonkeyPatch.context() as process, served(issuer.create_app(credentials, at, "anning"), port):
        process.setattr(rules, "_packs_in_force", None)
        rules.use_packs(LOAD)
        process.setattr(privacy, "_ring", privacy.KeyRing.create(directory / "keys.json"))

        def bearer(org: str | None) -> dict[str, str]:
            if org is None:
                return {"Authorization": f"Bearer {tokens.mint_for(credentials, people()['MIIT-officer'], issuer=at)}"}
            return {"Authorization": f"Bearer {tokens.mint(credentials, org, issuer=at)}"}

        runners = {}
        for service in (COMPLAINTS, PORTS):
            database = Database(new_database(f"{kind}_{service.name}"), flush=outbox.flush_as(service.name))
            with database.engine.begin() as connection:
                MECHANISM.create_all(connection)
                service.metadata.create_all(connection)
            runners[service.name] = _ServiceRunner(service, database, ApiClient(_app(service, database, at)), bearer)
        generated = (scenario.generate if kind == "small" else scenario.year.generate)(clock.now())
        yield _run(generated, directory, runners["complaints"], runners["ports"])
        for runner in runners.values():
            runner.database.close()


def _run(generated: Scenario, directory: Path, complaints: _ServiceRunner, ports: _ServiceRunner) -> _Result:
    scenario.write(generated, directory)
    register_parts = split_register(directory / "ports.csv", directory / "carriers")
    filings = ports.send_parts("/filing-imports", register_parts, "text/csv")
    (register,) = COMPLAINTS.projections
    complaints.consume(ports, consumer=register)
    parts = split_complaints(directory / "complaints.ndjson", directory / "channels")
    filed = complaints.send_parts("/complaint-imports", parts, "application/x-ndjson")
    complaints.sweep("assess")
    ports.consume(complaints, consumer=PORTS)
    return _Result(
        generated,
        filings,
        filed,
        scenes.rows(complaints.database, "SELECT * FROM complaints"),
        scenes.orders(ports.database),
        scenes.enquiries(ports.database),
    )


def test_bad_lines_are_rejected_repeated_complaints_are_duplicates_and_all_others_are_accepted(result: _Result) -> None:
    generated = result.generated
    assert result.filings == {
        "accepted": len(generated.filings),
        "rejected": files.BAD_FILINGS + files.REPEATED_FILINGS,
    }
    assert result.complaints == {
        "accepted": len(generated.complaints) + 1,
        "duplicates": files.REPEATED_COMPLAINTS,
        "rejected": files.BAD_COMPLAINTS,
    }


def test_every_message_is_classified_correctly(result: _Result) -> None:
    expected = {each.external_id: (each.industry, each.category) for each in result.generated.classifications}
    found = {row.external_id: (row.industry, row.category) for row in result.assessed if row.external_id in expected}
    wrong = {each: (expected[each], found[each]) for each in expected if found[each] != expected[each]}
    assert len(found) == len(expected)
    assert len(wrong) <= 0.01 * len(expected), wrong


def test_every_number_is_attributed_correctly(result: _Result) -> None:
    kinds: dict[str, set[str]] = defaultdict(set)
    for row in result.assessed:
        kinds[row.sender_number].add(row.kind)
    for each in result.generated.senders:
        # Attribution uses the register at the time of the message, when the number was not yet filed.
        truth = "unregistered" if each.case is SenderCase.DECLARED_LATE else each.truth
        assert kinds[each.number] == {truth}, each


def test_orders_and_enquiries_are_those_that_the_rules_require(result: _Result) -> None:
    follows: dict[str, set[str]] = defaultdict(set)
    for order in result.orders:
        follows[order.number].add(f"order:{order.ground}")
    for enquiry in result.enquiries:
        follows[enquiry.number].add("enquiry")
    for each in result.generated.senders:
        assert follows[each.number] == ({each.follows} - {"nothing"}), each


def test_orders_and_enquiries_go_to_the_responsible_carriers(result: _Result) -> None:
    carriers = {each.number: each.carrier for each in result.generated.senders}
    assert all(order.carrier == carriers[order.number] for order in result.orders)
    reasons = {each.addressed_because for each in result.enquiries}
    # In a year all numbers have access codes with a filing.
    all_reasons = {"access-code", "plan", "every-carrier"}
    assert reasons == (
        all_reasons if SenderCase.ELSEWHERE in {each.case for each in result.generated.senders} else {"access-code"}
    )
    for each in result.enquiries:
        assert each.addressed_because == "every-carrier" or each.carrier == carriers[each.number]
