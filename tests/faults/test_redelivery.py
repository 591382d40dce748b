"""Everything heard once more: nothing changes, with the inbox and without it."""

from __future__ import annotations

import pytest

from anning.services import NAMES, load
from chassis.events.routing import topics_of
from sandbox import behaviour
from tests.faults.closing import all_concluded, list_the_fined, seal
from tests.faults.crowd import BAR, BAR_ENQUIRY, BAR_SUBLET, complaint
from tests.faults.running import Running, eventually

pytestmark = pytest.mark.timeout(900)

FINED_FROM = behaviour.load().authorities["SAMR"].fines_from or 0
LISTENING = [name for name in NAMES if load(name).reactions]


def everything(running: Running, service: str) -> dict[str, tuple[int, str]]:
    """How many rows each table of a service has, and the digest of what is in them."""
    return {
        table: running.rows(
            service, f"SELECT count(*), md5(string_agg(each::text, E'\\n' ORDER BY each::text)) FROM {table} AS each"
        )[0]
        for table in (*load(service).metadata.tables, "outbox")
    }


def hear_everything_again(running: Running, service: str) -> None:
    """Stop the worker, rewind its group to the beginning of its topics, and let it read to the end."""
    topics, worker = running.topics, running.system.processes[f"{service} worker"]
    heard = topics_of(load(service).reactions)
    ends = {topic: topics.offsets(service, topic) for topic in heard}
    assert all(sum(each.values()) > 0 for each in ends.values()), ends
    worker.stop()

    def rewound() -> bool:
        for topic in heard:
            topics.rewind(service, topic)  # not before the group has missed its member
        return not any(offset for topic in heard for offset in topics.offsets(service, topic).values())

    eventually(rewound)
    worker.launch()
    worker.wait_ready(180)
    eventually(lambda: all(topics.offsets(service, topic) == ends[topic] for topic in heard))


@pytest.fixture(scope="module")
def told(running_alone: Running) -> Running:
    """A system in which something of everything has happened, and nothing happens any more.

    Of its own, since an enterprise is listed in it.
    """
    running = running_alone
    unfiled = "1065712351"
    declared = [f"10690381{place:05}" for place in range(1, 4)]
    sublet = "1069038200002"
    running.file_ports([*declared, sublet])
    # One that so many complain of that it is fined, as its authority does from a number of people on.
    people = [(declared[0], range(FINED_FROM)), *((each, range(BAR)) for each in declared[1:])]
    about = [(number, person) for number, crowd in people for person in crowd]
    running.file(*(complaint(f"again-{number}-{person}", number, person) for number, person in about))
    running.settle()
    seal(running, "again")
    other = "【山雀外卖】新用户立减二十元，限时优惠，回T退订"
    running.file(*(complaint(f"again-sublet-{person}", sublet, person, text=other) for person in range(BAR_SUBLET)))
    running.file(*(complaint(f"again-unfiled-{person}", unfiled, person) for person in range(BAR_ENQUIRY)))
    running.settle()
    eventually(lambda: all_concluded(running))
    running.settle()
    list_the_fined(running)
    eventually(lambda: running.rows("ports", "SELECT 1 FROM orders WHERE executed_at IS NOT NULL"))
    return running


@pytest.mark.parametrize("service", LISTENING)
def test_what_is_heard_again_from_the_beginning_changes_nothing(told: Running, service: str) -> None:
    with told.carriers_idle():
        told.settle()
        before = everything(told, service)
        assert before["outbox"][0] > 0

        hear_everything_again(told, service)
        assert everything(told, service) == before

        # The inbox is the fast guard and not the only one.
        told.rows(service, "TRUNCATE inbox")
        hear_everything_again(told, service)
        assert told.one(service, "SELECT count(*) FROM inbox") > 0
        assert everything(told, service) == before
