"""`histories`: the upgrade of ports from release 0.1.0, which publishes each filing of every port by itself."""

from __future__ import annotations

import time

import psycopg

from benchmarks.floor import copy_rows
from benchmarks.results import Result
from benchmarks.testbed import Testbed

PORTS = 100_000
"""The maximum count of ports."""


def measure(testbed: Testbed) -> list[Result]:
    """Ports per second, from the first commit to the last, while no other worker runs. The floor is a COPY of the same
    facts into the outbox. The ports are those that were filed before, at least those of the chain."""
    _ = testbed.source  # its register is filed with the first use
    since = testbed.now("ports")
    with testbed.only_workers_of("ports"), psycopg.connect(testbed.system.database_url("ports")) as database:
        ports = database.execute(_AS_THE_LAST_RELEASE, [PORTS]).rowcount
        database.commit()
        testbed.wait_until(lambda: testbed.histories_published)
        first, last = database.execute(_PUBLISHED, [since]).fetchone() or (since, since)
        facts = database.execute("SELECT * FROM outbox WHERE created_at >= %s ORDER BY position", [since]).fetchall()
        began = time.monotonic()
        copy_rows(database, "outbox", facts)
        floor = ports / (time.monotonic() - began)
        database.execute("DROP TABLE floor_outbox")
    return [Result.against("histories", ports / (last - first).total_seconds(), "ports/s", floor)]


_AS_THE_LAST_RELEASE = """
    UPDATE ports SET history_version = 0 WHERE id IN (SELECT id FROM ports ORDER BY id LIMIT %s)
"""
_PUBLISHED = "SELECT min(created_at), max(created_at) FROM outbox WHERE created_at >= %s"
