"""`bulk_intake`: from the upload of the files of all channels until every complaint is assessed and its event is in the
outbox, with one worker and with two."""

from __future__ import annotations

from contextlib import nullcontext
from statistics import median

from benchmarks import load
from benchmarks.floor import Floor
from benchmarks.results import Result
from benchmarks.testbed import Testbed
from standalone.organisations import split_complaints

LINES = 20_000
ROUNDS = 3
SEED = 100_000
"""The first seed of these scenarios: their people and numbers occur nowhere else."""
BETWEEN = 1_000
"""The difference between the first seeds of two files."""


def measure(testbed: Testbed) -> list[Result]:
    """Lines per second including parsing, encryption and assessment, while no worker of another service runs; the floor
    is a COPY of the same rows. Rounds with one worker and with two alternate."""
    sources = [
        load.prepare(testbed.directory / f"bulk-{number}", None, LINES, SEED + number * BETWEEN)
        for number in range(2 * ROUNDS)
    ]
    for each in sources:
        testbed.file_register(each)
    rates: dict[int, list[float]] = {1: [], 2: []}
    floors: list[float] = []
    with testbed.only_workers_of("complaints"):
        for number, source in enumerate(sources):
            workers = 1 + number % 2
            with testbed.two_workers_of("complaints") if workers == 2 else nullcontext():
                rate, floor = _intake(testbed, source)
            print(f"  with {workers}: {rate:,.0f} lines/s, floor {floor:,.0f}", flush=True)
            rates[workers].append(rate)
            floors.append(floor)
    testbed.settle()
    one, two, floor = median(rates[1]), median(rates[2]), median(floors)
    return [
        Result.against("bulk_intake", one, "lines/s", floor),
        Result.against("bulk_intake_2_workers", two, "lines/s", floor),
        Result.alone("bulk_intake_gain", two / one, "of 1 worker"),
    ]


def _intake(testbed: Testbed, source: load.Input) -> tuple[float, float]:
    """Lines per second of the intake of the file of each channel, and of the floor. The end is the time of the last row
    in the outbox, so it is independent of the polling interval."""
    parts = split_complaints(source.complaints, source.complaints.parent / "channels")
    since = testbed.now("complaints")
    files = testbed.upload_complaints(parts)
    testbed.wait_until(lambda: all(testbed.imported("complaints", each) for each in files) and testbed.assessed)
    row = testbed.databases["complaints"].execute("SELECT max(created_at) FROM outbox").fetchone()
    accepted = sum((testbed.imported("complaints", each) or {})["accepted"] for each in files)
    assert row is not None
    rate = accepted / (row[0] - since).total_seconds()
    with Floor(testbed, since) as floor:
        return rate, floor.intake()
