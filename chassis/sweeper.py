"""Sweeps: work that is due, processed in slices by any number of replicas."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import structlog

from chassis import metrics, tracing
from chassis.buckets import ALL, Ownership
from chassis.database import Database, Tx, is_transient

CLAIM_SECONDS = 1.0

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Slice:
    """The part of a sweep's work to do in one transaction: at most `limit` items, of these buckets only."""

    limit: int
    buckets: tuple[int, ...] = ALL


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """Work that is due, found in the service's own tables.

    `run` does a slice in one transaction and returns the count of items done. While that is not zero it runs again at
    once; otherwise after `every`, or when a commit announces work and `woken` is true. A `bucketed` sweep receives only
    buckets that this process owns, so that no two replicas work on one key; any other sweep selects its rows with SKIP
    LOCKED. `name` is the label of its metric, in kebab-case.
    """

    name: str
    run: Callable[[Tx, Slice], int]
    every: timedelta
    limit: int = 500
    bucketed: bool = False
    woken: bool = True


class Sweeper:
    """Runs one sweep: continuously while there is work, otherwise at its interval or when woken."""

    def __init__(
        self,
        sweep: Sweep,
        database: Database,
        *,
        stop: threading.Event,
        waiter: threading.Event,
        guard: Callable[[Tx], None] = lambda _: None,
    ) -> None:
        """`guard` runs first in every transaction; its exceptions end the run."""
        self._sweep = sweep
        self._database = database
        self._stop = stop
        self._waiter = waiter
        self._guard = guard

    def run(self) -> None:
        """Sweep until stopped. Raises every error that is not transient; the worker restarts the loop."""
        with Ownership(self._database.conninfo, f"sweep:{self._sweep.name}") as ownership:
            every = self._sweep.every.total_seconds()
            # Buckets that another owner has lost are claimed before the next round is due.
            pause = min(every, CLAIM_SECONDS) if self._sweep.bucketed else every
            buckets: tuple[int, ...] = () if self._sweep.bucketed else ALL
            claimed_at = due = float("-inf")
            woken = False
            while True:
                self._waiter.clear()
                if self._stop.is_set():
                    return
                try:
                    if self._sweep.bucketed and time.monotonic() - claimed_at >= CLAIM_SECONDS:
                        before, buckets = buckets, ownership.claim()
                        woken = woken or buckets != before
                        claimed_at = time.monotonic()
                    done = 0
                    if woken or time.monotonic() >= due:
                        done = self._once(Slice(self._sweep.limit, buckets))
                        due = time.monotonic() + every
                except Exception as error:
                    if not is_transient(error):
                        raise
                    log.warning("sweep is waiting for the database", sweep=self._sweep.name, error=str(error))
                    ownership.release()
                    claimed_at = due = float("-inf")
                    self._stop.wait(random.uniform(0.2, 1.0))
                    continue
                woken = done > 0 or self._waiter.wait(min(pause, max(0.0, due - time.monotonic())))

    def _once(self, piece: Slice) -> int:
        if not piece.buckets:
            return 0
        with tracing.span(f"sweep {self._sweep.name}", end_on_exit=False) as span:
            with self._database.begin() as tx:
                self._guard(tx)
                done = self._sweep.run(tx, piece)
            if done:
                span.set_attribute("anning.items", done)
                span.end()
        if done:
            metrics.SWEPT.labels(self._sweep.name).inc(done)
        return done
