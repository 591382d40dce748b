"""Quarantine: an event that keeps failing holds back its key only, and nothing is lost or applied twice."""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import pairwise

import pytest
from prometheus_client import REGISTRY

from chassis.database import Tx
from chassis.events import projections, quarantine
from chassis.events.envelope import Message
from chassis.ids import new_id
from tests.integration.events.depot import Depot, until
from tests.parcels import service as parcels
from tests.parcels.service import BOARD_PROJECTION, BROKEN_ON_THE_BOARD, ParcelMoved


def test_a_failing_event_holds_back_its_key_only_and_readiness_stays_green(depot: Depot, fast_retries: None) -> None:
    held, *neighbours = depot.roads_in(0, 3)
    parcels.broken_notes.add("bad")
    with depot.worker() as worker:
        depot.send([held], "bad")
        depot.send([held, *neighbours] * 3, "after")
        until(lambda: depot.arrivals() == 6)
        until(lambda: depot.committed() == depot.ends())
        assert worker.problems() == {}
        assert depot.notes(held) == []
        assert depot.count("quarantine") == 4
        assert depot.count("quarantine WHERE error IS NOT NULL") == 1
        gauge = {"group": depot.group}
        until(lambda: REGISTRY.get_sample_value("anning_quarantined_events", gauge) == 4)
        parcels.broken_notes.clear()
        until(lambda: depot.arrivals() == 10)
        until(lambda: depot.count("quarantine") == 0)
        depot.send([held], "later")
        until(lambda: depot.arrivals() == 11)
    assert depot.notes(held) == ["bad", "after", "after", "after", "later"]


def test_an_event_is_tried_three_times_with_growing_pauses_before_it_is_quarantined(depot: Depot) -> None:
    attempts: list[float] = []

    def fail(tx: Tx, messages: Sequence[Message[ParcelMoved]]) -> None:
        attempts.append(time.monotonic())
        raise RuntimeError("a bug")

    depot.publish(new_id(), 1)
    with depot.consuming("failing", {ParcelMoved: fail}):
        until(lambda: depot.count("quarantine") == 1)
        (row,) = depot.rows("SELECT * FROM quarantine")
    assert (row.tries, row.error) == (3, "RuntimeError: a bug")
    assert len(attempts) == 3
    pauses = [later - earlier for earlier, later in pairwise(attempts)]
    assert all(pause >= least for pause, least in zip(pauses, (0.25, 0.5), strict=True)), pauses


def test_a_failing_replay_is_repeated_and_keeps_the_order_of_its_key(depot: Depot, fast_retries: None) -> None:
    (road,) = depot.roads_in(0, 1)
    parcels.broken_notes.update({"first", "third"})
    with depot.worker():
        for note in ("first", "second", "third", "fourth"):
            depot.send([road], note)
        until(lambda: depot.count("quarantine WHERE tries > 4") == 1)
        assert depot.count("quarantine WHERE tries = 0 AND error IS NULL") == 3
        parcels.broken_notes.remove("first")
        until(lambda: depot.notes(road) == ["first", "second"])
        until(lambda: depot.count("quarantine WHERE tries > 0") == 1)
        parcels.broken_notes.clear()
        until(lambda: depot.notes(road) == ["first", "second", "third", "fourth"])
    assert depot.count("quarantine") == 0


def test_a_quarantine_outlives_a_restart_and_redelivered_events_are_applied_once(
    depot: Depot, fast_retries: None
) -> None:
    held, other = depot.roads_in(0, 2)
    parcels.broken_notes.add("bad")
    with depot.worker():
        depot.send([held], "bad")
        depot.send([held, other], "after")
        until(lambda: depot.committed() == depot.ends())
        until(lambda: depot.count("quarantine") == 2)
    depot.rewind()
    with depot.worker():
        until(lambda: depot.committed()[0] == 3)
        assert depot.count("quarantine") == 2
        parcels.broken_notes.clear()
        until(lambda: depot.arrivals() == 3)
    depot.rewind()
    with depot.worker():
        until(lambda: depot.committed()[0] == 3)
    assert depot.notes(held) == ["bad", "after"]
    assert (depot.arrivals(), depot.count("quarantine")) == (3, 0)


