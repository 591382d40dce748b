"""LISTEN and NOTIFY, so that work is taken up within milliseconds. Polling stays the truth.

NOTIFY takes a global lock at commit, so it is never part of a business transaction: a connection of its own sends
it afterwards, for all commits of the last 20 ms at once.
"""

from __future__ import annotations

import threading

import psycopg
import structlog

CHANNEL = "anning_work"
EVENTS = "events"
"""What a commit left: events for the relay, and for nobody else."""
WORK = "work"
"""What a commit left: work that is due, and perhaps events."""
INTERVAL_SECONDS = 0.02
RETRY_SECONDS = 0.5

log = structlog.get_logger()


class Notifier:
    """Tells the workers of this database that there is work; at most 50 times a second."""

    def __init__(self, conninfo: str) -> None:
        self._conninfo = conninfo
        self._asked = {EVENTS: False, WORK: False}
        self._due = threading.Event()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="notifier", daemon=True)
        self._thread.start()

    def notify(self, left: str = WORK) -> None:
        """Ask for a notification that a commit left EVENTS or WORK; returns at once."""
        self._asked[left] = True
        self._due.set()

    def close(self) -> None:
        """Stop after a last notification, if one is due."""
        self._stopped.set()
        self._due.set()
        self._thread.join(timeout=5)

    def _run(self) -> None:
        connection: psycopg.Connection | None = None
        stopped = False
        while not stopped:
            self._due.wait()
            self._due.clear()
            stopped = self._stopped.is_set()
            if not any(self._asked.values()):
                continue
            # Work goes for events, too. Taken back before it is sent: what is asked meanwhile is sent now or again.
            left = WORK if self._asked[WORK] else EVENTS
            self._asked[EVENTS] = False
            if left is WORK:
                self._asked[WORK] = False
            try:
                if connection is None:
                    connection = psycopg.connect(self._conninfo, autocommit=True, connect_timeout=5)
                connection.execute(f"NOTIFY {CHANNEL}, '{left}'")
            except psycopg.Error as error:
                # Tried again, though nothing is lost: every worker polls.
                log.debug("notification not sent", error=str(error))
                if connection is not None:
                    connection.close()
                connection = None
                self.notify(left)
                self._stopped.wait(RETRY_SECONDS)
            else:
                self._stopped.wait(INTERVAL_SECONDS)
        if connection is not None:
            connection.close()


class Wakeup:
    """Wakes the loops of a worker when a commit left work for them."""

    def __init__(self, conninfo: str, stop: threading.Event) -> None:
        self._conninfo = conninfo
        self._stop = stop
        self._woken: dict[str, list[threading.Event]] = {EVENTS: [], WORK: []}
        self._waiting: list[threading.Event] = []

    def waiter(self, *, work: bool = True, events: bool = False) -> threading.Event:
        """An event to wait on between two looks for work; its owner clears it before it looks.

        Set when a commit left work, or events too, or only when the worker stops where the loop keeps to its interval.
        """
        waiter = threading.Event()
        self._waiting.append(waiter)
        if work:
            self._woken[WORK].append(waiter)
        if events:
            self._woken[EVENTS].append(waiter)
        return waiter

    def stop(self) -> None:
        """Wake every loop, so that it sees that the worker stops."""
        for waiter in self._waiting:
            waiter.set()

    def run(self) -> None:
        """Listen until stopped. Raises psycopg.Error when the connection is lost: the worker starts it anew."""
        with psycopg.connect(self._conninfo, autocommit=True, connect_timeout=5) as connection:
            connection.execute(f"LISTEN {CHANNEL}")
            self._wake(WORK)  # for what was announced while nobody listened
            while not self._stop.is_set():
                for notice in connection.notifies(timeout=0.5, stop_after=1):
                    self._wake(notice.payload)

    def _wake(self, left: str) -> None:
        for waiter in self._woken.get(left, self._waiting):
            waiter.set()
