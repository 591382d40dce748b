"""Records that cannot be decoded and events whose handler keeps failing, and the operator's commands for both."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import msgspec
import pytest

from tests.faults.running import RunningSystem, eventually
from tests.faults.topics import partition_of
from tests.faults.workload import complaint

pytestmark = pytest.mark.timeout(600)

TOPIC = "complaints.complaints.v1"
DLQ = f"{TOPIC}.ports.dlq"


@contextmanager
def failing_on(running: RunningSystem, number: str) -> Iterator[None]:
    """Make every insert of evidence about this number fail in ports."""
    running.rows("ports", _RAISE)
    running.rows(
        "ports",
        "CREATE TRIGGER failing BEFORE INSERT ON evidence FOR EACH ROW"
        f" WHEN (NEW.number = '{number}') EXECUTE FUNCTION fail()",
    )
    try:
        yield
    finally:
        running.rows("ports", "DROP TRIGGER failing ON evidence")


_RAISE = """CREATE OR REPLACE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'no evidence about % is accepted', NEW.number; END $$"""


def numbers_of_one_partition(prefix: str, count: int) -> tuple[list[str], list[str]]:
    """Numbers whose records share a partition, and as many whose records are in other partitions."""
    same: list[str] = []
    other: list[str] = []
    index = 0
    while min(len(same), len(other)) < count:
        number = f"{prefix}{index:04}"
        matches = partition_of(number) == partition_of(f"{prefix}0000")
        (same if matches else other).append(number)
        index += 1
    return same[:count], other[:count]


def test_an_unreadable_record_becomes_an_unchanged_dead_letter_and_later_records_are_processed(
    running: RunningSystem,
) -> None:
    number = "1069032100001"
    running.file(complaint("readable", number, 1))
    running.settle()
    good = next(each for each in running.topics.records(TOPIC) if each.key == number.encode())
    incomplete = msgspec.json.decode(good.value)
    del incomplete["data"]["sender"]
    headers = [("content-type", b"application/cloudevents+json"), ("trace", b"\x00\xff")]
    poison = {
        "undecodable": b"\xff\x00{no event",
        "schema-invalid": msgspec.json.encode(incomplete),
        "of another specversion": good.value.replace(b'"specversion":"1.0"', b'"specversion":"2.0"'),
        "empty": b"",
    }
    earlier = len(running.topics.records(DLQ))

    sent = [running.topics.send(TOPIC, number.encode(), value, headers) for value in poison.values()]
    behind = running.file(complaint("behind the poison", number, 2))

    eventually(lambda: running.in_evidence(*behind))
    dead_letters = running.topics.records(DLQ)[earlier:]
    assert [(each.key, each.value, list(each.headers)[:2]) for each in dead_letters] == [
        (number.encode(), value, headers) for value in poison.values()
    ]
    assert running.readiness_problems("ports worker") == {}
    listed = running.operate("ports", "dlq", "list", "ports", TOPIC, "--start", str(dead_letters[0].offset)).stdout
    for record in sent:
        assert f"{TOPIC}[{record.partition}]@{record.offset}" in listed
    assert f"{len(poison)} dead letters" in listed
    assert "undecodable" in listed

    # A replay of records that still fail reports it and changes nothing.
    for options in (["--dry-run"], []):
        bounds = ["--start", str(dead_letters[0].offset), "--limit", "2"]
        replayed = running.operate("ports", "dlq", "replay", "ports", TOPIC, *bounds, *options)
        assert replayed.returncode == 1
        assert replayed.stdout.count("still failing") == 2
    assert len(running.topics.records(DLQ)) == earlier + len(poison)


def test_an_event_that_keeps_failing_holds_back_its_number_only_until_it_is_fixed(running: RunningSystem) -> None:
    (failing, *neighbours), _ = numbers_of_one_partition("106903220", 4)
    running.settle()
    with failing_on(running, failing):
        (failed,) = running.file(complaint("failing", failing, 1))
        eventually(lambda: running.rows("ports", "SELECT key FROM quarantine WHERE tries >= 3"))
        (later,) = running.file(complaint("later", failing, 2))
        others = running.file(*(complaint(f"neighbour-{each}", each, 1) for each in neighbours))
        eventually(lambda: running.in_evidence(*others))
        eventually(lambda: len(running.rows("ports", "SELECT key FROM quarantine")) == 2)
        assert not any(running.in_evidence(each) for each in (failed, later))
        assert running.readiness_problems("ports worker") == {}
        listed = running.operate("ports", "quarantine", "list", "ports").stdout
        where = rf"{re.escape(TOPIC)}\[{partition_of(failing)}\]@\d+"
        assert re.search(rf"{where}  {failing}  \d tries  RaiseException", listed), listed
        assert "1 quarantined events" in listed
        gauge = r'anning_quarantined_events{group="ports"} 2\.0'
        eventually(lambda: re.search(gauge, running.metrics("ports worker")))

    retried = running.operate("ports", "quarantine", "retry", "ports")
    # Their next try may have been due before the command.
    assert re.fullmatch(r"[0-2] events and 0 items of ports are tried again now\n", retried.stdout), retried
    eventually(lambda: running.in_evidence(failed, later))
    assert running.rows("ports", "SELECT key FROM quarantine") == []


def test_too_many_failures_block_a_partition_until_an_operator_releases_it(running: RunningSystem) -> None:
    number = "1069032300001"
    running.settle()
    for index in range(101):
        running.topics.send(TOPIC, number.encode(), f"undecodable {index}".encode(), [])
    (behind,) = running.file(complaint("behind many failures", number, 1))
    blocked = eventually(lambda: running.readiness_problems("ports worker").get("worker: reactions"))
    assert "over 100 of the last 10000 records fail" in blocked
    assert re.search(r'anning_blocked_partitions{group="ports"} 1\.0', running.metrics("ports worker"))

    where = [TOPIC, str(partition_of(number)), "--reason", "a broken producer; ticket 7"]
    for service in ("ports", "referrals"):  # every consumer of the topic is blocked
        eventually(partial(running.readiness_problems, f"{service} worker"))
        released = running.operate(service, "consumer", "release", service, *where)
        assert released.returncode == 0, released.stderr
        assert f"100 failures of {service} are no longer counted" in released.stdout
    eventually(lambda: running.in_evidence(behind))
    workers = ("ports worker", "referrals worker")
    eventually(lambda: not any(running.readiness_problems(each) for each in workers))
    audited = "SELECT object, reason FROM audit_log WHERE act = 'partition-released'"
    assert [tuple(row) for row in running.rows("ports", audited)] == [
        (f"{TOPIC}[{partition_of(number)}]", "a broken producer; ticket 7")
    ]
    eventually(lambda: running.one("ports", "SELECT count(*) FROM audit_unsealed") == 0)
    done = running.operate("ports", "audit", "verify", "ports")
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search("0 wait for their seal", done.stdout)
    assert re.search(r"anning_audit_oldest_unsealed_seconds 0\.0", running.metrics("ports worker"))
    running.settle()