def test_two_workers_replay_each_event_once(depot: Depot, fast_retries: None) -> None:
    roads = [road for partition in range(3) for road in depot.roads_in(partition, 2)]
    parcels.broken_notes.add("bad")
    with depot.worker(instance="1"):
        depot.send(roads, "bad")
        depot.send(roads, "after")
        until(lambda: depot.count("quarantine") == 12)
        with depot.worker(instance="2"):
            parcels.broken_notes.clear()
            until(lambda: depot.arrivals() == 12)
            until(lambda: depot.count("quarantine") == 0)
    assert all(depot.notes(road) == ["bad", "after"] for road in roads)


def test_a_partition_with_too_many_failures_is_blocked_and_the_others_continue(
    depot: Depot, fast_retries: None
) -> None:
    failing, elsewhere = depot.roads_in(0, 4), depot.roads_in(1, 1)
    parcels.broken_notes.add("bad")
    with depot.worker(failure_limit=3) as worker:
        for road in failing:
            depot.send([road], "bad")
            until(lambda: depot.unpublished() == 0)
        depot.send([failing[0]], "after")
        until(lambda: "reactions" in worker.problems())
        assert "over 3 of the last 10000 records fail" in worker.problems()["reactions"]
        assert f"{depot.topic}[0]@3" in worker.problems()["reactions"]
        assert REGISTRY.get_sample_value("anning_blocked_partitions", {"group": depot.group}) == 1
        depot.send(elsewhere, "good")
        until(lambda: depot.arrivals() == 1)
        assert depot.committed()[0] == 3
        parcels.broken_notes.clear()
        until(lambda: depot.arrivals() == 1 + 5)
        until(lambda: not worker.problems(), why=worker.problems)
    assert depot.notes(failing[0]) == ["bad", "after"]


def test_an_event_whose_row_always_loses_against_another_transaction_is_quarantined(
    depot: Depot, fast_retries: None
) -> None:
    roads = [road for partition in range(3) for road in depot.roads_in(partition, 3)]
    body = "BEGIN IF NEW.note = 'bad' THEN RAISE EXCEPTION USING ERRCODE = '40001'; END IF; RETURN NEW; END"
    with depot.database.engine.begin() as connection:
        connection.exec_driver_sql(f"CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$")
        connection.exec_driver_sql(
            "CREATE TRIGGER losing BEFORE INSERT ON arrivals FOR EACH ROW EXECUTE FUNCTION lose()"
        )
    with depot.worker() as worker:
        depot.send([roads[0]], "bad")
        depot.send(roads, "good")
        until(lambda: depot.arrivals() == len(roads) - 1)
        until(lambda: depot.count("quarantine") == 2)
        assert worker.problems() == {}
        with depot.database.engine.begin() as connection:
            connection.exec_driver_sql("DROP TRIGGER losing ON arrivals")
        until(lambda: depot.arrivals() == len(roads) + 1)
    assert depot.notes(roads[0]) == ["bad", "good"]


def test_an_operator_releases_a_blocked_partition(depot: Depot, fast_retries: None) -> None:
    failing = depot.roads_in(0, 4)
    parcels.broken_notes.add("bad")
    with depot.worker(failure_limit=2) as worker:
        depot.send(failing, "bad")
        until(lambda: "reactions" in worker.problems())
        with depot.database.begin() as tx:
            assert quarantine.release(tx, depot.topic, 0) == 2
        until(lambda: depot.committed() == depot.ends())
        until(lambda: not worker.problems(), why=worker.problems)
        assert depot.count("quarantine") == 4


