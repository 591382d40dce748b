"""`chain` and `pss_mib_max`: complaints through all services, from the first byte until everybody has heard of all."""

from __future__ import annotations

import time
from pathlib import Path

from benchmarks.cpu import cpu_seconds
from benchmarks.floor import Floor
from benchmarks.memory import Peak
from benchmarks.results import Result, patiently
from benchmarks.stage import PAUSE, Stage


def measure(stage: Stage) -> list[Result]:
    """Complaints per second through all four services, while the carriers and authorities of the sandbox stand still;
    the floor does by hand what bulk intake, assessment and ports do, one after the other."""
    made = stage.source
    services = [process for name, process in stage.system.processes.items() if name != "sandbox"]
    with stage.undisturbed():
        since = stage.now("complaints")
        with Peak(services) as peak:
            rate = run_through(stage, made.complaints)
        with Floor(stage, since) as floor:
            least = floor.chain()
    stage.reconcile()
    return [Result.against("chain", rate, "complaints/s", least), Result.alone("pss_mib_max", peak.mib, "MiB")]


def run_through(stage: Stage, complaints: Path) -> float:
    """Hand in a file and wait until every service has heard everything; complaints per second. The world must stand
    still. We look twice a second, so that the end is told up to half a second late."""
    spent, began = cpu_seconds(stage), time.monotonic()
    file = stage.hand_in("complaints", "/complaint-imports", complaints, "application/x-ndjson")
    patiently(lambda: stage.imported("complaints", file) and stage.heard, pause=PAUSE, seconds=600)
    seconds = time.monotonic() - began
    counts = stage.imported("complaints", file)
    assert counts is not None
    filed = counts["accepted"]
    costs = {name: (total - spent[name]) / filed * 1_000 for name, total in cpu_seconds(stage).items()}
    told = ", ".join(f"{name} {cost:.2f}" for name, cost in costs.items() if cost >= 0.01)
    print(f"  {filed:,} complaints in {seconds:.1f} s; CPU, ms each: {sum(costs.values()):.2f} ({told})")
    return filed / seconds
