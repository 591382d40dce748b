"""Kafka away: intake and assessment go on, and what happened meanwhile arrives. PostgreSQL away: it is said, and
waited for."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import httpx2
import msgspec
import pytest

from anning.services import NAMES
from tests.faults.crowd import BAR, complaint
from tests.faults.running import Running, eventually, insist

pytestmark = pytest.mark.timeout(600)

AWAY_SECONDS = 20
EVERYBODY = tuple(f"{name} {role}" for name in NAMES for role in ("api", "worker"))


@pytest.fixture
def whole(running: Running) -> Iterator[Running]:
    """The system, whole again afterwards."""
    running.settle()
    yield running
    for part in (running.system.kafka, running.system.postgres):
        part.resume()
        if not part.answers():
            part.restart()
    for name in EVERYBODY:
        eventually(lambda name=name: not running.unready(name))  # type: ignore[misc]


def waiting(running: Running) -> int:
    """How many facts about complaints wait to be told, as an operator is told."""
    said = re.search(r"^ *(\d+)  in all", running.operate("complaints", "outbox", "complaints").stdout, re.MULTILINE)
    assert said is not None
    return int(said[1])


def test_without_kafka_complaints_are_filed_and_assessed_and_later_everything_arrives(whole: Running) -> None:
    singly, by_file = "1069031100001", "1069031100002"
    whole.file_ports([singly, by_file])
    whole.settle()
    sent = [complaint(f"away-file-{person}", by_file, person) for person in range(BAR)]

    whole.system.kafka.kill()
    since = time.monotonic()
    filed = whole.file(*(complaint(f"away-{person}", singly, person) for person in range(BAR)))
    with whole.api("complaints") as http:
        content = b"\n".join(msgspec.json.encode(each) for each in sent)
        told = whole.upload(http, "/complaint-imports", content, "application/x-ndjson")
        assert told["accepted"] == BAR
        # It stays like that, however long it takes.
        while time.monotonic() - since < AWAY_SECONDS:
            person = 100 + len(filed)
            filed += whole.file(complaint(f"away-{person}", singly, person))
            time.sleep(0.5)
        for each in filed:
            assert eventually(lambda each=each: http.get(f"/complaints/{each}").json()["assessment"])  # type: ignore[misc]
    assert waiting(whole) == len(filed) + BAR
    assert not whole.heard_of(filed[0])
    assert {whole.system.processes[name].running for name in EVERYBODY} == {True}

    whole.system.kafka.start()
    whole.settle()
    assert whole.heard_of(*filed)
    ordered = whole.rows("ports", "SELECT number FROM orders WHERE number = ANY(%s) ORDER BY number", [singly, by_file])
    assert ordered == [(singly,), (by_file,)]
    assert waiting(whole) == 0


def test_when_kafka_hangs_nobody_who_files_has_to_wait_for_it(whole: Running) -> None:
    whole.system.kafka.pause()
    filed = whole.file(*(complaint(f"hanging-{person}", "1069031100003", person) for person in range(3)))
    eventually(lambda: whole.one("complaints", _ASSESSED, filed) == len(filed))
    whole.system.kafka.resume()
    eventually(lambda: whole.heard_of(*filed))


def test_without_postgresql_it_is_said_and_afterwards_everybody_goes_on(whole: Running) -> None:
    number = "1069031100004"
    whole.file_ports([number])
    before = whole.file(*(complaint(f"before-{person}", number, person) for person in range(BAR - 1)))
    pids = [whole.system.processes[name].pid for name in EVERYBODY]

    whole.system.postgres.kill()
    said = complaint("meanwhile", number, BAR)
    with whole.api("complaints") as http, whole.api("ports") as ports:
        for refused in (
            http.post("/complaints", json=said),
            http.post("/complaint-imports", content=b"{}", headers={"Content-Type": "application/x-ndjson"}),
            http.get("/statistics"),
            ports.get("/orders"),
        ):
            assert refused.status_code == 503
            assert refused.headers["content-type"] == "application/problem+json"
            assert refused.json()["type"] == "/problems/database-unavailable"
            assert int(refused.headers["retry-after"]) > 0
    for name in EVERYBODY:
        assert any("database" in what or "outbox" in what for what in whole.unready(name))
        assert httpx2.get(f"{whole.system.url(*name.split())}/healthz", timeout=30, trust_env=False).status_code == 200

    whole.system.postgres.start()
    with whole.api("complaints") as http:
        # What was refused left nothing behind: it is new.
        answer = insist(http, "POST", "/complaints", json=said)
        assert answer.status_code == 201
    eventually(lambda: whole.heard_of(*before, answer.json()["id"]))
    assert whole.rows("ports", "SELECT ground FROM orders WHERE number = %s", number) == [("commercial",)]
    # They waited: nobody had to start them anew.
    assert [whole.system.processes[name].pid for name in EVERYBODY] == pids


_ASSESSED = "SELECT count(*) FROM complaints WHERE id = ANY(%s::uuid[]) AND state = 'assessed'"
