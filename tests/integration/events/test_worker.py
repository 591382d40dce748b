"""The worker: a crashed loop makes it unready and is restarted, and all loops end when the worker is stopped."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from chassis import clock, worker
from chassis.database import Tx
from chassis.events import kafka as clients
from chassis.quarantine import list_quarantined_items
from chassis.sweeper import Chore, Slice, Sweep
from chassis.worker import Worker
from tests.integration.events.depot import Depot, until
from tests.parcels.service import SERVICE
from tests.parts.fixtures import Parts

ROOT = Path(__file__).parents[3]


@contextmanager
def worker_process(depot: Depot) -> Iterator[subprocess.Popen[bytes]]:
    """A worker in its own process, which a test can kill."""
    command = [sys.executable, "-m", "tests.integration.events.worker_process"]
    command += [depot.url, depot.prefix]
    environment = os.environ | depot.broker.variables | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("busy", [False, True], ids=["idle", "busy"])
def test_a_stopped_worker_ends_within_seconds(depot: Depot, busy: bool) -> None:
    running = Worker(SERVICE, depot.settings(instance="0"), depot.database, depot.catalogue)
    running.start()
    until(lambda: not running.problems(), why=running.problems)
    if busy:
        depot.send([str(number) for number in range(5_000)])
        until(lambda: depot.arrivals() > 0)
    started = time.monotonic()
    running.stop()
    assert time.monotonic() - started < 5
    assert not any(thread.is_alive() for thread in running._threads)
    if busy:
        # The stopped worker has completed its batch, and the next one continues from there.
        with depot.worker():
            until(lambda: depot.arrivals() == 5_000)
            until(lambda: depot.count("board") == 5_000)
        assert depot.rows("SELECT count(DISTINCT parcel) FROM arrivals")[0][0] == 5_000


def test_a_worker_stops_although_the_broker_is_down(depot: Depot, breakable: Parts) -> None:
    with depot.worker():
        breakable.kafka.kill()
        depot.send(["a"])
        time.sleep(1)  # attempts to connect fail
        started = time.monotonic()
    assert time.monotonic() - started < 15


def test_a_crashed_loop_is_restarted_and_the_worker_is_unready_meanwhile(depot: Depot, fast_retries: None) -> None:
    attempts: list[float] = []

    def crash_three_times(tx: Tx, piece: Slice) -> int:
        attempts.append(time.monotonic())
        if len(attempts) <= 3:
            raise RuntimeError("crashed")
        return 0

    crashing = replace(
        SERVICE, sweeps=(Chore(name="crash", run=crash_three_times, every=timedelta(minutes=1), limit=1),)
    )
    with depot.worker(crashing, ready=False) as running:
        until(lambda: running.problems().get("sweep crash") == "RuntimeError: crashed", why=running.problems)
        while len(attempts) < 4:
            # It is not ready in between.
            assert "sweep crash" in running.problems()
            time.sleep(0.01)
        depot.send(["a"])
        until(lambda: depot.arrivals() == 1)
        until(lambda: not running.problems(), why=running.problems)


def test_a_worker_with_an_item_that_is_set_aside_is_ready(depot: Depot) -> None:
    done: list[str] = []

    def find(tx: Tx, piece: Slice) -> list[str]:
        held = {each.item for each in list_quarantined_items(tx, limit=10)}
        return [item for item in ("a", "b", "c") if item not in held and item not in done]

    def apply(tx: Tx, keys: Sequence[str]) -> int:
        if "b" in keys:
            raise RuntimeError("b fails")
        done.extend(keys)
        return len(keys)

    failing = Sweep(name="letters", find=find, apply=apply, every=timedelta(milliseconds=100))
    with depot.worker(replace(SERVICE, sweeps=(failing,))) as running:
        until(lambda: sorted(done) == ["a", "c"])
        until(lambda: depot.count("quarantined_items WHERE tries > 1") == 1)
        assert running.problems() == {}


def test_a_worker_killed_at_random_moments_loses_and_duplicates_nothing(depot: Depot) -> None:
    sent = 0
    chance = random.Random(3)
    stop = threading.Event()

    def keep_sending() -> None:
        nonlocal sent
        while not stop.is_set():
            depot.send([str(chance.randrange(50)) for _ in range(50)])
            sent += 50
            stop.wait(0.02)

    sender = threading.Thread(target=keep_sending)
    sender.start()
    for _ in range(4):
        with worker_process(depot):
            until(partial(lambda before: depot.arrivals() > before, depot.arrivals()))
            time.sleep(chance.uniform(0, 0.5))  # any moment
    stop.set()
    sender.join()
    with depot.worker():
        until(lambda: depot.arrivals() >= sent, why=lambda: (depot.arrivals(), sent))
        until(lambda: depot.count("board") == sent)
    assert depot.rows("SELECT count(*), count(DISTINCT parcel) FROM arrivals") == [(sent, sent)]
    assert depot.unpublished() == 0


def test_a_killed_worker_is_replaced_without_waiting_for_its_session(depot: Depot) -> None:
    with worker_process(depot) as process:
        depot.send(["a"])
        until(lambda: depot.arrivals() == 1)
        process.kill()
        process.wait()
        depot.send(["a"])
        with depot.worker(ready=False):
            # The group would wait six seconds for a member that is not static.
            until(lambda: depot.arrivals() == 2, 4)


def test_events_recorded_while_the_broker_is_down_arrive_afterwards(
    depot: Depot, breakable: Parts, fast_retries: None
) -> None:
    observer = clients.consumer(depot.broker, f"{depot.prefix}observers", "0", [depot.topic])
    with depot.worker() as running:
        depot.send([str(number) for number in range(100)])
        until(lambda: depot.arrivals() == 100)
        until(lambda: observer.poll(timeout_ms=clients.POLL_MS))
        breakable.kafka.kill()
        killed_at = time.monotonic()
        sent = 100
        while time.monotonic() - killed_at < 10:
            depot.send([str(number) for number in range(20)])
            sent += 20
            observer.poll(timeout_ms=100)
        with clock.shifted(timedelta(seconds=61)):
            assert "oldest event has waited" in running.problems()["outbox"]
        breakable.kafka.start()
        # With its default settings the client would reconnect only after ten more seconds.
        depot.put(b"poison")
        until(lambda: observer.poll(timeout_ms=clients.POLL_MS), 5)
        until(lambda: depot.arrivals() == sent, why=lambda: (depot.arrivals(), sent, running.problems()))
        until(lambda: depot.count("board") == sent)
        until(lambda: not running.problems(), why=running.problems)
    observer.close(autocommit=False)
    assert depot.rows("SELECT count(DISTINCT parcel) FROM arrivals")[0][0] == sent


def test_the_age_of_the_oldest_event_is_measured_periodically(depot: Depot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "OUTBOX_AGE_CHORE", replace(worker.OUTBOX_AGE_CHORE, every=timedelta(milliseconds=100)))

    def age() -> float | None:
        return REGISTRY.get_sample_value("anning_outbox_oldest_seconds")

    with clock.shifted(-timedelta(hours=1)):
        depot.send(["a"])
    with depot.database.begin() as tx:
        worker.OUTBOX_AGE_CHORE.run(tx, Slice(1))
    assert age() == pytest.approx(3_600, abs=60)
    with depot.worker(ready=False):
        until(lambda: age() == 0)
