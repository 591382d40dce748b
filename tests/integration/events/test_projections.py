"""Projections: they keep the newest version of each aggregate, and a rebuild results in the same rows."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
import structlog
from prometheus_client import REGISTRY

from chassis.database import Tx
from chassis.events import catch_up, projections
from chassis.events.catch_up import Progress
from chassis.events.envelope import Message
from chassis.events.projections import SupersededError
from chassis.events.routing import Projection
from chassis.ids import new_id
from chassis.sweeper import Chore, Slice
from tests.integration.events.depot import Depot, noise, until
from tests.parcels import service as parcels
from tests.parcels.service import BOARD, BOARD_PROJECTION, SERVICE, ParcelMoved

PROJECTION_ONLY = replace(SERVICE, reactions={})


def rebuild(depot: Depot) -> int:
    with depot.database.begin() as tx:
        return projections.rebuild(tx, BOARD_PROJECTION)


def stored(depot: Depot) -> list[tuple[object, ...]]:
    return [tuple(row) for row in depot.rows("SELECT id, version, stop FROM parcels ORDER BY id")]


def test_stale_versions_change_nothing(depot: Depot) -> None:
    parcel, other = new_id(), new_id()
    for version in (2, 4, 1, 4, 3):
        depot.publish(parcel, version)
    depot.publish(other, 1)
    with depot.worker(PROJECTION_ONLY):
        until(lambda: len(depot.board()) == 2)
        assert depot.board() == sorted([(parcel, 4, 4), (other, 1, 1)])
        depot.publish(parcel, 3)
        depot.publish(other, 2)
        until(lambda: (other, 2, 2) in depot.board())
        assert (parcel, 4, 4) in depot.board()


def test_a_projection_rebuilt_while_events_arrive_has_the_same_rows(depot: Depot) -> None:
    known = depot.send([str(number) for number in range(400)])
    stop = threading.Event()

    def keep_moving() -> None:
        while not stop.is_set():
            for parcel in known[::7]:
                depot.move(parcel)

    mover = threading.Thread(target=keep_moving)
    with depot.worker(PROJECTION_ONLY) as worker:
        until(lambda: len(depot.board()) == 400)
        mover.start()
        for generation in (2, 3):
            assert rebuild(depot) == generation
            until(lambda: len(depot.board()) == 400)
        until(lambda: max(row.version for row in depot.rows("SELECT version FROM parcels")) > 3)
        stop.set()
        mover.join()
        until(lambda: depot.board() == stored(depot))
        until(lambda: not worker.problems(), why=worker.problems)


def test_a_rebuild_drops_rows_that_are_not_in_the_topic(depot: Depot) -> None:
    depot.send(["a", "b"])
    with depot.worker(PROJECTION_ONLY):
        until(lambda: depot.board() == stored(depot))
        with depot.database.begin() as tx:
            tx.execute(BOARD.insert().values(parcel=new_id(), version=9, stop=9))
            tx.execute(
                sa.text("UPDATE board SET version = 99, stop = 99 WHERE parcel = :id"), {"id": stored(depot)[0][0]}
            )
        rebuild(depot)
        until(lambda: depot.board() == stored(depot))


def test_a_worker_is_unready_from_the_commit_of_a_rebuild_until_it_has_read_the_topic(depot: Depot) -> None:
    depot.send([str(number) for number in range(50)])
    with depot.worker(PROJECTION_ONLY) as worker:
        for _ in range(3):
            rebuild(depot)
            assert "projection board" in worker.problems()
            until(lambda: not worker.problems(), why=worker.problems)
            assert depot.board() == stored(depot)


def test_a_rebuild_requested_without_a_worker_is_done_by_the_next_worker(depot: Depot) -> None:
    depot.send([str(number) for number in range(50)])
    with depot.worker(PROJECTION_ONLY):
        until(lambda: depot.board() == stored(depot))
    rebuild(depot)
    assert depot.board() == []
    with depot.worker(PROJECTION_ONLY):
        # A ready worker has read the topic to its end.
        assert depot.board() == stored(depot)


def test_a_batch_of_the_old_generation_is_refused_after_a_rebuild(depot: Depot) -> None:
    entered, proceed = threading.Event(), threading.Event()
    batches: list[int] = []

    def project_slowly(tx: Tx, messages: Sequence[Message[ParcelMoved]]) -> None:
        batches.append(len(messages))
        entered.set()
        assert proceed.wait(20)
        parcels.update_board(tx, messages)

    slow = Projection(name="board", handlers={ParcelMoved: project_slowly}, tables=(BOARD,))
    depot.send(["a", "b", "c"])
    with depot.worker(replace(PROJECTION_ONLY, projections=(slow,)), ready=False):
        assert entered.wait(20)
        rebuilt = threading.Thread(target=rebuild, args=(depot,))
        rebuilt.start()
        # The rebuild waits for the batch and then deletes its rows; the next batch belongs to the new generation.
        until(lambda: depot.rows("SELECT FROM pg_locks WHERE NOT granted"))
        proceed.set()
        rebuilt.join()
        until(lambda: depot.board() == stored(depot))
    assert depot.rows("SELECT generation FROM projections") == [(2,)]
    assert len(batches) >= 2


def test_reactions_wait_until_projections_have_reached_the_end_offsets_found_at_start(depot: Depot) -> None:
    entered, open_gate = threading.Event(), threading.Event()
    sizes_of_board: list[int] = []

    def project_slowly(tx: Tx, messages: Sequence[Message[ParcelMoved]]) -> None:
        if tx.execute(sa.text("SELECT count(*) FROM board")).scalar_one() > 0:
            entered.set()
            assert open_gate.wait(20)
        parcels.update_board(tx, messages)

    def react(tx: Tx, messages: Sequence[Message[ParcelMoved]]) -> None:
        sizes_of_board.append(tx.execute(sa.text("SELECT count(*) FROM board")).scalar_one())
        parcels.count_arrivals(tx, messages)

    for number in range(40):  # more than one batch
        depot.publish(new_id(), 1, road=str(number), note=noise(100_000, number))
    gated = replace(
        SERVICE,
        reactions={ParcelMoved: react},
        projections=(Projection(name="board", handlers={ParcelMoved: project_slowly}, tables=(BOARD,)),),
    )
    with depot.worker(gated, ready=False) as worker:
        # The projection has some rows, but not all that the topic had when the worker started.
        until(entered.is_set)
        assert depot.count("board") > 0
        assert "projection board" in worker.problems()
        assert depot.arrivals() == 0
        open_gate.set()
        until(lambda: depot.arrivals() == 40)
        until(lambda: not worker.problems(), why=worker.problems)
    assert sizes_of_board[0] == 40


def test_the_progress_of_a_projection_is_in_readiness_metrics_and_log(
    depot: Depot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catch_up, "LOG_SECONDS", 0)
    monkeypatch.setattr(catch_up, "MEASURE_SECONDS", 0)
    open_gate = threading.Event()

    def project_slowly(tx: Tx, messages: Sequence[Message[ParcelMoved]]) -> None:
        if tx.execute(sa.text("SELECT count(*) FROM board")).scalar_one() > 0:
            assert open_gate.wait(20)
        parcels.update_board(tx, messages)

    def shown(name: str) -> float | None:
        return REGISTRY.get_sample_value(f"anning_projection_{name}_records", {"projection": "board"})

    for number in range(40):  # more than one batch
        depot.publish(new_id(), 1, road=str(number), note=noise(100_000, number))
    slow = Projection(name="board", handlers={ParcelMoved: project_slowly}, tables=(BOARD,))
    with (
        structlog.testing.capture_logs() as lines,
        depot.worker(replace(PROJECTION_ONLY, projections=(slow,)), ready=False) as worker,
    ):
        until(lambda: worker.progress() and worker.progress()["projection board"].applied)
        progress = worker.progress()["projection board"]
        assert 0 < progress.applied < progress.total == 40
        assert worker.problems()["projection board"] == f"has applied {progress.applied} of 40 records"
        assert (shown("applied"), shown("total")) == (progress.applied, 40)
        open_gate.set()
        until(lambda: not worker.problems(), why=worker.problems)
        assert worker.progress() == {"projection board": Progress(40, 40)}
        assert shown("applied") == 40
    logged = [(each["event"], each["applied"], each["total"]) for each in lines if "applied" in each]
    assert ("projection is catching up", progress.applied, 40) in logged
    assert logged[-1] == ("projection has caught up", 40, 40)


def test_reactions_and_sweeps_wait_while_a_projection_is_rebuilt(depot: Depot) -> None:
    open_gate = threading.Event()
    open_gate.set()
    sizes: list[tuple[str, int]] = []

    def project(tx: Tx, messages: Sequence[Message[ParcelMoved]]) -> None:
        assert open_gate.wait(20)
        parcels.update_board(tx, messages)

    def react(tx: Tx, messages: Sequence[Message[ParcelMoved]]) -> None:
        sizes.append(("reaction", tx.execute(sa.text("SELECT count(*) FROM board")).scalar_one()))
        parcels.count_arrivals(tx, messages)

    def sweep(tx: Tx, piece: Slice) -> int:
        sizes.append(("sweep", tx.execute(sa.text("SELECT count(*) FROM board")).scalar_one()))
        return 0

    reacting_and_sweeping = replace(
        SERVICE,
        reactions={ParcelMoved: react},
        projections=(Projection(name="board", handlers={ParcelMoved: project}, tables=(BOARD,)),),
        sweeps=(Chore(name="look", run=sweep, every=timedelta(milliseconds=20), limit=1),),
    )
    with depot.worker(reacting_and_sweeping) as worker:
        depot.send([str(number) for number in range(200)])
        until(lambda: depot.arrivals() == 200 and len(depot.board()) == 200)
        open_gate.clear()
        sizes.clear()
        rebuild(depot)
        depot.publish(new_id(), 1)
        until(lambda: "projection board" in worker.problems())
        until(lambda: depot.rows("SELECT FROM pg_stat_activity WHERE state = 'idle in transaction'"))
        assert depot.board() == []
        assert depot.arrivals() == 200
        open_gate.set()
        until(lambda: depot.arrivals() == 201)
        until(lambda: "sweep" in dict(sizes))
    assert {count for _, count in sizes} <= {200, 201}


def test_overlapping_batches_do_not_starve_a_rebuild(depot: Depot) -> None:
    stop = threading.Event()

    def hold_repeatedly() -> None:
        while not stop.is_set():
            with depot.database.begin() as tx:
                projections.lock_generation(tx, {"board": 1})
                stop.wait(0.3)

    def staggered(delay: float) -> None:
        stop.wait(delay)
        with suppress(SupersededError):
            hold_repeatedly()

    holders = [threading.Thread(target=staggered, args=(delay,)) for delay in (0, 0.1, 0.2)]
    for holder in holders:
        holder.start()
    until(lambda: len(depot.rows("SELECT FROM pg_locks WHERE locktype = 'advisory' AND mode = 'ShareLock'")) > 1)
    started = time.monotonic()
    rebuild(depot)
    assert time.monotonic() - started < 5
    stop.set()
    for holder in holders:
        holder.join()


def test_a_projection_that_publishes_fails_and_publishes_nothing(depot: Depot, fast_retries: None) -> None:
    def project_and_publish(tx: Tx, messages: Sequence[Message[ParcelMoved]]) -> None:
        parcels.update_board(tx, messages)
        parcels.send_parcels(tx, ["b"])

    publishing = Projection(name="board", handlers={ParcelMoved: project_and_publish}, tables=(BOARD,))
    depot.send(["a"])
    with depot.worker(replace(PROJECTION_ONLY, projections=(publishing,)), ready=False):
        until(lambda: depot.count("quarantine WHERE error LIKE '%no outbox%'") == 1)
    assert depot.count("outbox") == 1
    assert depot.board() == []
