"""`chain` and `pss_mib_max`: complaints through all services, from the first byte until every event is consumed, with
one worker per service and with two."""

from __future__ import annotations

import time
from pathlib import Path

from anning.services import NAMES
from benchmarks import load
from benchmarks.cpu import cpu_seconds
from benchmarks.floor import Floor
from benchmarks.memory import PeakMemory
from benchmarks.results import Result
from benchmarks.testbed import Testbed
from standalone.organisations import split_complaints

SEED = 400_000
"""The first seed of the second file: its people and numbers occur nowhere else."""


def measure(testbed: Testbed) -> list[Result]:
    """Complaints per second through all services, with a paused sandbox. The floor does the minimum work of bulk
    intake, relay and ports, one after the other."""
    source = testbed.source
    other = load.prepare(testbed.directory / "chain-2", None, testbed.sizes.complaints, SEED)
    testbed.file_register(other)
    services = [process for name, process in testbed.system.processes.items() if name != "sandbox"]
    with testbed.sandbox_paused():
        since = testbed.now("complaints")
        with PeakMemory(services) as peak:
            rate = run_through(testbed, source.complaints)
        with Floor(testbed, since) as floor:
            floor_rate = floor.chain()
        with testbed.two_workers_of(*NAMES):
            rate_of_two = run_through(testbed, other.complaints)
    testbed.reconcile()
    return [
        Result.against("chain", rate, "complaints/s", floor_rate),
        Result.alone("pss_mib_max", peak.mib, "MiB"),
        Result.against("chain_2_workers", rate_of_two, "complaints/s", floor_rate),
    ]


def run_through(testbed: Testbed, complaints: Path) -> float:
    """Upload a file, in a part for each channel, and wait until every service has consumed every event; complaints per
    second. The sandbox must be paused. The end is detected up to half a second late."""
    parts = split_complaints(complaints, testbed.directory / f"{complaints.parent.name}-channels")
    used, began = cpu_seconds(testbed), time.monotonic()
    files = testbed.upload_complaints(parts)
    testbed.wait_until(lambda: all(testbed.imported("complaints", file) for file in files) and testbed.consumed)
    seconds = time.monotonic() - began
    filed = sum((testbed.imported("complaints", file) or {})["accepted"] for file in files)
    costs = {name: (total - used[name]) / filed * 1_000 for name, total in cpu_seconds(testbed).items()}
    per_process = ", ".join(f"{name} {cost:.2f}" for name, cost in costs.items() if cost >= 0.01)
    print(f"  {filed:,} complaints in {seconds:.1f} s; CPU, ms each: {sum(costs.values()):.2f} ({per_process})")
    return filed / seconds
