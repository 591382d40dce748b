"""`histories`: the upgrade of ports from release 0.1.0, which publishes each filing of every port by itself."""

from __future__ import annotations

import time

import psycopg

from benchmarks.floor import copy_rows
from benchmarks.results import Result
from benchmarks.testbed import Testbed
from contracts.ports import FilingRecorded, PortDeclared

PORTS = 100_000
"""The maximum count of ports."""


def measure(testbed: Testbed) -> list[Result]:
    """Ports per second, from the first commit to the last, while no other worker runs. The floor is a COPY of the same
    facts into the outbox. The ports are those that were filed before, at least those of the chain."""
    _ = testbed.source  # its register is filed with the first use
    since = testbed.now("ports")
    with testbed.only_workers_of("ports"), psycopg.connect(testbed.system.owner_url("ports")) as database:
        ports = database.execute(_AS_THE_LAST_RELEASE, [PORTS]).rowcount
        database.commit()
        testbed.wait_until(lambda: testbed.histories_published)
        # Carriers and complaints of an earlier measurement can still lead to facts of other types.
        written = [since, [FilingRecorded.type, PortDeclared.type]]
        span = database.execute(f"SELECT max(created_at) - min(created_at) {_FACTS}", written).fetchall()[0][0]
        facts = database.execute(f"SELECT * {_FACTS} ORDER BY position", written).fetchall()
        began = time.monotonic()
        copy_rows(database, "outbox", facts)
        floor = ports / (time.monotonic() - began)
        database.execute("DROP TABLE floor_outbox")
    return [Result.against("histories", ports / span.total_seconds(), "ports/s", floor)]


_AS_THE_LAST_RELEASE = """
    UPDATE ports SET history_version = 0 WHERE id IN (SELECT id FROM ports ORDER BY id LIMIT %s)
"""
_FACTS = "FROM outbox WHERE created_at >= %s AND type = ANY(%s)"
