"""The base of simulated organisations: poll open items and act on each at its time.

They store nothing. After a restart they poll the open items and continue.
"""

from __future__ import annotations

import threading
import time
import uuid
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import httpx2
import structlog

from chassis import clock
from sandbox.agenda import Agenda
from sandbox.office import Closed, Office
from sandbox.tokens import Tokens

log = structlog.get_logger()

TRIES = 5
"""How often a failing act is retried."""

# The pause before the next poll is this multiple of the time that a poll of all open items takes.
_PAUSE_FACTOR = 4
_LONGEST_PAUSE_SECONDS = 2.0


class Refused(Exception):
    """The service has refused a request. The message contains its response."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """An act to do; `about` are the paths of the resources that are reserved until it is done."""

    name: str
    about: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Act(Task):
    """One act on one resource in the version `etag`; `name` is the path of the act below the resource."""

    etag: str
    body: Mapping[str, Any]
    key: str = field(default_factory=lambda: str(uuid.uuid4()))
    tries: int = 0

    @property
    def resource(self) -> str:
        """The path of its resource."""
        return self.about[0]


class Correspondent(ABC):
    """One running organisation: a thread that polls and some that act. `done` counts its acts."""

    def __init__(self, org: str, url: str, tokens: Tokens, *, poll_seconds: float, threads: int = 2) -> None:
        """`org` is the organisation: `carrier:CMCC`; `url` the service that it calls.

        `poll_seconds` is the pause between two polls while there is something to do. While there is nothing it becomes
        longer: the polls of all organisations are otherwise half of what an idle system uses.
        """
        self.code = org.partition(":")[2]
        self.done: Counter[str] = Counter()
        self._org = org
        self._poll_seconds = poll_seconds
        self._closing = threading.Event()
        self._office = Office(url, tokens, self._closing, connections=threads + 1)
        self._agenda: Agenda[Task] = Agenda()
        # Resources with a planned or running act, and those finished since the poll before last: a page that was read
        # before an act was committed shows them in their old state.
        self._reserved: set[str] = set()
        self._settled: set[str] = set()
        self._settled_before: set[str] = set()
        self._failed: Counter[str] = Counter()
        self._active = False  # whether an act was planned or finished since the end of the poll before
        self._lock = threading.Lock()
        # Daemons: a signal between the start of a thread and its registration must not keep the process alive.
        work = [
            threading.Thread(target=self._act, name=f"{self.code} {place}", daemon=True) for place in range(threads)
        ]
        self._threads = [
            threading.Thread(target=self._poll_until_closed, name=f"{self.code} polls", daemon=True),
            *work,
        ]

    def start(self) -> None:
        """Start polling and acting."""
        for each in self._threads:
            each.start()

    def request_stop(self) -> None:
        """Start nothing new from now on."""
        self._closing.set()
        self._agenda.close()

    def stop(self) -> None:
        """Stop: running requests are completed, nothing new is started."""
        self.request_stop()
        for each in self._threads:
            each.join()
        self._office.close()
        log.info("correspondent stopped", org=self._org, **self.done)

    # --------------------------------------------------------------------------------------------- polling

    @abstractmethod
    def _poll(self) -> None:
        """Poll all open items, and plan the acts for new ones."""

    def _poll_until_closed(self) -> None:
        idle_pause = self._poll_seconds
        while not self._closing.is_set():
            began = time.monotonic()
            with self._lock:
                self._settled_before, self._settled = self._settled, set()
            try:
                self._poll()
            except Closed:
                return
            except Exception as error:  # the next poll may succeed; without polls no act is ever done
                log.exception("poll failed", org=self._org, error=str(error))
            took = time.monotonic() - began
            # The duration of a poll that waited for the service is no measure of a normal poll.
            pause = min(_PAUSE_FACTOR * took, _LONGEST_PAUSE_SECONDS)
            with self._lock:
                active, self._active = self._active, False
            idle_pause = self._poll_seconds if active else min(2 * idle_pause, _LONGEST_PAUSE_SECONDS)
            self._closing.wait(max(idle_pause, pause))

    def _is_new(self, resource: str) -> bool:
        with self._lock:
            return (
                not any(resource in each for each in (self._reserved, self._settled, self._settled_before))
                and self._failed[resource] < TRIES
            )

    def _plan(self, when: datetime, task: Task) -> None:
        with self._lock:
            self._reserved.update(task.about)
            self._active = True
        self._agenda.add(when, task)

    # ------------------------------------------------------------------------------------------------------ acting

    @abstractmethod
    def _do(self, task: Task) -> None:
        """Do it; every exception counts as a failure. Finished items are settled."""

    def _act(self) -> None:
        while (task := self._agenda.take()) is not None:
            try:
                self._do(task)
            except Closed:
                return
            except Exception as error:  # one failing act must not end the thread
                self._fail(task, str(error))

    def _send(self, act: Act) -> None:
        """Send the act. After a change of the resource it is read again, and a still possible act is sent."""
        answer = self._office.post(f"{act.resource}/{act.name}", act.body, etag=act.etag, key=act.key)
        if answer.is_success:
            with self._lock:
                self.done[act.name] += 1
            self._settle(act.about)
            self._plan_next(act, answer.json())
        elif answer.status_code in (409, 412):
            self._reconsider(act, answer)
        elif answer.status_code == 404:
            self._settle(act.about)
        else:
            self._fail(act, _trouble(answer))

    def _reconsider(self, act: Act, answer: httpx2.Response) -> None:
        """Another request has changed the resource, or its state does not allow the act."""
        if act.tries == TRIES:
            self._fail(act, _trouble(answer))
            return
        read = self._office.get(act.resource)
        if read.status_code == 404 or (read.is_success and not self._is_possible(act, read.json())):
            self._settle(act.about)
            return
        read.raise_for_status()
        again = replace(act, etag=read.headers["etag"], tries=act.tries + 1)
        self._agenda.add(clock.now(), self._alternative(again) if answer.status_code == 409 else again)

    @abstractmethod
    def _is_possible(self, act: Act, content: Mapping[str, Any]) -> bool:
        """Whether the act is possible in the current state of the resource."""

    def _plan_next(self, act: Act, content: Mapping[str, Any]) -> None:  # noqa: B027 - most acts have no successor
        """Plan the next act, by the current state of the resource."""

    def _alternative(self, act: Act) -> Act:
        """The alternative act where the service contradicts the first one."""
        return act

    def _settle(self, resources: Iterable[str]) -> None:
        with self._lock:
            self._reserved.difference_update(resources)
            self._settled.update(resources)
            self._active = True

    def _fail(self, task: Task, trouble: str) -> None:
        log.error("act failed", org=self._org, about=_some(task.about), act=task.name, trouble=trouble)
        with self._lock:
            self.done["failed"] += 1
            self._failed.update(task.about)
        self._settle(task.about)


def granted(answer: httpx2.Response) -> httpx2.Response:
    """The response of a successful act. Raises Refused."""
    if not answer.is_success:
        raise Refused(_trouble(answer))
    return answer


def _trouble(answer: httpx2.Response) -> str:
    return f"HTTP {answer.status_code}: {answer.text[:500]}"


def _some(resources: Sequence[str]) -> str:
    return resources[0] if len(resources) == 1 else f"{resources[0]} and {len(resources) - 1} more"
