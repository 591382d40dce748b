"""The relay: every committed event reaches its topic, in version order for each aggregate."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import ClassVar
from uuid import UUID

import pytest
import sqlalchemy as sa
import structlog

from chassis.buckets import COUNT, bucket_of
from chassis.event import Event
from chassis.events import outbox, relay
from chassis.events.topics import Topic
from chassis.ids import new_id
from tests.integration.events.depot import Depot, noise, until
from tests.integration.events.order import published_versions
from tests.parcels import service as parcels
from tests.parts.fixtures import Parts

ROOT = Path(__file__).parents[3]
LOST = "parcels.lost.v1"


class ParcelLost(Event, frozen=True, kw_only=True):
    """A parcel is lost. The topic of this event does not exist."""

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
    """Threads that concurrently move forty parcels on ten roads, three parcels per transaction."""
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


def expect_all_published(depot: Depot) -> int:
    """Wait until the outbox is empty and compare the topic with the rows; return the number of events."""
    until(lambda: depot.unpublished() == 0, 60, why=lambda: f"{depot.unpublished()} unpublished events")
    stored = {str(row.id): row.version for row in depot.rows("SELECT id, version FROM parcels")}
    assert published_versions(depot.records()) == stored
    return sum(stored.values())


def owned(depot: Depot) -> dict[int, int]:
    """The connection that owns each bucket of the relay in this database."""
    rows = depot.rows(
        "SELECT objid, pid FROM pg_locks JOIN pg_database ON oid = database"
        " WHERE locktype = 'advisory' AND datname = current_database() AND objid < :count",
        count=COUNT,  # the lock by which an owner is counted has its process id
    )
    return {row.objid: row.pid for row in rows}


def owners(depot: Depot) -> list[int]:
    """The connections that own buckets."""
    return sorted(set(owned(depot).values()))


def test_sixteen_writers_and_four_relays_keep_the_order_of_each_parcel(depot: Depot) -> None:
    with depot.relays(4), writing(depot, threads=16, moves=80, pool=16):
        pass
    # The relays have stopped: the next relay publishes what is left.
    with depot.relays(1):
        assert expect_all_published(depot) == 40 + 16 * 80 * 3
    # Nothing failed, so nothing was sent twice: each bucket had one owner.
    assert len(depot.records()) == 40 + 16 * 80 * 3


def test_relays_that_join_and_stop_under_load_publish_every_event_once_and_in_order(depot: Depot) -> None:
    with depot.relays(1), writing(depot, threads=8, moves=300):
        for count in (1, 2, 3):
            with depot.relays(count):
                until(partial(lambda joined: len(owners(depot)) == 1 + joined, count))
                published = depot.count("outbox WHERE published_at IS NOT NULL")
                until(partial(lambda before: depot.count("outbox WHERE published_at IS NOT NULL") > before, published))
        assert depot.unpublished()
    with depot.relays(1):
        assert expect_all_published(depot) == 40 + 8 * 300 * 3
    # Buckets move only when everything of them is acknowledged and marked.
    assert len(depot.records()) == 40 + 8 * 300 * 3


def test_events_of_a_transaction_that_commits_late_are_not_skipped(depot: Depot) -> None:
    with depot.relays(1):
        with depot.open().begin() as slow:
            parcels.send_parcels(slow, ["slow"])
            # Its row in the outbox has a position but is not committed yet.
            outbox.flush_as("parcels")(slow, slow.take_events())
            for _ in range(5):
                depot.send(["quick"] * 20)
                until(lambda: depot.unpublished() == 0)
        assert expect_all_published(depot) == 101


def test_another_relay_takes_over_when_the_owner_loses_its_locks(depot: Depot) -> None:
    with depot.relays(3):
        with writing(depot, threads=4, moves=150):
            for _ in range(5):
                until(lambda: len(owners(depot)) == 3)
                owner = min(owners(depot))
                with depot.database.begin() as tx:
                    tx.execute(sa.text("SELECT pg_terminate_backend(:pid)"), {"pid": owner})
                until(partial(lambda gone: gone not in owners(depot), owner))
        expect_all_published(depot)


def test_another_relay_takes_over_when_the_process_of_the_owner_dies(depot: Depot) -> None:
    command = [sys.executable, "-m", "tests.integration.events.relay_process", depot.url, depot.prefix]
    with subprocess.Popen(
        command, cwd=ROOT, env=os.environ | depot.broker.variables | {"PYTHONPATH": str(ROOT)}
    ) as process:
        depot.send(["a"])
        until(lambda: depot.unpublished() == 0)
        (owner,) = owners(depot)
        with depot.relays(1):
            with writing(depot, threads=4, moves=100):
                until(lambda: len(owners(depot)) == 2)
                process.kill()
                until(lambda: owner not in owners(depot))
            expect_all_published(depot)


def test_every_event_is_published_although_the_broker_is_killed(depot: Depot, breakable: Parts) -> None:
    with depot.relays(2):
        with writing(depot, threads=4, moves=150):
            until(lambda: depot.count("outbox WHERE published_at IS NOT NULL") > 200)
            breakable.kafka.kill()
            until(lambda: depot.unpublished() > 200)
            breakable.kafka.start()
        expect_all_published(depot)


@pytest.mark.parametrize(
    ("send_timeout", "hanging"), [(8, 2), (1, 4)], ids=["within the timeout", "beyond the timeout"]
)
def test_every_event_is_published_although_the_broker_hangs(
    depot: Depot, breakable: Parts, monkeypatch: pytest.MonkeyPatch, send_timeout: float, hanging: float
) -> None:
    monkeypatch.setattr(relay, "SEND_SECONDS", send_timeout)
    with depot.relays(2):
        with writing(depot, threads=4, moves=200):
            until(lambda: depot.count("outbox WHERE published_at IS NOT NULL") > 200)
            breakable.kafka.pause()
            time.sleep(hanging)  # the parameter of this test
            breakable.kafka.resume()
        expect_all_published(depot)


def test_a_missing_topic_does_not_block_other_topics(depot: Depot) -> None:
    free = next(road for road in map(str, range(100)) if bucket_of(road) == 0)
    depot.topics[LOST] = Topic(owner="losses", consumers=(), key="road", partitions=1, events=(), retention_days=1)
    with depot.relays(1):
        for bucket in range(1, COUNT):
            lose_parcel(depot, next(road for road in map(str, range(1_000)) if bucket_of(road) == bucket))
        for _ in range(10):
            depot.send([free] * 5)
            until(lambda: depot.unpublished() == COUNT - 1, 5, why=lambda: f"{depot.unpublished()} unpublished events")
        depot.catalogue.create(depot.broker, ["losses"])
        until(lambda: depot.unpublished() == 0)
    assert len(depot.records(depot.catalogue.physical(LOST))) == COUNT - 1


def test_a_bucket_whose_event_failed_stays_with_its_relay_until_it_is_published(depot: Depot) -> None:
    # Its record could still arrive. Of the buckets above its share a relay releases the first ones.
    stuck = next(road for road in map(str, range(1_000)) if bucket_of(road) == 0)
    depot.configure(**{"max.message.bytes": "250000"})
    with structlog.testing.capture_logs() as lines, depot.relays(1):
        depot.send([stuck], noise(400_000))
        until(lambda: any(line["event"] == "event not published" for line in lines))
        (first,) = owners(depot)
        with depot.relays(1):
            until(lambda: sorted(Counter(owned(depot).values()).values()) == [COUNT // 2] * 2)
            assert owned(depot)[0] == first
            depot.configure(**{"max.message.bytes": "1000000"})
            until(lambda: depot.unpublished() == 0)


def test_later_events_wait_behind_an_event_that_the_broker_refuses(depot: Depot) -> None:
    # Each of these events is a separate batch, and only the second is too large for the broker.
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
        assert published_versions(depot.records())[str(stuck.id)] == 1
        depot.configure(**{"max.message.bytes": "1000000"})
        expect_all_published(depot)
