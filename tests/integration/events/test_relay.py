"""The relay: every committed event reaches its topic, each aggregate's in the order of its versions."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import ClassVar
from uuid import UUID

import pytest
import sqlalchemy as sa

from chassis.buckets import COUNT, bucket_of
from chassis.event import Event
from chassis.events import outbox, relay
from chassis.events.topics import Topic
from chassis.ids import new_id
from tests.integration.events.depot import Depot, noise, until
from tests.integration.events.order import versions_told
from tests.parcels import service as parcels
from tests.parts.fixtures import Parts

ROOT = Path(__file__).parents[3]
LOST = "parcels.lost.v1"


class ParcelLost(Event, frozen=True, kw_only=True):
    """A parcel has vanished; its topic has been forgotten too."""

    type: ClassVar[str] = "parcel-lost.v1"
    topic: ClassVar[str] = LOST
    aggregate: ClassVar[str] = "loss"

    loss: UUID
    road: str

    @property
    def aggregate_id(self) -> str:
        return str(self.loss)

    @property
    def key(self) -> str:
        return self.road


def lose_parcel(depot: Depot, road: str) -> None:
    loss = parcels.Parcel(id=new_id(), road=road)
    with depot.database.begin() as tx:
        loss.record(ParcelLost(loss=loss.id, road=road), tx.cause)
        tx.publish([loss])


@contextmanager
def writing(depot: Depot, threads: int, moves: int, pool: int = 8) -> Iterator[None]:
    """Threads that move forty parcels on ten roads, several in one transaction, each at its own pace."""
    known = depot.send([f"road {number % 10}" for number in range(40)])
    database = depot.open(pool=pool)
    failures: list[BaseException] = []

    def write(seed: int) -> None:
        chance = random.Random(seed)
        try:
            for _ in range(moves):
                chosen = sorted(chance.sample(known, 3), key=lambda parcel: parcel.id)
                with database.begin() as tx:
                    for parcel in chosen:
                        parcels.move_parcel(tx, parcel.id)
        except BaseException as error:
            failures.append(error)
            raise

    writers = [threading.Thread(target=write, args=(seed,), name="writer") for seed in range(threads)]
    for writer in writers:
        writer.start()
    try:
        yield
    finally:
        for writer in writers:
            writer.join()
    assert not failures


def everything_arrived(depot: Depot) -> int:
    """Wait until the outbox is empty, and compare what lies on the topic with what the rows say; how many events."""
    until(lambda: depot.unpublished() == 0, 60, why=lambda: f"{depot.unpublished()} events wait")
    stored = {str(row.id): row.version for row in depot.rows("SELECT id, version FROM parcels")}
    assert versions_told(depot.records()) == stored
    return sum(stored.values())


def owners(depot: Depot) -> list[int]:
    """The connections that own buckets of the relay in this database."""
    return [
        row.pid
        for row in depot.rows(
            "SELECT DISTINCT pid FROM pg_locks JOIN pg_database ON oid = database"
            " WHERE locktype = 'advisory' AND datname = current_database()"
        )
    ]


def test_sixteen_writers_and_four_relays_keep_each_parcels_order(depot: Depot) -> None:
    with depot.relays(4), writing(depot, threads=16, moves=80, pool=16):
        pass
    # The relays have stopped: what they left is taken up by the next.
    with depot.relays(1):
        assert everything_arrived(depot) == 40 + 16 * 80 * 3
    # Nothing failed, so nothing was sent twice: each bucket had one owner.
    assert len(depot.records()) == 40 + 16 * 80 * 3


def test_a_transaction_that_commits_late_is_not_passed_over(depot: Depot) -> None:
    with depot.relays(1):
        with depot.open().begin() as slow:
            parcels.send_parcels(slow, ["slow"])
            # Its row in the outbox has its position; the commit is yet to come.
            outbox.flush_as("parcels")(slow, slow.take_events())
            for _ in range(5):
                depot.send(["quick"] * 20)
                until(lambda: depot.unpublished() == 0)
        assert everything_arrived(depot) == 101


def test_when_the_owner_loses_its_locks_another_takes_over(depot: Depot) -> None:
    with depot.relays(3), writing(depot, threads=4, moves=150):
        for _ in range(5):
            until(lambda: owners(depot))
            (owner,) = owners(depot)
            with depot.database.begin() as tx:
                tx.execute(sa.text("SELECT pg_terminate_backend(:pid)"), {"pid": owner})
            until(partial(lambda gone: owners(depot) and gone not in owners(depot), owner))
        everything_arrived(depot)


def test_when_the_owners_process_dies_another_takes_over(depot: Depot) -> None:
    command = [sys.executable, "-m", "tests.integration.events.relay_process", depot.url, depot.bootstrap, depot.prefix]
    with subprocess.Popen(command, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}) as process:
        depot.send(["a"])
        until(lambda: depot.unpublished() == 0)
        (owner,) = owners(depot)
        with depot.relays(1), writing(depot, threads=4, moves=100):
            assert owners(depot) == [owner]
            process.kill()
            until(lambda: owner not in owners(depot))
            everything_arrived(depot)


def test_a_broker_that_is_killed_in_the_middle_gets_everything(depot: Depot, breakable: Parts) -> None:
    with depot.relays(2), writing(depot, threads=4, moves=150):
        until(lambda: depot.count("outbox WHERE published_at IS NOT NULL") > 200)
        breakable.kafka.kill()
        until(lambda: depot.unpublished() > 200)
        breakable.kafka.start()
        everything_arrived(depot)


@pytest.mark.parametrize(("patience", "hanging"), [(8, 2), (1, 4)], ids=["waited for", "given up"])
def test_a_broker_that_hangs_in_the_middle_gets_everything(
    depot: Depot, breakable: Parts, monkeypatch: pytest.MonkeyPatch, patience: float, hanging: float
) -> None:
    monkeypatch.setattr(relay, "SEND_SECONDS", patience)
    with depot.relays(2), writing(depot, threads=4, moves=200):
        until(lambda: depot.count("outbox WHERE published_at IS NOT NULL") > 200)
        breakable.kafka.pause()
        time.sleep(hanging)  # how long it hangs is what is tried
        breakable.kafka.resume()
        everything_arrived(depot)


def test_a_topic_that_is_missing_holds_up_nobody_else(depot: Depot) -> None:
    free = next(road for road in map(str, range(100)) if bucket_of(road) == 0)
    depot.topics[LOST] = Topic(owner="forgotten", consumers=(), key="road", partitions=1, events=(), retention_days=1)
    with depot.relays(1):
        for bucket in range(1, COUNT):
            lose_parcel(depot, next(road for road in map(str, range(1_000)) if bucket_of(road) == bucket))
        for _ in range(10):
            depot.send([free] * 5)
            until(lambda: depot.unpublished() == COUNT - 1, 5, why=lambda: f"{depot.unpublished()} events wait")
        depot.catalogue.create(depot.bootstrap, ["forgotten"])
        until(lambda: depot.unpublished() == 0)
    assert len(depot.records(depot.catalogue.physical(LOST))) == COUNT - 1


def test_what_follows_an_event_that_the_broker_refuses_waits_behind_it(depot: Depot) -> None:
    # Each of these events is a batch of its own, and only the second is too large for the broker.
    depot.configure(**{"max.message.bytes": "250000"})
    stuck_road, free_road, _ = depot.roads()
    (stuck,) = depot.send([stuck_road])
    depot.move(stuck, noise(400_000))
    for _ in range(12):
        depot.move(stuck, noise(180_000))
    with depot.relays(1):
        for _ in range(3):
            depot.send([free_road])
            until(lambda: depot.unpublished() == 13, 5, why=depot.unpublished)
        assert versions_told(depot.records())[str(stuck.id)] == 1
        depot.configure(**{"max.message.bytes": "1000000"})
        everything_arrived(depot)
