"""The outbox: an event is stored in the transaction that recorded it, or not at all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from psycopg.errors import UniqueViolation

from chassis import clock
from chassis.aggregate import Cause
from chassis.database import Database
from chassis.events import outbox
from chassis.events.outbox import EventTooLargeError
from tests.integration.events.depot import Depot
from tests.parcels import service as parcels


def test_a_rolled_back_event_is_not_in_the_outbox(depot: Depot) -> None:
    def send_and_fail() -> None:
        with depot.database.begin() as tx:
            parcels.send_parcels(tx, ["a"])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        send_and_fail()
    assert depot.count("outbox") == 0
    assert depot.count("parcels") == 0


def test_a_committed_event_is_in_the_outbox_once_and_names_its_aggregate(depot: Depot) -> None:
    cause = Cause("the complaint", "the command", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
    with depot.database.begin(cause) as tx:
        (parcel,) = parcels.send_parcels(tx, ["a"])
    (row,) = depot.rows("SELECT * FROM outbox")
    assert (row.aggregatetype, row.aggregateid, row.version) == ("parcel", str(parcel.id), 1)
    assert (row.type, row.topic, row.key) == ("parcel-moved.v1", parcels.TOPIC, "a")
    assert row.published_at is None


def test_two_events_with_the_same_version_fail_the_whole_transaction(depot: Depot) -> None:
    (parcel,) = depot.send(["a"])

    def send_another_and_repeat_the_first() -> None:
        with depot.database.begin() as tx:
            parcels.send_parcels(tx, ["b"])
            repeated = parcels.Parcel(id=parcel.id, road="a", version=0)
            repeated.move(tx.cause)
            tx.publish([repeated])

    with pytest.raises(UniqueViolation):
        send_another_and_repeat_the_first()
    assert depot.count("outbox") == 1
    assert depot.count("parcels") == 1


def test_an_event_too_large_for_the_broker_is_refused_before_the_commit(depot: Depot) -> None:
    with pytest.raises(EventTooLargeError, match="parcel-moved"):
        depot.send(["a"], note="x" * outbox.MAX_PAYLOAD)
    assert depot.count("parcels") == 0


def test_an_event_just_below_the_size_limit_is_published(depot: Depot) -> None:
    depot.send(["a"], note="x" * (outbox.MAX_PAYLOAD - 1_000))
    with depot.worker():
        pass
    assert depot.unpublished() == 0


def test_the_age_of_the_oldest_unpublished_event_is_measured(depot: Depot) -> None:
    filed_at = datetime(2026, 7, 1, 8, tzinfo=UTC)
    with depot.database.read() as read:
        assert outbox.oldest_unpublished(read) == timedelta()
    with clock.frozen(filed_at):
        depot.send(["a"])
    with clock.frozen(filed_at + timedelta(seconds=40)):
        depot.send(["b"])
    with clock.frozen(filed_at + timedelta(seconds=90)), depot.database.read() as read:
        assert outbox.oldest_unpublished(read) == timedelta(seconds=90)
        assert outbox.unpublished(read) == {parcels.TOPIC: 2}


def test_a_database_without_an_outbox_refuses_events(depot: Depot) -> None:
    without_outbox = Database(depot.url)
    with pytest.raises(RuntimeError, match="no outbox"), without_outbox.begin() as tx:
        parcels.send_parcels(tx, ["a"])
    without_outbox.close()
    assert depot.count("parcels") == 0


def test_published_events_are_pruned_after_their_retention_and_unpublished_ones_never(depot: Depot) -> None:
    depot.send(["a", "b", "c"])
    long_ago = clock.now() - timedelta(days=8)
    with depot.database.begin() as tx:
        tx.execute(sa.text("UPDATE outbox SET published_at = :at WHERE key <> 'c'"), {"at": long_ago})
    with depot.database.begin() as tx:
        assert outbox.prune(tx, timedelta(days=7), limit=1) == 1
        assert outbox.prune(tx, timedelta(days=7), limit=10) == 1
        assert outbox.prune(tx, timedelta(days=7), limit=10) == 0
    assert [row.key for row in depot.rows("SELECT key FROM outbox")] == ["c"]
