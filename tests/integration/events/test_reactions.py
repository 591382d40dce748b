"""Reactions: each event is processed once, despite duplicates, failures, deadlocks and outages."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import msgspec
import psycopg
import pytest
import sqlalchemy as sa
from prometheus_client import REGISTRY

from chassis.database import Tx
from chassis.events import consumer
from chassis.events.envelope import Message
from chassis.ids import new_id
from tests.integration.events.depot import Depot, until
from tests.parcels import service as parcels
from tests.parcels.service import TOPIC, ParcelMoved
from tests.parts.fixtures import Parts


def test_redelivered_events_change_nothing(depot: Depot) -> None:
    with depot.worker():
        depot.send([str(number) for number in range(300)])
        until(lambda: depot.arrivals() == 300)
        until(lambda: depot.committed() == depot.ends())
    depot.rewind()
    assert set(depot.committed().values()) == {0}
    with depot.worker():
        until(lambda: depot.committed() == depot.ends())
    assert depot.arrivals() == 300


def test_a_duplicate_record_is_processed_once(depot: Depot) -> None:
    value = depot.publish(new_id(), 1)
    depot.put(value)
    depot.publish(new_id(), 1)
    with depot.worker():
        until(lambda: depot.committed() == depot.ends())
    assert depot.arrivals() == 2
    assert len(depot.records()) == 3


def test_two_consumers_of_the_same_events_process_each_once_and_do_not_deadlock(depot: Depot) -> None:
    with depot.relays():
        depot.send([str(number) for number in range(3_000)])
        until(lambda: depot.unpublished() == 0)
    ids = sorted(row.id for row in depot.rows("SELECT id FROM outbox"))
    with psycopg.connect(depot.url) as blocker, depot.consuming("first"), depot.consuming("second"):
        # Both wait in the middle of the same batch, and each holds row locks.
        blocker.execute("INSERT INTO inbox VALUES (%s, 'parcel-moved.v1', now())", [ids[1_500]])
        until(lambda: len(depot.rows("SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'")) == 2)
        blocker.rollback()
        for group in ("first", "second"):
            until(partial(lambda name: depot.committed(name) == depot.ends(), f"{depot.prefix}{group}"))
    assert depot.rows("SELECT count(*), count(DISTINCT parcel) FROM arrivals") == [(3_000, 3_000)]
    assert depot.rows("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()") == [(0,)]


def test_a_deadlocked_batch_is_retried_as_a_whole(depot: Depot, parts: Parts) -> None:
    first, second = depot.send(["a", "a"])
    attempts: list[list[int]] = []

    def lock_in_order(tx: Tx, messages: Sequence[Message[ParcelMoved]]) -> None:
        attempts.append([message.version for message in messages])
        for parcel in (first, second):
            tx.execute(sa.text("UPDATE parcels SET stop = stop + 100 WHERE id = :id"), {"id": parcel.id})
        parcels.count_arrivals(tx, messages)

    database = depot.database.url.database or ""
    with psycopg.connect(parts.postgres.url(), autocommit=True) as admin:
        # A session that waits for 50 ms checks for a deadlock and is its victim: this is the reaction.
        admin.execute(f'ALTER DATABASE "{database}" SET deadlock_timeout = 50')
    for version in (11, 12, 13):
        depot.publish(new_id(), version)
    with psycopg.connect(parts.postgres.url(database)) as adversary:
        adversary.execute("SET deadlock_timeout = '20s'")
        adversary.execute("UPDATE parcels SET stop = stop + 1 WHERE id = %s", [second.id])
        with depot.consuming("deadlocking", {ParcelMoved: lock_in_order}):
            until(lambda: depot.rows("SELECT FROM pg_locks WHERE NOT granted"))
            adversary.execute("UPDATE parcels SET stop = stop + 1 WHERE id = %s", [first.id])
            adversary.commit()
            until(lambda: depot.arrivals() == 3)
    assert len(attempts) >= 2
    assert all(attempt == [11, 12, 13] for attempt in attempts)
    assert [row.stop for row in depot.rows("SELECT stop FROM parcels")] == [102, 102]


@pytest.mark.parametrize("killed", [False, True], ids=["restarted", "killed"])
def test_a_worker_waits_while_the_database_is_down_and_then_continues(
    depot: Depot, breakable: Parts, fast_retries: None, killed: bool
) -> None:
    depot.send([str(number) for number in range(8_000)])
    with depot.worker(ready=False) as worker:
        until(lambda: depot.arrivals() > 500)
        if killed:
            breakable.postgres.kill()
        else:
            breakable.postgres.stop()
        until(worker.problems)
        breakable.postgres.start()
        depot.database.engine.dispose()
        until(lambda: depot.arrivals() >= 8_000, 60, why=lambda: (depot.arrivals(), worker.problems()))
        until(lambda: depot.count("board") == 8_000)
        until(lambda: not worker.problems(), why=worker.problems)
        until(lambda: depot.committed() == depot.ends())
    assert depot.rows("SELECT count(*), count(DISTINCT parcel) FROM arrivals") == [(8_000, 8_000)]


def lags_of(depot: Depot, group: str) -> dict[int, float]:
    """The lag of a group, by partition of the parcels topic."""
    found: dict[int, float] = {}
    for partition in range(3):
        labels = {"group": f"{depot.prefix}{group}", "topic": TOPIC, "partition": str(partition)}
        lag = REGISTRY.get_sample_value("anning_consumer_lag_records", labels)
        if lag is not None:
            found[partition] = lag
    return found


def test_the_lag_of_a_group_is_the_number_of_records_left_in_each_partition(
    depot: Depot, fast_retries: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer, "TRIES", 1_000)
    blocked, *free = depot.roads()
    parcels.broken_notes.add("bad")
    with depot.relays(), depot.consuming("lagging"):
        depot.send(free)
        until(lambda: lags_of(depot, "lagging").items() >= {1: 0, 2: 0}.items())
        depot.send([blocked], "bad")
        depot.send([blocked, *free] * 4, "after")
        until(lambda: lags_of(depot, "lagging") == {0: 5, 1: 0, 2: 0}, why=lambda: lags_of(depot, "lagging"))
        parcels.broken_notes.clear()
        until(lambda: depot.arrivals() == 2 + 1 + 3 * 4)
        until(lambda: lags_of(depot, "lagging") == {0: 0, 1: 0, 2: 0}, why=lambda: lags_of(depot, "lagging"))
    # Another process may own the partitions now: this one exports no sample of them.
    assert lags_of(depot, "lagging") == {}


def test_one_failing_event_in_a_large_batch_does_not_hold_back_the_others(depot: Depot) -> None:
    parcels.broken_notes.add("bad")
    roads = [str(number) for number in range(500)]
    with depot.relays():
        depot.send(roads)
        (bad,) = depot.send(["the bad one"], "bad")
        until(lambda: depot.unpublished() == 0)
    with depot.worker(ready=False):
        until(lambda: depot.arrivals() == 500)
        until(lambda: sum(depot.committed().values()) == 501)
    assert depot.rows("SELECT FROM arrivals WHERE parcel = :bad", bad=bad.id) == []


def test_consecutive_events_of_one_type_reach_their_handler_in_order_and_in_one_transaction(depot: Depot) -> None:
    runs: list[list[int]] = []
    transactions: set[int] = set()

    def record(tx: Tx, messages: Sequence[Message[ParcelMoved]]) -> None:
        runs.append([message.version for message in messages])
        transactions.add(tx.execute(sa.text("SELECT txid_current()")).scalar_one())

    parcel = new_id()
    for version in range(1, 101):
        depot.publish(parcel, version)
    with depot.consuming("orderly", {ParcelMoved: record}):
        until(lambda: depot.count("inbox") == 100)
    assert [version for run in runs for version in run] == list(range(1, 101))
    assert len(transactions) == len(runs) < 10


def test_an_event_published_by_a_reaction_names_its_cause(depot: Depot) -> None:
    def forward(tx: Tx, messages: Sequence[Message[ParcelMoved]]) -> None:
        for message in messages:
            onward = parcels.Parcel(id=new_id(), road="onward")
            onward.move(message.caused())
            parcels.save_new(tx, [onward])

    cause = msgspec.json.decode(depot.publish(new_id(), 1))
    with depot.consuming("forwarding", {ParcelMoved: forward}):
        until(lambda: depot.count("outbox") == 1)
    effect = msgspec.json.decode(depot.rows("SELECT payload FROM outbox")[0].payload)
    assert effect["causationid"] == cause["id"]
    assert effect["correlationid"] == cause["correlationid"] == "the test"
