"""Sweeps: due work is done once and soon, by any worker, and waits while the database is down."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from functools import partial

import pytest
import sqlalchemy as sa
from prometheus_client import REGISTRY

from chassis import clock, metrics
from chassis.buckets import COUNT, bucket_of
from chassis.database import Tx
from chassis.events.projections import SupersededError
from chassis.quarantine import HELD, QuarantinedItem, find_held_due, hold, list_quarantined_items
from chassis.sweeper import Slice, Sweep, Sweeper
from chassis.wakeup import Wakeup
from tests.integration.events.depot import Depot, running, until
from tests.parts.fixtures import Parts

HALVES = [COUNT // 2] * 2


@pytest.fixture
def work(depot: Depot) -> Depot:
    """A depot with a table of work items."""
    with depot.database.engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE work (id int PRIMARY KEY, bucket int NOT NULL, done_by text)"))
    return depot


def add_work(depot: Depot, count: int, *, announced: bool = False) -> None:
    with depot.database.begin() as tx:
        first = tx.execute(sa.text("SELECT count(*) FROM work")).scalar_one()
        tx.copy("work", ("id", "bucket"), [(each, bucket_of(str(each))) for each in range(first, first + count)])
        if announced:
            tx.announce()


def work_of(worker: str, every: timedelta = timedelta(minutes=1), *, bucketed: bool = False, limit: int = 10) -> Sweep:
    """A sweep that marks due items as done by this worker."""
    return Sweep(
        name="work", find=find_work, apply=partial(do_work, worker), every=every, limit=limit, bucketed=bucketed
    )


def find_work(tx: Tx, piece: Slice) -> list[str]:
    due = tx.execute(
        sa.text(
            "SELECT id FROM work WHERE done_by IS NULL AND bucket = ANY(:buckets)"
            f" AND CAST(id AS text) NOT IN {HELD} ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED"
        ),
        {"buckets": list(piece.buckets), "limit": piece.limit, "sweep": piece.sweep},
    )
    return [str(each) for each in due.scalars()]


def do_work(worker: str, tx: Tx, keys: Sequence[str]) -> int:
    done = tx.execute(
        sa.text(
            "UPDATE work SET done_by = coalesce(done_by, '') || :worker WHERE done_by IS NULL"
            " AND id = ANY(CAST(:ids AS int[]))"
        ),
        {"worker": worker, "ids": list(keys)},
    )
    return done.rowcount


@contextmanager
def sweeping(
    depot: Depot, worker: str, every: float = 60, *, bucketed: bool = False, limit: int = 10
) -> Iterator[None]:
    """Run a sweep as a separate process does, with its own connection for notifications."""
    stop = threading.Event()
    sweep = work_of(worker, timedelta(seconds=every), limit=limit, bucketed=bucketed)
    wakeup = Wakeup(depot.url, stop)
    sweeper = Sweeper(sweep, depot.open(pool=2), stop=stop, waiter=wakeup.waiter())
    with running([wakeup.run, sweeper.run], stop, wakeup.stop):
        yield


def done(depot: Depot) -> dict[str, int]:
    """The number of items that each worker has done."""
    rows = depot.rows("SELECT done_by, count(*) AS n FROM work WHERE done_by IS NOT NULL GROUP BY 1")
    return {row.done_by: row.n for row in rows}


def owners(depot: Depot) -> dict[int, int]:
    """The number of buckets that each connection owns."""
    rows = depot.rows(
        "SELECT pid, count(*) AS n FROM pg_locks JOIN pg_database ON oid = database"
        f" WHERE locktype = 'advisory' AND datname = current_database() AND objid < {COUNT} GROUP BY pid"
    )
    return {row.pid: row.n for row in rows}


def test_work_is_done_in_slices_until_no_work_is_left(work: Depot) -> None:
    add_work(work, 95)
    with sweeping(work, "one"):
        until(lambda: done(work) == {"one": 95})


def test_several_sweepers_do_each_item_once(work: Depot) -> None:
    add_work(work, 2_000)
    with sweeping(work, "one"), sweeping(work, "two"), sweeping(work, "three"):
        until(lambda: work.count("work WHERE done_by IS NULL") == 0)
    assert set(done(work)) <= {"one", "two", "three"}


def test_two_sweepers_share_the_work_and_one_does_all_of_it_when_the_other_stops(work: Depot) -> None:
    with ExitStack() as first:
        first.enter_context(sweeping(work, "one", bucketed=True))
        until(lambda: list(owners(work).values()) == [COUNT])
        with sweeping(work, "two", bucketed=True):
            until(lambda: list(owners(work).values()) == HALVES)
            add_work(work, 400, announced=True)
            until(lambda: sum(done(work).values()) == 400, why=lambda: done(work))
            together = done(work)
            assert min(together.values()) > 100
            # This work is not announced, and the next round is due in a minute.
            add_work(work, 100)
            first.close()
            until(lambda: done(work) == together | {"two": together["two"] + 100}, 10, why=lambda: done(work))


def test_buckets_whose_lock_is_lost_are_taken_over(work: Depot) -> None:
    with sweeping(work, "one", bucketed=True), sweeping(work, "two", bucketed=True):
        until(lambda: list(owners(work).values()) == HALVES)
        for number in range(1, 4):
            owner = min(owners(work))
            with work.database.begin() as tx:
                tx.execute(sa.text("SELECT pg_terminate_backend(:pid)"), {"pid": owner})
            add_work(work, 100, announced=True)
            until(partial(lambda expected: sum(done(work).values()) == expected, 100 * number), 10)
            until(partial(lambda gone: list(owners(work).values()) == HALVES and gone not in owners(work), owner))


def test_an_announcement_wakes_a_sleeping_sweep(work: Depot) -> None:
    with sweeping(work, "one", every=60):
        add_work(work, 1)
        until(lambda: done(work) == {"one": 1})
        for number in range(2, 6):
            add_work(work, 1, announced=True)
            until(partial(lambda expected: done(work) == {"one": expected}, number), 5)


@pytest.mark.parametrize("bucketed", [False, True], ids=["any", "bucketed"])
def test_a_sweep_waits_while_the_database_is_down(work: Depot, breakable: Parts, bucketed: bool) -> None:
    add_work(work, 10)
    stop = threading.Event()
    sweep = work_of("one", bucketed=bucketed)
    waiter = threading.Event()
    sweeper = Sweeper(sweep, work.open(pool=2), stop=stop, waiter=waiter)
    with running([sweeper.run], stop, waiter.set):
        until(lambda: done(work) == {"one": 10})
        breakable.postgres.kill()
        waiter.set()
        time.sleep(0.3)  # attempts to connect fail
        breakable.postgres.start()
        work.database.engine.dispose()
        add_work(work, 10)
        waiter.set()  # it may have run before the work was added
        until(lambda: done(work) == {"one": 20})


def test_a_sweep_stops_although_its_waiter_is_cleared_after_the_stop_signal(work: Depot) -> None:
    stop = threading.Event()

    class RacingWaiter(threading.Event):
        """Receives the stop signal just before it is cleared."""

        def clear(self) -> None:
            stop.set()
            self.set()
            super().clear()

    sweep = work_of("one", timedelta(minutes=10))
    sweeper = Sweeper(sweep, work.database, stop=stop, waiter=RacingWaiter())
    thread = threading.Thread(target=sweeper.run, daemon=True)
    thread.start()
    thread.join(timeout=5)
    assert not thread.is_alive()


@pytest.fixture
def failing(work: Depot) -> Iterator[Callable[[str], None]]:
    """Make every update of the items that match a condition fail, until the condition is replaced."""

    def fail(condition: str) -> None:
        with work.database.engine.begin() as connection:
            connection.execute(sa.text(RAISE))
            connection.execute(sa.text("DROP TRIGGER IF EXISTS failing ON work"))
            connection.execute(
                sa.text(
                    f"CREATE TRIGGER failing BEFORE UPDATE ON work FOR EACH ROW WHEN ({condition})"
                    " EXECUTE FUNCTION fail()"
                )
            )

    yield fail
    metrics.QUARANTINED_ITEMS.clear()


RAISE = """CREATE OR REPLACE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'item % of 13800138000', NEW.id; END $$"""


def held(depot: Depot) -> list[QuarantinedItem]:
    """The items that are set aside."""
    with depot.database.read() as read:
        return list_quarantined_items(read, limit=1_000)


def quarantined() -> float | None:
    """The value of the gauge of the sweep."""
    return REGISTRY.get_sample_value("anning_quarantined_items", {"sweep": "work"})


@pytest.mark.parametrize("bucketed", [False, True], ids=["any", "bucketed"])
def test_items_that_fail_alone_are_set_aside_and_all_others_are_done(
    work: Depot, failing: Callable[[str], None], bucketed: bool
) -> None:
    failing("NEW.id IN (0, 7, 18, 94)")
    add_work(work, 95)
    with sweeping(work, "one", every=0.1, bucketed=bucketed, limit=20):
        until(lambda: done(work) == {"one": 91})
        until(lambda: quarantined() == 4)
        assert [(each.sweep, each.item) for each in held(work)] == [("work", item) for item in ("0", "18", "7", "94")]
        assert {each.error for each in held(work)} == {
            f"RaiseException: item {item} of 〈号码〉" for item in (0, 7, 18, 94)
        }
        # New work is done while they wait, also of the same slice.
        add_work(work, 20, announced=True)
        until(lambda: done(work) == {"one": 111})
        failing("false")
        until(lambda: done(work) == {"one": 115})
        until(lambda: quarantined() == 0)
        assert held(work) == []


def test_an_item_that_keeps_failing_is_tried_again_alone_after_pauses_that_double(
    work: Depot, failing: Callable[[str], None]
) -> None:
    failing("NEW.id = 3")
    add_work(work, 10)
    pauses = []
    at = clock.now()
    with clock.frozen(at), work.database.begin() as tx:
        for _ in range(14):
            item = hold(tx, "work", "3", ValueError("again"))
            pauses.append((item.next_at - at).total_seconds())
        assert pauses == [2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 3600, 3600, 3600]
        assert find_held_due(tx, "work", 10) == []
    with clock.shifted(timedelta(hours=2)), sweeping(work, "one", every=0.1):
        until(lambda: done(work) == {"one": 9})
        until(lambda: held(work)[0].tries == 15)
    assert held(work)[0].quarantined_at == at


def test_held_items_do_not_fill_the_slice(work: Depot, failing: Callable[[str], None]) -> None:
    failing("NEW.id < 25")
    add_work(work, 40)
    with sweeping(work, "one", every=0.1, limit=5):
        until(lambda: done(work) == {"one": 15})
    assert len(held(work)) == 25


def test_a_held_item_that_is_no_longer_due_leaves_the_quarantine(work: Depot, failing: Callable[[str], None]) -> None:
    failing("NEW.done_by = 'one'")
    add_work(work, 1)
    with sweeping(work, "one", every=0.1):
        until(lambda: len(held(work)) == 1)
        with work.database.begin() as tx:
            tx.execute(sa.text("UPDATE work SET done_by = 'staff'"))
        until(lambda: held(work) == [])
    assert done(work) == {"staff": 1}


def test_several_sweepers_do_the_neighbours_of_failing_items_once(work: Depot, failing: Callable[[str], None]) -> None:
    failing("NEW.id % 50 = 0")
    add_work(work, 1_000)
    with sweeping(work, "one", every=0.1), sweeping(work, "two", every=0.1), sweeping(work, "three", every=0.1):
        until(lambda: work.count("work WHERE done_by IS NULL") == 20 and len(held(work)) == 20)
        failing("false")
        until(lambda: work.count("work WHERE done_by IS NULL") == 0 and held(work) == [], 30)
    assert set(done(work)) <= {"one", "two", "three"}


def test_an_error_of_the_guard_ends_the_run_and_no_item_is_set_aside(
    work: Depot, failing: Callable[[str], None]
) -> None:
    failing("NEW.id = 3")
    add_work(work, 10)
    guarded = 0

    def guard(_: Tx) -> None:
        nonlocal guarded
        guarded += 1
        if guarded >= 2:
            raise SupersededError("board", 1, 2)

    sweeper = Sweeper(work_of("one"), work.database, stop=threading.Event(), waiter=threading.Event(), guard=guard)
    with pytest.raises(SupersededError):
        sweeper.run()
    assert (guarded, held(work), done(work)) == (4, [], {})


def test_quarantined_items_are_listed_page_by_page(work: Depot) -> None:
    with work.database.begin() as tx:
        for sweep, item in (("b", "1"), ("a", "2"), ("a", "10")):
            hold(tx, sweep, item, ValueError("no"))
        first = list_quarantined_items(tx, limit=2)
        rest = list_quarantined_items(tx, limit=2, after=(first[-1].sweep, first[-1].item))
    assert [(each.sweep, each.item) for each in (*first, *rest)] == [("a", "10"), ("a", "2"), ("b", "1")]
    assert [each.tries for each in first] == [1, 1]
