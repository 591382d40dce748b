"""CPU time of processes. Unlike elapsed time, it does not grow when the machine is busy."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from benchmarks.testbed import Testbed

_TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(testbed: Testbed) -> dict[str, float]:
    """CPU seconds (user and system) of every process of the system so far, by name; PostgreSQL includes all its
    sessions."""
    used = {name: cpu_seconds_of([process.pid]) for name, process in testbed.system.processes.items()}
    used["Kafka"] = cpu_seconds_of([testbed.system.kafka.process.pid])
    postmaster = testbed.system.postgres.process.pid
    children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
    used["PostgreSQL"] = cpu_seconds_of([postmaster, *children])
    return used


def cpu_seconds_of(processes: Iterable[int | str | None]) -> float:
    """CPU seconds of processes (by id) and of their ended children."""
    ticks = 0
    for pid in processes:
        # A session may end meanwhile; its time is then counted at its parent.
        with suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += sum(map(int, fields[11:15]))
    return ticks / _TICKS
