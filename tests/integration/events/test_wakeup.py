"""A commit that leaves work or events wakes the loops that process them."""

from __future__ import annotations

import threading
import time

import psycopg
import pytest
import sqlalchemy as sa

from chassis.wakeup import CHANNEL, EVENTS, WORK, Notifier, Wakeup
from tests.integration.events.depot import Depot, running, until
from tests.parcels import service as parcels
from tests.parts.fixtures import Parts


def test_a_rolled_back_announcement_is_not_sent(depot: Depot) -> None:
    with psycopg.connect(depot.url, autocommit=True) as listener:
        listener.execute(f"LISTEN {CHANNEL}")
        with pytest.raises(ZeroDivisionError):
            announce_and_fail(depot)
        with depot.database.begin() as tx:
            tx.execute(sa.text("SELECT 1"))
        assert list(listener.notifies(timeout=0.3, stop_after=1)) == []


def announce_and_fail(depot: Depot) -> None:
    with depot.database.begin() as tx:
        tx.announce()
        raise ZeroDivisionError


def test_a_published_event_wakes_the_relay_and_no_sweep(depot: Depot) -> None:
    with psycopg.connect(depot.url, autocommit=True) as listener:
        listener.execute(f"LISTEN {CHANNEL}")
        with depot.database.begin() as tx:
            parcels.send_parcels(tx, ["a"])
        assert [each.payload for each in listener.notifies(timeout=5, stop_after=1)] == [EVENTS]
        with depot.database.begin() as tx:
            parcels.send_parcels(tx, ["a"])
            tx.announce()
        assert [each.payload for each in listener.notifies(timeout=5, stop_after=1)] == [WORK]
    stop = threading.Event()
    wakeup = Wakeup(depot.url, stop)
    relay, sweep = wakeup.waiter(events=True), wakeup.waiter()
    with running([wakeup.run], stop, wakeup.stop):
        until(relay.is_set)  # once at the start, for earlier work
        until(sweep.is_set)
        relay.clear()
        sweep.clear()
        with depot.database.begin() as tx:
            parcels.send_parcels(tx, ["a"])
        until(relay.is_set)
        assert not sweep.is_set()


def test_a_thousand_announcements_become_a_few_notifications(depot: Depot) -> None:
    notifier = Notifier(depot.url)
    with psycopg.connect(depot.url, autocommit=True) as listener:
        listener.execute(f"LISTEN {CHANNEL}")
        started = time.monotonic()
        for _ in range(1_000):
            notifier.notify()
            time.sleep(0.0002)  # one after another, like commits
        notifier.close()
        seconds = time.monotonic() - started
        notifications = list(listener.notifies(timeout=0.3))
    assert 1 <= len(notifications) <= 2 + 50 * seconds


def test_the_last_announcement_is_sent_before_the_notifier_closes(depot: Depot) -> None:
    with psycopg.connect(depot.url, autocommit=True) as listener:
        listener.execute(f"LISTEN {CHANNEL}")
        notifier = Notifier(depot.url)
        notifier.notify()
        assert list(listener.notifies(timeout=5, stop_after=1))
        # The notifier pauses after the first notification.
        notifier.notify()
        notifier.close()
        assert list(listener.notifies(timeout=5, stop_after=1))


def test_an_announcement_after_a_restart_of_the_database_is_sent(depot: Depot, breakable: Parts) -> None:
    notifier = Notifier(depot.url)
    with psycopg.connect(depot.url, autocommit=True) as before:
        before.execute(f"LISTEN {CHANNEL}")
        notifier.notify()
        assert list(before.notifies(timeout=5, stop_after=1))
    breakable.postgres.restart()
    with psycopg.connect(depot.url, autocommit=True) as listener:
        listener.execute(f"LISTEN {CHANNEL}")
        notifier.notify()
        assert list(listener.notifies(timeout=5, stop_after=1))
    notifier.close()
