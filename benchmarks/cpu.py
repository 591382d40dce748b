"""What work costs in processor time, which a busy machine does not stretch as it does the time on the clock."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from benchmarks.stage import Stage

_TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(stage: Stage) -> dict[str, float]:
    """Processor seconds (user and system) of every process of the system so far, by its name; those of PostgreSQL with
    all its sessions."""
    spent = {name: spent_by([process.pid]) for name, process in stage.system.processes.items()}
    spent["Kafka"] = spent_by([stage.system.kafka.process.pid])
    postmaster = stage.system.postgres.process.pid
    children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
    spent["PostgreSQL"] = spent_by([postmaster, *children])
    return spent


def spent_by(processes: Iterable[int | str | None]) -> float:
    """Processor seconds of processes, by their ids, and of those of their children that have ended."""
    ticks = 0
    for pid in processes:
        # A session may end while we look; what it spent is then its parent's, as that of those before.
        with suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += sum(map(int, fields[11:15]))
    return ticks / _TICKS
