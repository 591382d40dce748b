"""LISTEN and NOTIFY start work within milliseconds. Polling remains authoritative.

NOTIFY takes a global lock at commit, so it is never part of a business transaction: a dedicated connection sends it
afterwards, once for all commits of the last 20 ms.
"""

from __future__ import annotations

import threading

import psycopg
import structlog

CHANNEL = "anning_work"
EVENTS = "events"
"""A commit left events, which only the relay processes."""
WORK = "work"
"""A commit left work that is due, and possibly events."""
INTERVAL_SECONDS = 0.02
RETRY_SECONDS = 0.5

log = structlog.get_logger()


class Notifier:
    """Notifies the workers of this database of new work, at most 50 times a second."""

    def __init__(self, conninfo: str) -> None:
        self._conninfo = conninfo
        self._requested = {EVENTS: False, WORK: False}
        self._due = threading.Event()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="notifier", daemon=True)
        self._thread.start()

    def notify(self, left: str = WORK) -> None:
        """Request a notification that a commit left EVENTS or WORK; returns immediately."""
        self._requested[left] = True
        self._due.set()

    def close(self) -> None:
        """Stop after the last requested notification."""
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
            if not any(self._requested.values()):
                continue
            # WORK includes EVENTS. The request is cleared before the send: one made meanwhile is sent now or again.
            left = WORK if self._requested[WORK] else EVENTS
            self._requested[EVENTS] = False
            if left is WORK:
                self._requested[WORK] = False
            try:
                if connection is None:
                    connection = psycopg.connect(self._conninfo, autocommit=True, connect_timeout=5)
                connection.execute(f"NOTIFY {CHANNEL}, '{left}'")
            except psycopg.Error as error:
                # Retried, though nothing is lost: every worker polls.
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
    """Wakes the loops of a worker when a commit has left work for them."""

    def __init__(self, conninfo: str, stop: threading.Event) -> None:
        self._conninfo = conninfo
        self._stop = stop
        self._woken: dict[str, list[threading.Event]] = {EVENTS: [], WORK: []}
        self._waiting: list[threading.Event] = []

    def waiter(self, *, work: bool = True, events: bool = False) -> threading.Event:
        """An event to wait for between two polls; the loop clears it before each poll.

        It is set when a commit has left work (`work`) or events (`events`), and always when the worker stops.
        """
        waiter = threading.Event()
        self._waiting.append(waiter)
        if work:
            self._woken[WORK].append(waiter)
        if events:
            self._woken[EVENTS].append(waiter)
        return waiter

    def stop(self) -> None:
        """Wake every loop, so that it sees the stop of the worker."""
        for waiter in self._waiting:
            waiter.set()

    def run(self) -> None:
        """Listen until stopped. Raises psycopg.Error when the connection is lost: the worker restarts the loop."""
        with psycopg.connect(self._conninfo, autocommit=True, connect_timeout=5) as connection:
            connection.execute(f"LISTEN {CHANNEL}")
            self._wake(WORK)  # for notifications sent while no connection was listening
            while not self._stop.is_set():
                for notice in connection.notifies(timeout=0.5, stop_after=1):
                    self._wake(notice.payload)

    def _wake(self, left: str) -> None:
        for waiter in self._woken.get(left, self._waiting):
            waiter.set()
