"""Workers are added and killed while complaints flow: the work is divided again, nothing is lost or done twice."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

import pytest

from anning.services import NAMES
from chassis.buckets import COUNT
from standalone.processes import Process
from tests.faults.history import check_history
from tests.faults.running import PATIENCE_SECONDS, TOPICS, RunningSystem, eventually
from tests.faults.workload import BAR, complaint

pytestmark = pytest.mark.timeout(900)

HOT = [f"1069034110{index:02}" for index in range(12)]
"""Numbers about which enough people complain for an order."""
COLD = [f"1069034120{index:02}" for index in range(12)]
"""Numbers about which one person too few complains, again and again."""
NUMBERS = [*HOT, *COLD]
LEAST = len(NUMBERS) * 2 * BAR
"""With so many complaints every hot number has been reported by enough people."""


class Filing:
    """Complaints that are filed one after the other until the end of the block."""

    def __init__(self, running: RunningSystem) -> None:
        self.filed: dict[str, str] = {}
        """Ids by external ids."""
        self._running = running
        self._over = threading.Event()
        self._threads = ThreadPoolExecutor(1)

    def __enter__(self) -> Filing:
        self._done = self._threads.submit(self._file)
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._threads.shutdown()
        self._done.result()

    def goes_on(self) -> None:
        """Wait until thirty more complaints are filed and assessed: they were processed by the present workers."""
        assessed = self._assessed()
        eventually(lambda: self._assessed() >= assessed + 30 or self._done.done())

    def _assessed(self) -> int:
        return int(self._running.one("complaints", "SELECT count(*) FROM complaints WHERE state = 'assessed'"))

    def _file(self) -> None:
        with self._running.filing() as http:
            for index in count():
                # More of them would take the cores from the workers that start.
                if self._over.wait(0.01 if index < LEAST else 0.05) and index >= LEAST:
                    return
                body = a_complaint(index)
                answer = http.post("/complaints", json=body)
                assert answer.status_code == 201, answer.text
                self.filed[body["external_id"]] = answer.json()["id"]


def a_complaint(index: int) -> dict[str, Any]:
    """The complaint with this index: about each number in turn, each number from people of its own."""
    turn, place = divmod(index, len(NUMBERS))
    people = 2 * BAR if place < len(HOT) else BAR - 1
    return complaint(f"flow-{index}", NUMBERS[place], place * 2 * BAR + turn % people)


@pytest.fixture(scope="module")
def rebalanced(dedicated: RunningSystem) -> Iterator[tuple[RunningSystem, Filing]]:
    """The system after workers were added, stopped and killed, with two workers of each service."""
    dedicated.file_ports(NUMBERS)
    first = [dedicated.system.processes[f"{name} worker"] for name in NAMES]
    second = [dedicated.system.second_worker(name) for name in NAMES]
    try:
        with Filing(dedicated) as filing:
            start(second)
            eventually(lambda: has_shares(dedicated, 2), describe=lambda: shares(dedicated))
            filing.goes_on()
            for each in first:
                each.kill()
            eventually(lambda: has_shares(dedicated, 1), describe=lambda: shares(dedicated))
            filing.goes_on()
            start(first)
            eventually(lambda: has_shares(dedicated, 2), describe=lambda: shares(dedicated))
            filing.goes_on()
            for place, pair in enumerate(zip(first, second, strict=True)):
                ended, survivor = pair if place % 2 else reversed(pair)
                (ended.stop if place < 2 else ended.kill)()
                filing.goes_on()
                assert survivor.running
                start([ended])
        dedicated.settle()
        yield dedicated, filing
    finally:
        for each in second:
            each.stop()


def start(workers: list[Process]) -> None:
    for each in workers:
        each.launch()
    for each in workers:
        each.wait_ready(PATIENCE_SECONDS)


def shares(running: RunningSystem) -> dict[str, list[list[int]]]:
    """For each service and each kind of divided work, how many buckets each owner has."""
    found = {}
    for name in NAMES:
        owned = Counter(
            running.rows(
                name,
                "SELECT classid, pid FROM pg_locks JOIN pg_database ON oid = database WHERE locktype = 'advisory'"
                " AND granted AND objsubid = 2 AND datname = current_database() AND objid < %s"
                " AND mode = 'ExclusiveLock'",
                COUNT,
            )
        )
        found[name] = [
            sorted(buckets for (work, _), buckets in owned.items() if work == kind)
            for kind in sorted({work for work, _ in owned})
        ]
    return found


def has_shares(running: RunningSystem, workers: int) -> bool:
    """Whether so many workers of every service have equal shares of the relay, in complaints also of assessment and of
    the encryption of what an earlier release stored."""
    equal = [COUNT // workers] * workers
    return shares(running) == {name: [equal] * (3 if name == "complaints" else 1) for name in NAMES}


Rebalanced = tuple[RunningSystem, Filing]


def test_two_live_workers_own_half_of_the_buckets_each(rebalanced: Rebalanced) -> None:
    running, _ = rebalanced
    eventually(lambda: has_shares(running, 2), describe=lambda: shares(running))


def test_every_complaint_is_assessed_once(rebalanced: Rebalanced) -> None:
    running, filing = rebalanced
    states = running.rows("complaints", "SELECT id::text, state, version FROM complaints")
    assert sorted(states) == sorted((each, "assessed", 1) for each in filing.filed.values())
    assessed = running.rows("complaints", "SELECT complaint_id::text, version FROM assessments")
    assert sorted(assessed) == sorted((each, 1) for each in filing.filed.values())


@pytest.mark.parametrize("service", NAMES)
def test_every_event_is_published_in_the_order_of_its_aggregate(rebalanced: Rebalanced, service: str) -> None:
    check_history(rebalanced[0], service)


@pytest.mark.parametrize("service", ["ports", "referrals"])
def test_every_complaint_is_evidence_once(rebalanced: Rebalanced, service: str) -> None:
    running, filing = rebalanced
    evidence = running.rows(service, "SELECT complaint_id::text, version FROM evidence")
    assert sorted(evidence) == sorted((each, 1) for each in filing.filed.values())


def test_every_complaint_is_in_one_clue_and_there_is_one_open_clue_per_enterprise(rebalanced: Rebalanced) -> None:
    running, _ = rebalanced
    assert running.rows("referrals", "SELECT complaint_id FROM evidence WHERE clue_id IS NULL") == []
    opened = running.rows("referrals", "SELECT subject_value, industry, period FROM clues")
    assert opened
    assert len(set(opened)) == len(opened)


def test_each_number_with_enough_complainants_is_ordered_once_and_no_other_number_is(rebalanced: Rebalanced) -> None:
    ordered = rebalanced[0].rows("ports", "SELECT number FROM orders")
    assert sorted(number for (number,) in ordered) == HOT


def test_nothing_was_set_aside(rebalanced: Rebalanced) -> None:
    running, _ = rebalanced
    for name in NAMES:
        assert running.rows(name, "SELECT topic, key, error FROM quarantine") == []
        assert running.rows(name, "SELECT sweep, item, error FROM quarantined_items") == []
    topics = [each for each in running.topics.names() if each.endswith(".dlq")]
    assert len(topics) == sum(len(topic.consumers) for topic in TOPICS.values())
    assert [record for each in topics for record in running.topics.records(each)] == []
