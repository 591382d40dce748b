"""One trace leads from a complaint, over both services and Kafka, to the order that its carrier executes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from anning.services import NAMES
from chassis import migrations, privacy, rules
from chassis.database import Database
from chassis.events import outbox
from chassis.events.topics import Catalogue
from chassis.http.app import create_app
from chassis.service import Service
from chassis.wakeup import Notifier
from chassis.worker import Worker
from services.complaints.service import SERVICE as COMPLAINTS
from services.ports.service import SERVICE as PORTS
from standalone.system import LOAD, ROOT
from tests.integration.complaints import scenes as complaints
from tests.integration.complaints.scenes import NUMBER
from tests.integration.events.depot import until
from tests.integration.http.clients import ApiClient
from tests.integration.http.issuer import Issuer
from tests.integration.http.serving import settings
from tests.integration.ports import scenes as ports
from tests.integration.ports.api import SCOPES
from tests.parts.fixtures import broker_settings
from tests.parts.protocols import Kafka
from tests.parts.spans import Spans, linked_traces, trace_of

PEOPLE = [f"1390000000{number}" for number in range(5)]
CALLERS = [f"00-{number:032x}-{number:016x}-01" for number in range(1, 6)]
CARRIER = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@dataclass(frozen=True)
class Running:
    """One service in this process: its database, its API and its worker."""

    database: Database
    client: TestClient
    worker: Worker


@pytest.fixture
def start(
    kafka: Kafka,
    new_database: Callable[[str], str],
    topic_prefix: str,
    issuer: Issuer,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    logged: None,
) -> Iterator[Callable[[Service], Running]]:
    """Starts a service in this process."""
    monkeypatch.setattr(rules, "_packs_in_force", None)
    rules.use_packs(LOAD)
    monkeypatch.setattr(privacy, "_ring", privacy.KeyRing.create(tmp_path / "keys.json"))
    catalogue = Catalogue.load(ROOT / "contracts" / "topics.yaml", topic_prefix)
    with ExitStack() as stack:

        def start(service: Service) -> Running:
            url = new_database(service.name)
            migrations.upgrade(service, url)
            own = settings(url, issuer).model_copy(
                update=broker_settings(kafka.broker()) | {"topic_prefix": topic_prefix, "instance": "0"}
            )
            notifier = Notifier(url)
            stack.callback(notifier.close)
            database = Database(url, flush=outbox.flush_as(service.name), committed=notifier.notify)
            stack.callback(database.close)
            catalogue.create(own.broker, NAMES)
            client = stack.enter_context(ApiClient(create_app(service, own, database)))
            return Running(
                database, client, stack.enter_context(_running(service, Worker(service, own, database, catalogue)))
            )

        yield start


@contextmanager
def _running(service: Service, worker: Worker) -> Iterator[Worker]:
    worker.start()
    try:
        yield worker
    finally:
        worker.stop()


def test_a_complaint_and_the_order_that_its_carrier_executes_are_one_trace(
    start: Callable[[Service], Running], issuer: Issuer, spans: Spans
) -> None:
    register, intake = start(PORTS), start(COMPLAINTS)
    until(lambda: not register.worker.problems() | intake.worker.problems())
    ports.file(register.database, ports.form(NUMBER, signature="云杉书店"))
    until(lambda: ports.rows(intake.database, "SELECT number FROM register_filings"))

    for person, caller in zip(PEOPLE, CALLERS, strict=True):
        channel = "app" if int(person[-1]) % 2 else "12321_web"
        headers = issuer.bearer(complaints.ALL_SCOPES, org=f"channel:{channel}") | {"traceparent": caller}
        report = complaints.report(f"{channel}-{person[-1]}", channel=channel, complainant_number=person)
        filed = intake.client.post("/complaints", json=report, headers=headers)
        assert filed.status_code == 201, filed.text
    until(lambda: ports.orders(register.database))
    order = ports.order_at(register.database, NUMBER)
    for act, body, version in (("acknowledgement", None, 1), ("execution", {"evidence": "switched off"}, 2)):
        headers = issuer.bearer(SCOPES) | {"traceparent": CARRIER, "If-Match": f'"{version}"'}
        done = register.client.post(f"/orders/{order.id}/{act}", json=body, headers=headers)
        assert done.status_code == 200, done.text

    ordered = spans.one("create shutdown-ordered.v1")
    story = trace_of(ordered)
    assert story in {each.split("-")[1] for each in CALLERS}
    executed, request = spans.one("create order-executed.v1"), spans.one("POST /v1/orders/{id}/execution")
    assert trace_of(executed) == story
    assert len([each for each in spans.named("POST /v1/complaints") if trace_of(each) == story]) == 1
    assert len([each for each in spans.named("create complaint-assessed.v1") if trace_of(each) == story]) == 1
    # The carrier's request stays in the carrier's trace; each of the two leads to the other.
    assert trace_of(request) == CARRIER.split("-")[1]
    assert linked_traces(request) >= {story}
    assert linked_traces(executed) == {trace_of(request)}
