"""The memory of processes: their proportional set sizes, and the peak (`pss_mib_max`)."""

from __future__ import annotations

import threading
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import Self

from standalone.processes import Process

PAUSE = 0.5


def pss_mib(process: Process) -> float:
    """The proportional set size of a process, in MiB; 0 when it does not run."""
    with suppress(OSError):
        for line in Path(f"/proc/{process.pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    return 0.0


class PeakMemory:
    """The largest proportional set size of any of the processes, sampled twice a second during the block."""

    def __init__(self, processes: Collection[Process]) -> None:
        self.mib = 0.0
        self._processes = processes
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._done.wait(PAUSE):
            self.mib = max(self.mib, *map(pss_mib, self._processes))
