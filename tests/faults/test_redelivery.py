"""Reprocessing every event changes nothing, with the inbox and without it."""

from __future__ import annotations

import pytest

from anning.services import NAMES, load
from chassis.events.routing import topics_of
from sandbox import behaviour
from tests.faults.running import RunningSystem, eventually
from tests.faults.staff_actions import confirm_fined_entries, prompt_clues_concluded, seal_clues
from tests.faults.workload import BAR, BAR_ENQUIRY, BAR_SUBLET, complaint

pytestmark = pytest.mark.timeout(900)

FINED_FROM = behaviour.load().authorities["SAMR"].fines_from or 0
CONSUMERS = [name for name in NAMES if load(name).reactions]


def table_digests(running: RunningSystem, service: str) -> dict[str, tuple[int, str]]:
    """The number of rows in each table of a service, and the digest of their content."""
    return {
        table: running.rows(
            service, f"SELECT count(*), md5(string_agg(each::text, E'\\n' ORDER BY each::text)) FROM {table} AS each"
        )[0]
        for table in (*load(service).metadata.tables, "outbox")
    }


def reprocess_all_topics(running: RunningSystem, service: str) -> None:
    """Stop the worker, reset its group to the start of its topics, start it and wait until it has read to the end."""
    topics, worker = running.topics, running.system.processes[f"{service} worker"]
    consumed = topics_of(load(service).reactions)
    ends = {topic: topics.offsets(service, topic) for topic in consumed}
    assert all(sum(each.values()) > 0 for each in ends.values()), ends
    worker.stop()

    def rewound() -> bool:
        for topic in consumed:
            topics.rewind(service, topic)
        return not any(offset for topic in consumed for offset in topics.offsets(service, topic).values())

    eventually(rewound)
    worker.launch()
    worker.wait_ready(180)
    eventually(lambda: all(topics.offsets(service, topic) == ends[topic] for topic in consumed))


@pytest.fixture(scope="module")
def settled(dedicated: RunningSystem) -> RunningSystem:
    """A system in which every kind of event was published and no work is pending.

    It is dedicated because an enterprise is listed in it.
    """
    running = dedicated
    unfiled = "1065712351"
    declared = [f"10690381{index:05}" for index in range(1, 4)]
    sublet = "1069038200002"
    running.file_ports([*declared, sublet])
    # The first number has enough complainants for its authority to fine the provider.
    complainants = [(declared[0], range(FINED_FROM)), *((each, range(BAR)) for each in declared[1:])]
    pairs = [(number, person) for number, people in complainants for person in people]
    running.file(*(complaint(f"again-{number}-{person}", number, person) for number, person in pairs))
    running.settle()
    seal_clues(running, "again")
    text = "【山雀外卖】新用户立减二十元，限时优惠，回T退订"
    running.file(*(complaint(f"again-sublet-{person}", sublet, person, text=text) for person in range(BAR_SUBLET)))
    running.file(*(complaint(f"again-unfiled-{person}", unfiled, person) for person in range(BAR_ENQUIRY)))
    running.settle()
    eventually(lambda: prompt_clues_concluded(running))
    running.settle()
    confirm_fined_entries(running)
    eventually(lambda: running.rows("ports", "SELECT 1 FROM orders WHERE executed_at IS NOT NULL"))
    return running


@pytest.mark.parametrize("service", CONSUMERS)
def test_reprocessing_all_topics_from_the_start_changes_nothing(settled: RunningSystem, service: str) -> None:
    with settled.sandbox_paused():
        settled.settle()
        before = table_digests(settled, service)
        assert before["outbox"][0] > 0

        reprocess_all_topics(settled, service)
        assert table_digests(settled, service) == before

        # The inbox is the first guard against duplicates, not the only one.
        settled.rows(service, "TRUNCATE inbox")
        reprocess_all_topics(settled, service)
        assert settled.one(service, "SELECT count(*) FROM inbox") > 0
        assert table_digests(settled, service) == before
