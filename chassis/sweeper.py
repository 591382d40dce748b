"""Sweeps: work that is due, taken in slices by any number of replicas."""

from __future__ import annotations

import random
import threading
import time

import psycopg
import structlog

from chassis import metrics
from chassis.buckets import Ownership
from chassis.database import Database, is_transient
from chassis.service import Slice, Sweep

CLAIM_SECONDS = 1.0

log = structlog.get_logger()


class Sweeper:
    """Runs one sweep: at once while there is work, else at its interval or when woken."""

    def __init__(self, sweep: Sweep, database: Database, *, stop: threading.Event, waiter: threading.Event) -> None:
        self._sweep = sweep
        self._database = database
        self._stop = stop
        self._waiter = waiter

    def run(self) -> None:
        """Sweep until stopped. Raises what is not a passing fault of the database; the worker starts anew."""
        with Ownership(self._database.conninfo, f"sweep:{self._sweep.name}") as ownership:
            claimed_at = float("-inf")
            piece = Slice(self._sweep.limit)
            while not self._stop.is_set():
                self._waiter.clear()
                try:
                    if self._sweep.bucketed and time.monotonic() - claimed_at >= CLAIM_SECONDS:
                        piece = Slice(self._sweep.limit, ownership.claim())
                        claimed_at = time.monotonic()
                    done = self._once(piece)
                except Exception as error:
                    if not is_transient(error) and not isinstance(error, psycopg.OperationalError):
                        raise
                    log.warning("sweep waits for the database", sweep=self._sweep.name, error=str(error))
                    ownership.release()
                    claimed_at = float("-inf")
                    self._stop.wait(random.uniform(0.2, 1.0))
                    continue
                if not done:
                    self._waiter.wait(self._sweep.every.total_seconds())

    def _once(self, piece: Slice) -> int:
        if not piece.buckets:
            return 0
        with self._database.begin() as tx:
            done = self._sweep.run(tx, piece)
        if done:
            metrics.SWEPT.labels(self._sweep.name).inc(done)
        return done
