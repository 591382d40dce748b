"""Sweeps and chores: work that is due, done by any number of replicas.

A sweep finds due items and applies them as a set in one transaction. Where that fails, the set is halved until the
failing items are alone: they are set aside (`chassis.quarantine`) and tried again later, and all others are done.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import structlog

from chassis import metrics, quarantine, tracing
from chassis.buckets import ALL, Ownership
from chassis.database import Database, Patience, Tx, is_transient

CLAIM_SECONDS = 1.0
RETRY_SECONDS = 1.0
EMPTY_SECONDS = 5.0
"""After so long a sweep of which nothing is set aside looks for what other replicas have set aside."""
MOST_RETRIES = 100
"""How many items that were set aside are tried again before new items are done."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Slice:
    """The part of a sweep's work to do in one transaction: at most `limit` items, of these buckets only. `sweep` is its
    name, the parameter of `quarantine.HELD`."""

    limit: int
    buckets: tuple[int, ...] = ALL
    sweep: str = ""


@dataclass(frozen=True, kw_only=True)
class Chore:
    """Work without items, such as clean-up: `run` does a slice in one transaction and returns the count of what it did.

    While that is not zero it runs again at once; otherwise after `every`, or when a commit announces work and `woken`
    is true. `name` is the label of its metric, in kebab-case.
    """

    name: str
    run: Callable[[Tx, Slice], int]
    every: timedelta
    limit: int = 500
    woken: bool = True


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """Work that is due, found in the service's own tables. It runs as often as a chore.

    `find` returns the keys of at most `limit` due items, in the order in which they are to be done, without those that
    are set aside: its statement has `NOT IN {HELD}`. It builds no aggregate, so that no item can make it fail.

    `apply` does the items with these keys, in one transaction, and returns how many it did. It is called with what
    `find` returned or with a part of it, in the same transaction or a later one, so it skips items that are no longer
    due. An item must not depend on the others of its set: each of them may be done in another transaction, or later.

    A `bucketed` sweep receives only its share of the buckets, so that no two replicas find the same key; any
    other sweep selects its rows with SKIP LOCKED. An item that was set aside is tried by any replica.
    """

    name: str
    find: Callable[[Tx, Slice], Sequence[str]]
    apply: Callable[[Tx, Sequence[str]], int]
    every: timedelta
    limit: int = 500
    bucketed: bool = False
    woken: bool = True

    def run(self, tx: Tx, piece: Slice) -> int:
        """Find a slice of due items and apply them in this transaction; returns how many were done."""
        return self.apply(tx, keys) if (keys := self.due(tx, piece)) else 0

    def due(self, tx: Tx, piece: Slice) -> Sequence[str]:
        """The keys of a slice of due items."""
        return self.find(tx, replace(piece, sweep=self.name))


class _RefusedError(Exception):
    """The guard refuses the transaction: its cause is not in the items."""