def test_old_failures_do_not_count_towards_the_limit(depot: Depot, fast_retries: None) -> None:
    first, second, *neighbours = depot.roads_in(0, 3)
    parcels.broken_notes.add("bad")
    with depot.worker(failure_limit=1, failure_window=5) as worker:
        for roads, note in (([first], "bad"), (neighbours * 5, "good"), ([second], "bad")):
            depot.send(roads, note)
            until(lambda: depot.unpublished() == 0)
        until(lambda: depot.count("quarantine") == 2)
        until(lambda: depot.committed() == depot.ends())
        assert worker.problems() == {}
    assert depot.count("failed_records") == 1


def test_too_many_dead_letters_block_their_partition(depot: Depot, fast_retries: None) -> None:
    (road,) = depot.roads_in(0, 1)
    with depot.worker(failure_limit=2) as worker:
        for number in range(4):
            depot.put(f"undecodable {number}".encode(), key=road)
        depot.publish(new_id(), 1, road=road)
        until(lambda: "reactions" in worker.problems())
        until(lambda: depot.committed().get(0) == 2)
        with depot.database.begin() as tx:
            quarantine.release(tx, depot.topic, 0)
        until(lambda: depot.committed() == depot.ends())
        until(lambda: not worker.problems(), why=worker.problems)
    assert depot.arrivals() == 1


def test_a_projection_keeps_a_failing_fact_and_a_newer_one_replaces_it(depot: Depot, fast_retries: None) -> None:
    first, second = new_id(), new_id()
    parcels.broken_notes.add(BROKEN_ON_THE_BOARD)
    group = f"{depot.prefix}parcels.board.1"
    kept = f"quarantine WHERE \"group\" = '{group}'"
    with depot.worker() as worker:
        for parcel, road in ((first, "a"), (second, "b")):
            depot.publish(parcel, 1, road=road, note=BROKEN_ON_THE_BOARD)
        until(lambda: depot.count(kept) == 2)
        until(lambda: depot.committed(group) == depot.ends())
        assert "projection board" not in worker.problems()
        depot.publish(first, 2, road="a")
        until(lambda: depot.board() == [(first, 2, 2)])
        assert depot.count(kept) == 1
        parcels.broken_notes.clear()
        until(lambda: sorted(depot.board()) == sorted([(first, 2, 2), (second, 1, 1)]))
        until(lambda: depot.count("quarantine") == 0)


def test_a_rebuild_forgets_the_failures_of_the_generation_before(depot: Depot, fast_retries: None) -> None:
    parcels.broken_notes.add(BROKEN_ON_THE_BOARD)
    kept = "quarantine WHERE \"group\" LIKE '%.board.1'"
    with depot.worker():
        depot.publish(new_id(), 1, note=BROKEN_ON_THE_BOARD)
        until(lambda: depot.count(kept) == 1)
    parcels.broken_notes.clear()
    with depot.database.begin() as tx:
        projections.rebuild(tx, BOARD_PROJECTION)
    assert depot.count(kept) == 0
    with depot.worker():
        until(lambda: depot.count("board") == 1)


def test_an_error_shows_no_number_of_a_person(depot: Depot, fast_retries: None) -> None:
    parcels.broken_notes.add("call 13900001234")
    with depot.worker():
        depot.publish(new_id(), 1, note="call 13900001234")
        until(lambda: depot.count("quarantine") == 1)
    with depot.database.read() as read:
        (event,) = quarantine.list_events(read)
    assert event.error is not None
    assert event.error.startswith("RuntimeError: cannot read")
    assert "13900001234" not in event.error


@pytest.mark.parametrize("tries", [0, 1, 12, 100, 2**31])
def test_pauses_grow_up_to_an_hour(tries: int) -> None:
    pause = quarantine.pause_after(tries)
    assert 0.8 * min(2 ** min(tries, 12), 3_600) <= pause.total_seconds() <= 3_600
