"""Unreadable records and handlers that keep failing, and the operator's commands for both."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

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


def test_a_failing_handler_blocks_its_partition_visibly_until_it_is_fixed(running: RunningSystem) -> None:
    (failing, *behind), elsewhere = numbers_of_one_partition("106903220", 4)
    running.settle()
    with failing_on(running, failing):
        (failed,) = running.file(complaint("failing", failing, 1))
        blocked = eventually(lambda: running.readiness_problems("ports worker").get("worker: reactions"))
        where = re.search(rf"{re.escape(TOPIC)}\[(\d+)\]@(\d+) after \d+ attempts", blocked)
        assert where is not None, blocked
        assert int(where[1]) == partition_of(failing)
        others = running.file(*(complaint(f"elsewhere-{each}", each, 1) for each in elsewhere))
        eventually(lambda: running.in_evidence(*others))
        waiting = running.file(*(complaint(f"behind-{each}", each, 1) for each in behind))
        more = running.file(*(complaint(f"elsewhere-again-{each}", each, 2) for each in elsewhere))
        eventually(lambda: running.in_evidence(*more))
        assert not any(running.in_evidence(each) for each in (failed, *waiting))
        metrics = "anning_blocked_partitions"
        assert re.search(rf'{metrics}{{group="ports"}} 1\.0', running.metrics("ports worker"))

    eventually(lambda: running.in_evidence(failed, *waiting))
    eventually(lambda: not running.readiness_problems("ports worker"))


def test_a_blocking_record_can_be_parked_with_a_reason_and_replayed_later(running: RunningSystem) -> None:
    (failing, *behind), _ = numbers_of_one_partition("106903230", 3)
    running.settle()
    earlier = len(running.topics.records(DLQ))
    with failing_on(running, failing):
        (failed,) = running.file(complaint("to be parked", failing, 1))
        blocked = eventually(lambda: running.readiness_problems("ports worker").get("worker: reactions"))
        waiting = running.file(*(complaint(f"behind-{each}", each, 1) for each in behind))
        where = re.search(r"\[(\d+)\]@(\d+)", blocked)
        assert where is not None
        position = [where[1], where[2]]
        parked = running.operate(
            "ports", "dlq", "park", "ports", TOPIC, *position, "--reason", "the table refuses it; ticket 7"
        )
        assert parked.returncode == 0, parked.stderr

        eventually(lambda: running.in_evidence(*waiting))
        eventually(lambda: not running.readiness_problems("ports worker"))
        assert not running.in_evidence(failed)
        (dead_letter,) = running.topics.records(DLQ)[earlier:]
        (original,) = (
            each for each in running.topics.records(TOPIC) if [str(each.partition), str(each.offset)] == position
        )
        assert (dead_letter.key, dead_letter.value) == (original.key, original.value)
        assert list(dead_letter.headers)[: len(original.headers)] == list(original.headers)
        start = ["--start", str(dead_letter.offset)]
        assert "ticket 7" in running.operate("ports", "dlq", "list", "ports", TOPIC, *start).stdout
        assert running.rows("ports", "SELECT reason FROM parked_records WHERE record_offset = %s", int(where[2]))

        still = running.operate("ports", "dlq", "replay", "ports", TOPIC, *start)
        assert still.returncode == 1
        assert "still failing" in still.stdout

    dry = running.operate("ports", "dlq", "replay", "ports", TOPIC, *start, "--dry-run")
    assert (dry.returncode, "would apply" in dry.stdout) == (0, True)
    assert not running.in_evidence(failed)
    for _ in range(2):
        replayed = running.operate("ports", "dlq", "replay", "ports", TOPIC, *start)
        assert (replayed.returncode, "applied" in replayed.stdout) == (0, True), replayed.stdout + replayed.stderr
    assert running.in_evidence(failed)
    running.settle()