class Sweeper:
    """Runs one sweep or chore: continuously while there is work, otherwise at its interval or when woken."""

    def __init__(
        self,
        sweep: Sweep | Chore,
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
        self._retry_at = float("-inf")
        self._patience = Patience()

    def run(self) -> None:
        """Sweep until stopped. Raises the errors of `find`, of a chore and of the guard that are not transient; the
        worker restarts the loop."""
        bucketed = isinstance(self._sweep, Sweep) and self._sweep.bucketed
        with Ownership(self._database.conninfo, f"sweep:{self._sweep.name}") as ownership:
            every = self._sweep.every.total_seconds()
            # Buckets that another owner has lost are claimed before the next round is due.
            pause = min(every, CLAIM_SECONDS) if bucketed else every
            buckets: tuple[int, ...] = () if bucketed else ALL
            claimed_at = due = float("-inf")
            woken = False
            while True:
                self._waiter.clear()
                if self._stop.is_set():
                    return
                try:
                    if bucketed and time.monotonic() - claimed_at >= CLAIM_SECONDS:
                        before, buckets = buckets, ownership.claim()
                        woken = woken or buckets != before
                        claimed_at = time.monotonic()
                    done = 0
                    if woken or time.monotonic() >= due:
                        done = self._once(Slice(self._sweep.limit, buckets))
                        due = time.monotonic() + every
                except Exception as raised:
                    error = raised.__cause__ if isinstance(raised, _RefusedError) else raised
                    assert error is not None
                    if not is_transient(error):
                        raise error from None
                    log.warning("sweep is waiting for the database", sweep=self._sweep.name, error=str(error))
                    ownership.release()
                    claimed_at = due = float("-inf")
                    self._stop.wait(random.uniform(0.2, 1.0))
                    continue
                woken = done > 0 or self._waiter.wait(min(pause, max(0.0, due - time.monotonic())))

    def _once(self, piece: Slice) -> int:
        if not piece.buckets:
            return 0
        sweep = self._sweep
        if isinstance(sweep, Chore):
            return self._transact(lambda tx: sweep.run(tx, piece))
        return self._retry(sweep) + self._advance(sweep, piece)

    def _advance(self, sweep: Sweep, piece: Slice) -> int:
        """Do a slice of due items."""
        keys: Sequence[str] = ()

        def find_and_apply(tx: Tx) -> int:
            nonlocal keys
            keys = sweep.due(tx, piece)
            return sweep.apply(tx, keys) if keys else 0

        try:
            done = self._transact(find_and_apply)
        except Exception as error:
            if not keys or self._patience.expects_success(error):
                raise
            return self._isolate(sweep, keys, sweep.apply, error)
        self._patience.renew()
        return done

    def _retry(self, sweep: Sweep) -> int:
        """Try items again that were set aside and are due, each alone."""
        if time.monotonic() < self._retry_at:
            return 0
        with self._database.read() as read:
            held = quarantine.count_held(read, sweep.name)
            items = quarantine.find_held_due(read, sweep.name, MOST_RETRIES) if held else []
        metrics.QUARANTINED_ITEMS.labels(sweep.name).set(held)
        self._retry_at = time.monotonic() + (RETRY_SECONDS if held else EMPTY_SECONDS)

        def release_and_apply(tx: Tx, keys: Sequence[str]) -> int:
            return sweep.apply(tx, keys) if quarantine.release(tx, sweep.name, keys[0]) else 0

        done = 0
        for item in items:
            if self._stop.is_set():
                break
            done += self._isolate(sweep, [item], release_and_apply)
        return done

    def _isolate(
        self,
        sweep: Sweep,
        keys: Sequence[str],
        apply: Callable[[Tx, Sequence[str]], int],
        failure: Exception | None = None,
    ) -> int:
        """Apply these items in parts, each in its own transaction, and set aside those that fail alone; returns how
        many were done."""
        done = 0

        def attempt(part: Sequence[str]) -> None:
            nonlocal done
            done += self._transact(lambda tx: apply(tx, part))

        for key, error in quarantine.isolate(keys, attempt, failure, self._patience.expects_success):
            if isinstance(error, _RefusedError):
                raise error
            with self._database.begin() as tx:
                held = quarantine.hold(tx, sweep.name, key, error)
            self._retry_at = float("-inf")  # counts what is set aside
            log.error(
                "item of a sweep failed and is set aside",
                sweep=sweep.name,
                item=key,
                reason=held.error,
                tries=held.tries,
                next_at=held.next_at.isoformat(),
                at=quarantine.place_of(error),
            )
            if self._stop.is_set():
                break
        return done

    def _transact(self, work: Callable[[Tx], int]) -> int:
        """Run work in a transaction of its own, after the guard; returns the count of items done."""
        with tracing.span(f"sweep {self._sweep.name}", end_on_exit=False) as span:
            with self._database.begin() as tx:
                try:
                    self._guard(tx)
                except Exception as error:
                    raise _RefusedError from error
                if self._patience.is_over:
                    tx.execute(Patience.SHORT_LOCK_TIMEOUT)
                done = work(tx)
            if done:
                span.set_attribute("anning.items", done)
                span.end()
        if done:
            metrics.SWEPT.labels(self._sweep.name).inc(done)
        return done
