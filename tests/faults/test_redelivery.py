"""Everything heard once more: nothing changes, with the inbox and without it."""

from __future__ import annotations

import pytest

from tests.faults.crowd import BAR, BAR_ENQUIRY, BAR_SUBLET, complaint
from tests.faults.running import Running, eventually

pytestmark = pytest.mark.timeout(600)

GROUP = "ports"
TOPIC = "complaints.complaints.v1"
TABLES = ("evidence", "senders", "orders", "enquiries", "ports", "filings", "outbox")


def everything(running: Running) -> dict[str, tuple[int, str]]:
    """How many rows each table of ports has, and the digest of what is in them."""
    return {
        table: running.rows(
            "ports", f"SELECT count(*), md5(string_agg(each::text, E'\\n' ORDER BY each::text)) FROM {table} AS each"
        )[0]
        for table in TABLES
    }


def hear_everything_again(running: Running) -> None:
    """Stop the worker, rewind its group to the beginning of the topic, and let it read to the end."""
    topics, worker = running.topics, running.system.processes["ports worker"]
    ends = topics.offsets(GROUP, TOPIC)
    assert sum(ends.values()) > 0
    worker.stop()

    def rewound() -> bool:
        topics.rewind(GROUP, TOPIC)  # not before the group has missed its member
        return not any(topics.offsets(GROUP, TOPIC).values())

    eventually(rewound)
    worker.launch()
    worker.wait_ready(180)
    eventually(lambda: topics.offsets(GROUP, TOPIC) == ends)


def test_what_is_heard_again_from_the_beginning_changes_nothing(running: Running) -> None:
    declared, sublet, unfiled = "1069038100001", "1069038100002", "1065712351"
    running.file_ports([declared, sublet])
    running.file(*(complaint(f"again-{person}", declared, person) for person in range(BAR + 2)))
    other = "【山雀外卖】新用户立减二十元，限时优惠，回T退订"
    running.file(*(complaint(f"again-sublet-{person}", sublet, person, text=other) for person in range(BAR_SUBLET)))
    running.file(*(complaint(f"again-unfiled-{person}", unfiled, person) for person in range(BAR_ENQUIRY)))
    with running.carriers_idle():
        running.settle()
        before = everything(running)
        assert min(count for count, _ in before.values()) > 0

        hear_everything_again(running)
        assert everything(running) == before

        # The inbox is the fast guard and not the only one.
        running.rows("ports", "TRUNCATE inbox")
        hear_everything_again(running)
        assert running.one("ports", "SELECT count(*) FROM inbox") > 0
        assert everything(running) == before
