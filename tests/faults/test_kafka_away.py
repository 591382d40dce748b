"""Outages. Without Kafka, complaints are still filed and assessed, and their events are published afterwards. Without
PostgreSQL, every process reports it and reconnects."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import httpx2
import pytest

from anning.services import NAMES
from tests.faults.running import RunningSystem, eventually, request_until_answered
from tests.faults.workload import BAR, complaint

pytestmark = pytest.mark.timeout(600)

OUTAGE_SECONDS = 20
PROCESSES = tuple(f"{name} {role}" for name in NAMES for role in ("api", "worker"))


@pytest.fixture
def breakable(running: RunningSystem) -> Iterator[RunningSystem]:
    """The system; afterwards Kafka and PostgreSQL run again and every process is ready."""
    running.settle()
    yield running
    for part in (running.system.kafka, running.system.postgres):
        part.resume()
        if not part.answers():
            part.restart()
    for name in PROCESSES:
        eventually(lambda name=name: not running.readiness_problems(name))  # type: ignore[misc]


def unpublished(running: RunningSystem) -> int:
    """The number of unpublished events of complaints, as the operator's command reports it."""
    total = re.search(r"^ *(\d+)  in all", running.operate("complaints", "outbox", "complaints").stdout, re.MULTILINE)
    assert total is not None
    return int(total[1])


def test_without_kafka_complaints_are_filed_and_assessed_and_their_events_are_published_later(
    breakable: RunningSystem,
) -> None:
    singly, by_file = "1069031100001", "1069031100002"
    breakable.file_ports([singly, by_file])
    breakable.settle()
    sent = [complaint(f"away-file-{person}", by_file, person) for person in range(BAR)]

    breakable.system.kafka.kill()
    since = time.monotonic()
    filed = breakable.file(*(complaint(f"away-{person}", singly, person) for person in range(BAR)))
    with breakable.api("complaints") as http:
        assert sum(each["accepted"] for each in breakable.upload_complaints(sent)) == BAR
        # Intake continues during the whole outage.
        while time.monotonic() - since < OUTAGE_SECONDS:
            person = 100 + len(filed)
            filed += breakable.file(complaint(f"away-{person}", singly, person))
            time.sleep(0.5)
        for each in filed:
            assert eventually(lambda each=each: http.get(f"/complaints/{each}").json()["assessment"])  # type: ignore[misc]
    assert unpublished(breakable) == len(filed) + BAR
    assert not breakable.in_evidence(filed[0])
    assert {breakable.system.processes[name].running for name in PROCESSES} == {True}

    breakable.system.kafka.start()
    breakable.settle()
    assert breakable.in_evidence(*filed)
    ordered = breakable.rows(
        "ports", "SELECT number FROM orders WHERE number = ANY(%s) ORDER BY number", [singly, by_file]
    )
    assert ordered == [(singly,), (by_file,)]
    assert unpublished(breakable) == 0


def test_filing_does_not_wait_for_a_hanging_kafka(breakable: RunningSystem) -> None:
    breakable.system.kafka.pause()
    filed = breakable.file(*(complaint(f"hanging-{person}", "1069031100003", person) for person in range(3)))
    eventually(lambda: breakable.one("complaints", _ASSESSED, filed) == len(filed))
    breakable.system.kafka.resume()
    eventually(lambda: breakable.in_evidence(*filed))


def test_without_postgresql_every_process_reports_it_and_reconnects_later(breakable: RunningSystem) -> None:
    number = "1069031100004"
    breakable.file_ports([number])
    before = breakable.file(*(complaint(f"before-{person}", number, person) for person in range(BAR - 1)))
    pids = [breakable.system.processes[name].pid for name in PROCESSES]

    breakable.system.postgres.kill()
    rejected = complaint("meanwhile", number, BAR)
    with breakable.filing() as channel, breakable.api("complaints") as http, breakable.api("ports") as ports:
        for answer in (
            channel.post("/complaints", json=rejected),
            http.post("/complaint-imports", content=b"{}", headers={"Content-Type": "application/x-ndjson"}),
            http.get("/statistics"),
            ports.get("/orders"),
        ):
            assert answer.status_code == 503
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.json()["type"] == "/problems/database-unavailable"
            assert int(answer.headers["retry-after"]) > 0
    for name in PROCESSES:
        assert any("database" in check or "outbox" in check for check in breakable.readiness_problems(name))
        alive = f"{breakable.system.monitoring_url(*name.split())}/healthz"
        assert httpx2.get(alive, timeout=30, trust_env=False).status_code == 200

    breakable.system.postgres.start()
    with breakable.filing() as http:
        # The refused request left no row behind, so it is created now.
        answer = request_until_answered(http, "POST", "/complaints", json=rejected)
        assert answer.status_code == 201
    eventually(lambda: breakable.in_evidence(*before, answer.json()["id"]))
    assert breakable.rows("ports", "SELECT ground FROM orders WHERE number = %s", number) == [("commercial",)]
    # The same processes still run: none was restarted.
    assert [breakable.system.processes[name].pid for name in PROCESSES] == pids


_ASSESSED = "SELECT count(*) FROM complaints WHERE id = ANY(%s::uuid[]) AND state = 'assessed'"
