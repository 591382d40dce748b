"""`bulk_intake`: from the upload of a file until every complaint is assessed and its event is in the outbox."""

from __future__ import annotations

from benchmarks import load
from benchmarks.floor import Floor
from benchmarks.results import Result
from benchmarks.testbed import Testbed

LINES = 20_000
SEED = 100_000
"""The first seed of these scenarios: their people and numbers occur nowhere else."""


def measure(testbed: Testbed) -> list[Result]:
    """Lines per second including parsing, encryption and assessment, while no other worker runs; the floor is a COPY of
    the same rows. The end is the time of the last row in the outbox, so it is independent of the polling interval."""
    source = load.prepare(testbed.directory / "bulk", None, LINES, SEED)
    testbed.file_register(source)
    with testbed.only_workers_of("complaints"):
        since = testbed.now("complaints")
        file = testbed.upload("complaints", "/complaint-imports", source.complaints, "application/x-ndjson")
        testbed.wait_until(lambda: testbed.imported("complaints", file) and testbed.assessed)
        row = testbed.databases["complaints"].execute("SELECT max(created_at) FROM outbox").fetchone()
        assert row is not None
        seconds = (row[0] - since).total_seconds()
        counts = testbed.imported("complaints", file)
        assert counts is not None
        with Floor(testbed, since) as floor:
            floor_rate = floor.intake()
    testbed.settle()
    return [Result.against("bulk_intake", counts["accepted"] / seconds, "lines/s", floor_rate)]
