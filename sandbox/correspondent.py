"""Whoever answers the platform of its own accord: looks for what is open, and does something about it in its time.

It keeps nothing. Started anew, it looks at what is open and goes on.
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
"""How often something that fails is tried before it is left alone."""

# Of the time it takes to look through everything that is open, one waits this many times before one looks again.
_LOOKS_EVERY = 4
_LONGEST_PAUSE_SECONDS = 2.0


class Refused(Exception):
    """The service did not do what it was asked. The message has its answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Something to do; `about` are the paths of the resources that are minded until it is done."""

    name: str
    about: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Act(Task):
    """One thing to say about one resource, as it is in the version `etag`; `name` is the path of the act below it."""

    etag: str
    body: Mapping[str, Any]
    key: str = field(default_factory=lambda: str(uuid.uuid4()))
    tries: int = 0

    @property
    def resource(self) -> str:
        """The path of what it is about."""
        return self.about[0]


class Correspondent(ABC):
    """One organisation at work: a thread that looks for what is open and some that act. `done` counts its acts."""

    def __init__(self, org: str, url: str, tokens: Tokens, *, poll_seconds: float, threads: int = 2) -> None:
        """`org` is who it is: `carrier:CMCC`; `url` the service it answers to."""
        self.code = org.partition(":")[2]
        self.done: Counter[str] = Counter()
        self._org = org
        self._poll_seconds = poll_seconds
        self._closing = threading.Event()
        self._office = Office(url, tokens, self._closing, connections=threads + 1)
        self._agenda: Agenda[Task] = Agenda()
        # Resources on the agenda or being acted upon, and those settled since the look before last: a page that was
        # read before an act was committed shows them as they were.
        self._minded: set[str] = set()
        self._settled: set[str] = set()
        self._settled_before: set[str] = set()
        self._failed: Counter[str] = Counter()
        self._noting = threading.Lock()
        # Daemons: a signal between a thread's start and whoever stops it must not keep the process for ever.
        work = [
            threading.Thread(target=self._act, name=f"{self.code} {place}", daemon=True) for place in range(threads)
        ]
        self._threads = [threading.Thread(target=self._look, name=f"{self.code} looks", daemon=True), *work]

    def start(self) -> None:
        """Begin to look and to act."""
        for each in self._threads:
            each.start()

    def request_stop(self) -> None:
        """Begin nothing new from now on."""
        self._closing.set()
        self._agenda.close()

    def stop(self) -> None:
        """Stop: what is being said is said to its end, nothing new is begun."""
        self.request_stop()
        for each in self._threads:
            each.join()
        self._office.close()
        log.info("correspondent stopped", org=self._org, **self.done)

    # --------------------------------------------------------------------------------------------- looking for work

    @abstractmethod
    def _look_through(self) -> None:
        """Look at everything that is open, and plan what is to be done about what is news."""

    def _look(self) -> None:
        while not self._closing.is_set():
            began = time.monotonic()
            with self._noting:
                self._settled_before, self._settled = self._settled, set()
            try:
                self._look_through()
            except Closed:
                return
            except Exception as error:  # the next look may fare better; without looks nothing is ever done
                log.exception("what is open could not be looked at", org=self._org, error=str(error))
            took = time.monotonic() - began
            # What took long because the service was not there yet says nothing of how long a look takes.
            pause = min(_LOOKS_EVERY * took, _LONGEST_PAUSE_SECONDS)
            self._closing.wait(max(self._poll_seconds, pause))

    def _is_news(self, resource: str) -> bool:
        with self._noting:
            return (
                not any(resource in each for each in (self._minded, self._settled, self._settled_before))
                and self._failed[resource] < TRIES
            )

    def _plan(self, when: datetime, task: Task) -> None:
        with self._noting:
            self._minded.update(task.about)
        self._agenda.add(when, task)

    # ------------------------------------------------------------------------------------------------------ acting

    @abstractmethod
    def _do(self, task: Task) -> None:
        """Do it; whatever it raises counts as its failure. What is done is settled."""

    def _act(self) -> None:
        while (task := self._agenda.take()) is not None:
            try:
                self._do(task)
            except Closed:
                return
            except Exception as error:  # one thing that cannot be done must not silence whoever does the others
                self._fail(task, str(error))

    def _say(self, act: Act) -> None:
        """Say it. Who is told that the resource has changed reads it again, and says what still can be said."""
        answer = self._office.post(f"{act.resource}/{act.name}", act.body, etag=act.etag, key=act.key)
        if answer.is_success:
            with self._noting:
                self.done[act.name] += 1
            self._settle(act.about)
            self._said(act, answer.json())
        elif answer.status_code in (409, 412):
            self._reconsider(act, answer)
        elif answer.status_code == 404:
            self._settle(act.about)
        else:
            self._fail(act, _trouble(answer))

    def _reconsider(self, act: Act, answer: httpx2.Response) -> None:
        """Somebody else changed it, or it cannot be said of it as it is."""
        if act.tries == TRIES:
            self._fail(act, _trouble(answer))
            return
        read = self._office.get(act.resource)
        if read.status_code == 404 or (read.is_success and not self._can_be_said(act, read.json())):
            self._settle(act.about)
            return
        read.raise_for_status()
        again = replace(act, etag=read.headers["etag"], tries=act.tries + 1)
        self._agenda.add(clock.now(), self._put_otherwise(again) if answer.status_code == 409 else again)

    @abstractmethod
    def _can_be_said(self, act: Act, thing: Mapping[str, Any]) -> bool:
        """Whether it makes sense yet, about the resource as it is now."""

    def _said(self, act: Act, thing: Mapping[str, Any]) -> None:  # noqa: B027 - most acts are the last word
        """Plan what is to be done next, about the resource as it is now."""

    def _put_otherwise(self, act: Act) -> Act:
        """What to say instead where what was said contradicts what the service knows."""
        return act

    def _settle(self, resources: Iterable[str]) -> None:
        with self._noting:
            self._minded.difference_update(resources)
            self._settled.update(resources)

    def _fail(self, task: Task, trouble: str) -> None:
        log.error("an act failed", org=self._org, about=_some(task.about), act=task.name, trouble=trouble)
        with self._noting:
            self.done["failed"] += 1
            self._failed.update(task.about)
        self._settle(task.about)


def granted(answer: httpx2.Response) -> httpx2.Response:
    """The answer, where it is one to something that was done. Raises Refused."""
    if not answer.is_success:
        raise Refused(_trouble(answer))
    return answer


def _trouble(answer: httpx2.Response) -> str:
    return f"HTTP {answer.status_code}: {answer.text[:500]}"


def _some(resources: Sequence[str]) -> str:
    return resources[0] if len(resources) == 1 else f"{resources[0]} and {len(resources) - 1} more"
