"""Projections: the newest version of what others tell, rebuilt at any time to the same rows."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import sqlalchemy as sa

from chassis.database import Tx
from chassis.events import projections
from chassis.events.envelope import Message
from chassis.events.projections import SupersededError
from chassis.events.routing import Projection
from chassis.ids import new_id
from chassis.sweeper import Slice, Sweep
from tests.integration.events.depot import Depot, noise, until
from tests.parcels import service as parcels
from tests.parcels.service import BOARD, BOARD_PROJECTION, SERVICE, ParcelMoved

SHOWING = replace(SERVICE, reactions={})


def rebuild(depot: Depot) -> int:
    with depot.database.begin() as tx:
        return projections.rebuild(tx, BOARD_PROJECTION)


def stored(depot: Depot) -> list[tuple[object, ...]]:
    return [tuple(row) for row in depot.rows("SELECT id, version, stop FROM parcels ORDER BY id")]


def test_stale_and_reordered_versions_change_nothing(depot: Depot) -> None:
    parcel, other = new_id(), new_id()
    for version in (2, 4, 1, 4, 3):
        depot.tell(parcel, version)
    depot.tell(other, 1)
    with depot.worker(SHOWING):
        until(lambda: len(depot.board()) == 2)
        assert depot.board() == sorted([(parcel, 4, 4), (other, 1, 1)])
        depot.tell(parcel, 3)
        depot.tell(other, 2)
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
    with depot.worker(SHOWING) as worker:
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


def test_a_rebuild_drops_what_the_topic_does_not_tell(depot: Depot) -> None:
    depot.send(["a", "b"])
    with depot.worker(SHOWING):
        until(lambda: depot.board() == stored(depot))
        with depot.database.begin() as tx:
            tx.execute(BOARD.insert().values(parcel=new_id(), version=9, stop=9))
            tx.execute(
                sa.text("UPDATE board SET version = 99, stop = 99 WHERE parcel = :id"), {"id": stored(depot)[0][0]}
            )
        rebuild(depot)
        until(lambda: depot.board() == stored(depot))


def test_a_worker_is_unready_from_the_commit_of_a_rebuild_until_it_has_read_all_of_it(depot: Depot) -> None:
    depot.send([str(number) for number in range(50)])
    with depot.worker(SHOWING) as worker:
        for _ in range(3):
            rebuild(depot)
            assert "projection board" in worker.problems()
            until(lambda: not worker.problems(), why=worker.problems)
            assert depot.board() == stored(depot)


def test_a_rebuild_while_no_worker_runs_is_read_by_the_next(depot: Depot) -> None:
    depot.send([str(number) for number in range(50)])
    with depot.worker(SHOWING):
        until(lambda: depot.board() == stored(depot))
    rebuild(depot)
    assert depot.board() == []
    with depot.worker(SHOWING):
        # Ready means that it was read to the end.
        assert depot.board() == stored(depot)


def test_a_batch_of_the_old_reading_is_refused_after_the_rebuild(depot: Depot) -> None:
    entered, go_on = threading.Event(), threading.Event()
    batches: list[int] = []

    def show_slowly(tx: Tx, messages: Sequence[Message[ParcelMoved]]) -> None:
        batches.append(len(messages))
        entered.set()
        assert go_on.wait(20)
        parcels.update_board(tx, messages)

    slow = Projection(name="board", handlers={ParcelMoved: show_slowly}, tables=(BOARD,))
    depot.send(["a", "b", "c"])
    with depot.worker(replace(SHOWING, projections=(slow,)), ready=False):
        assert entered.wait(20)
        rebuilt = threading.Thread(target=rebuild, args=(depot,))
        rebuilt.start()
        # The rebuild waits for the batch, then empties what it wrote; the next batch is of the new reading.
        until(lambda: depot.rows("SELECT FROM pg_locks WHERE NOT granted"))
        go_on.set()
        rebuilt.join()
        until(lambda: depot.board() == stored(depot))
    assert depot.rows("SELECT generation FROM projections") == [(2,)]
    assert len(batches) >= 2


def test_reactions_start_only_when_projections_have_reached_the_ends_found_at_start(depot: Depot) -> None:
    entered, open_gate = threading.Event(), threading.Event()
    shown_at_first: list[int] = []

    def show_slowly(tx: Tx, messages: Sequence[Message[ParcelMoved]]) -> None:
        if tx.execute(sa.text("SELECT count(*) FROM board")).scalar_one() > 0:
            entered.set()
            assert open_gate.wait(20)
        parcels.update_board(tx, messages)

    def look_at_the_board(tx: Tx, messages: Sequence[Message[ParcelMoved]]) -> None:
        shown_at_first.append(tx.execute(sa.text("SELECT count(*) FROM board")).scalar_one())
        parcels.count_arrivals(tx, messages)

    for number in range(40):  # too much for one batch
        depot.tell(new_id(), 1, road=str(number), note=noise(100_000, number))
    gated = replace(
        SERVICE,
        reactions={ParcelMoved: look_at_the_board},
        projections=(Projection(name="board", handlers={ParcelMoved: show_slowly}, tables=(BOARD,)),),
    )
    with depot.worker(gated, ready=False) as worker:
        # Some of it is shown, but not yet all that was there when the worker came.
        until(entered.is_set)
        assert depot.count("board") > 0
        assert "projection board" in worker.problems()
        assert depot.arrivals() == 0
        open_gate.set()
        until(lambda: depot.arrivals() == 40)
        until(lambda: not worker.problems(), why=worker.problems)
    assert shown_at_first[0] == 40


def test_nothing_is_decided_on_a_projection_that_is_being_rebuilt(depot: Depot) -> None:
    open_gate = threading.Event()
    open_gate.set()
    shown: list[tuple[str, int]] = []

    def show(tx: Tx, messages: Sequence[Message[ParcelMoved]]) -> None:
        assert open_gate.wait(20)
        parcels.update_board(tx, messages)

    def react(tx: Tx, messages: Sequence[Message[ParcelMoved]]) -> None:
        shown.append(("reaction", tx.execute(sa.text("SELECT count(*) FROM board")).scalar_one()))
        parcels.count_arrivals(tx, messages)

    def sweep(tx: Tx, piece: Slice) -> int:
        shown.append(("sweep", tx.execute(sa.text("SELECT count(*) FROM board")).scalar_one()))
        return 0

    deciding = replace(
        SERVICE,
        reactions={ParcelMoved: react},
        projections=(Projection(name="board", handlers={ParcelMoved: show}, tables=(BOARD,)),),
        sweeps=(Sweep(name="look", run=sweep, every=timedelta(milliseconds=20), limit=1),),
    )
    with depot.worker(deciding) as worker:
        depot.send([str(number) for number in range(200)])
        until(lambda: depot.arrivals() == 200 and len(depot.board()) == 200)
        open_gate.clear()
        shown.clear()
        rebuild(depot)
        depot.tell(new_id(), 1)
        until(lambda: "projection board" in worker.problems())
        until(lambda: depot.rows("SELECT FROM pg_stat_activity WHERE state = 'idle in transaction'"))
        assert depot.board() == []
        assert depot.arrivals() == 200
        open_gate.set()
        until(lambda: depot.arrivals() == 201)
        until(lambda: "sweep" in dict(shown))
    assert {count for _, count in shown} <= {200, 201}


def test_a_rebuild_is_not_starved_by_batches_that_overlap(depot: Depot) -> None:
    stop = threading.Event()

    def hold_and_hold() -> None:
        while not stop.is_set():
            with depot.database.begin() as tx:
                projections.lock_generation(tx, {"board": 1})
                stop.wait(0.3)

    def staggered(delay: float) -> None:
        stop.wait(delay)
        with suppress(SupersededError):
            hold_and_hold()

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


def test_a_projection_that_publishes_fails_and_publishes_nothing(depot: Depot, impatient: None) -> None:
    def show_and_tell(tx: Tx, messages: Sequence[Message[ParcelMoved]]) -> None:
        parcels.update_board(tx, messages)
        parcels.send_parcels(tx, ["b"])

    telling = Projection(name="board", handlers={ParcelMoved: show_and_tell}, tables=(BOARD,))
    depot.send(["a"])
    with depot.worker(replace(SHOWING, projections=(telling,)), ready=False) as worker:
        until(lambda: "no outbox" in worker.problems().get("projection board", ""), why=worker.problems)
    assert depot.count("outbox") == 1
    assert depot.board() == []
