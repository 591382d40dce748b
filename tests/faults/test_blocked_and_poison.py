"""What nobody can read, and what keeps failing, as an operator meets it: on the command line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec
import pytest

from tests.faults.crowd import complaint
from tests.faults.running import Running, eventually
from tests.faults.topics import partition_of

pytestmark = pytest.mark.timeout(600)

TOPIC = "complaints.complaints.v1"
GRAVE = f"{TOPIC}.ports.dlq"


@contextmanager
def failing_on(running: Running, number: str) -> Iterator[None]:
    """Ports cannot take evidence about this number."""
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
$$ BEGIN RAISE EXCEPTION 'nothing is written about %', NEW.number; END $$"""


def numbers_of_one_partition(prefix: str, count: int) -> tuple[list[str], list[str]]:
    """Numbers that share a partition, and as many that are in others."""
    together: list[str] = []
    apart: list[str] = []
    place = 0
    while min(len(together), len(apart)) < count:
        number = f"{prefix}{place:04}"
        same = partition_of(number) == partition_of(f"{prefix}0000")
        (together if same else apart).append(number)
        place += 1
    return together[:count], apart[:count]


def test_what_nobody_can_read_becomes_a_dead_letter_as_it_came_and_the_rest_flows(running: Running) -> None:
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
    buried = len(running.topics.records(GRAVE))

    lay = [running.topics.send(TOPIC, number.encode(), value, headers) for value in poison.values()]
    behind = running.file(complaint("behind the poison", number, 2))

    eventually(lambda: running.heard_of(*behind))
    letters = running.topics.records(GRAVE)[buried:]
    assert [(each.key, each.value, list(each.headers)[:2]) for each in letters] == [
        (number.encode(), value, headers) for value in poison.values()
    ]
    assert running.unready("ports worker") == {}
    listed = running.operate("ports", "dlq", "list", "ports", TOPIC, "--start", str(letters[0].offset)).stdout
    for place in lay:
        assert f"{TOPIC}[{place.partition}]@{place.offset}" in listed
    assert f"{len(poison)} dead letters" in listed
    assert "undecodable" in listed

    # A replay says so as long as it is true, and changes nothing.
    for options in (["--dry-run"], []):
        bounds = ["--start", str(letters[0].offset), "--limit", "2"]
        replayed = running.operate("ports", "dlq", "replay", "ports", TOPIC, *bounds, *options)
        assert replayed.returncode == 1
        assert replayed.stdout.count("still failing") == 2
    assert len(running.topics.records(GRAVE)) == buried + len(poison)


def test_a_handler_that_keeps_failing_blocks_its_partition_visibly_until_it_is_mended(running: Running) -> None:
    (failing, *behind), apart = numbers_of_one_partition("106903220", 4)
    running.settle()
    with failing_on(running, failing):
        (stuck,) = running.file(complaint("failing", failing, 1))
        blocked = eventually(lambda: running.unready("ports worker").get("worker: reactions"))
        where = re.search(rf"{re.escape(TOPIC)}\[(\d+)\]@(\d+) after \d+ attempts", blocked)
        assert where is not None, blocked
        assert int(where[1]) == partition_of(failing)
        others = running.file(*(complaint(f"apart-{each}", each, 1) for each in apart))
        eventually(lambda: running.heard_of(*others))
        waiting = running.file(*(complaint(f"behind-{each}", each, 1) for each in behind))
        more = running.file(*(complaint(f"apart-again-{each}", each, 2) for each in apart))
        eventually(lambda: running.heard_of(*more))
        assert not any(running.heard_of(each) for each in (stuck, *waiting))
        metrics = "anning_blocked_partitions"
        assert re.search(rf'{metrics}{{group="ports"}} 1\.0', running.metrics("ports worker"))

    eventually(lambda: running.heard_of(stuck, *waiting))
    eventually(lambda: not running.unready("ports worker"))


def test_what_blocks_may_be_put_aside_with_a_reason_and_is_made_good_later(running: Running) -> None:
    (failing, *behind), _ = numbers_of_one_partition("106903230", 3)
    running.settle()
    buried = len(running.topics.records(GRAVE))
    with failing_on(running, failing):
        (stuck,) = running.file(complaint("to be parked", failing, 1))
        blocked = eventually(lambda: running.unready("ports worker").get("worker: reactions"))
        waiting = running.file(*(complaint(f"behind-{each}", each, 1) for each in behind))
        where = re.search(r"\[(\d+)\]@(\d+)", blocked)
        assert where is not None
        place = [where[1], where[2]]
        parked = running.operate(
            "ports", "dlq", "park", "ports", TOPIC, *place, "--reason", "the table refuses it; ticket 7"
        )
        assert parked.returncode == 0, parked.stderr

        eventually(lambda: running.heard_of(*waiting))
        eventually(lambda: not running.unready("ports worker"))
        assert not running.heard_of(stuck)
        (letter,) = running.topics.records(GRAVE)[buried:]
        (original,) = (
            each for each in running.topics.records(TOPIC) if [str(each.partition), str(each.offset)] == place
        )
        assert (letter.key, letter.value) == (original.key, original.value)
        assert list(letter.headers)[: len(original.headers)] == list(original.headers)
        start = ["--start", str(letter.offset)]
        assert "ticket 7" in running.operate("ports", "dlq", "list", "ports", TOPIC, *start).stdout
        assert running.rows("ports", "SELECT reason FROM parked_records WHERE record_offset = %s", int(where[2]))

        still = running.operate("ports", "dlq", "replay", "ports", TOPIC, *start)
        assert still.returncode == 1
        assert "still failing" in still.stdout

    dry = running.operate("ports", "dlq", "replay", "ports", TOPIC, *start, "--dry-run")
    assert (dry.returncode, "would apply" in dry.stdout) == (0, True)
    assert not running.heard_of(stuck)
    for _ in range(2):
        replayed = running.operate("ports", "dlq", "replay", "ports", TOPIC, *start)
        assert (replayed.returncode, "applied" in replayed.stdout) == (0, True), replayed.stdout + replayed.stderr
    assert running.heard_of(stuck)
    running.settle()
