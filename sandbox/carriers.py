"""Carriers that answer, well, late or not at all: each polls its own orders and enquiries over REST and acts on them.

What a carrier does with one of them follows from its habits and the thing's id alone. It keeps nothing: started anew,
it looks at what is open and goes on.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import httpx2
import structlog

from chassis import clock
from chassis.rules import LEGAL_TIME
from sandbox.agenda import Agenda
from sandbox.behaviour import Behaviour, due
from sandbox.book import Book
from sandbox.office import Closed, Office
from sandbox.tokens import Tokens

log = structlog.get_logger()

_ORDERS_AWAITED = ("ordered", "acknowledged")
_OPEN = {"acknowledgement": {"ordered"}, "execution": {"acknowledged"}, "refusal": {*_ORDERS_AWAITED}}
_ANSWERABLE = {"sent", "unanswered"}
# What a carrier says next where the register contradicts it.
_SAYS_INSTEAD = {"mine-unfiled": "filed", "filed": "not-mine"}
_TRIES = 5
# Of the time it takes to look through everything that is open, a carrier waits this many times before it looks again.
_LOOKS_EVERY = 4
_LONGEST_PAUSE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Act:
    """One thing to say about one order or enquiry: `resource` is its path, `name` the path of the act below it."""

    resource: str
    name: str
    etag: str
    body: Mapping[str, Any]
    key: str = field(default_factory=lambda: str(uuid.uuid4()))
    tries: int = 0


class Carrier:
    """One carrier at work: a thread that looks for what is open and some that act. `done` counts its acts."""

    def __init__(
        self, code: str, behaviour: Behaviour, book: Book, ports_url: str, tokens: Tokens, *, threads: int = 2
    ) -> None:
        self.code = code
        self.done: Counter[str] = Counter()
        self._habits = behaviour.carriers[code]
        self._behaviour = behaviour
        self._book = book
        self._closing = threading.Event()
        self._office = Office(ports_url, tokens, self._closing, connections=threads + 1)
        self._agenda: Agenda[Act] = Agenda()
        # Resources on the agenda or being acted upon, and those settled since the look before last: a page that was
        # read before an act was committed shows them as they were.
        self._minded: set[str] = set()
        self._settled: set[str] = set()
        self._settled_before: set[str] = set()
        self._failed: Counter[str] = Counter()
        self._noting = threading.Lock()
        # Daemons: a signal between a thread's start and whoever stops it must not keep the process for ever.
        work = [threading.Thread(target=self._act, name=f"{code} {place}", daemon=True) for place in range(threads)]
        self._threads = [threading.Thread(target=self._look, name=f"{code} looks", daemon=True), *work]

    def start(self) -> None:
        """Begin to look and to act."""
        for each in self._threads:
            each.start()

    def stop(self) -> None:
        """Stop: what is being said is said to its end, nothing new is begun."""
        self._closing.set()
        self._agenda.close()
        for each in self._threads:
            each.join()
        self._office.close()
        log.info("carrier stopped", carrier=self.code, **self.done)

    # --------------------------------------------------------------------------------------------- looking for work

    def _look(self) -> None:
        while not self._closing.is_set():
            began = time.monotonic()
            with self._noting:
                self._settled_before, self._settled = self._settled, set()
            try:
                self._look_through()
            except Closed:
                return
            except Exception as error:  # the next look may fare better; without looks a carrier is dead
                log.exception("what is open could not be looked at", carrier=self.code, error=str(error))
            took = time.monotonic() - began
            # What took long because the service was not there yet says nothing of how long a look takes.
            pause = min(_LOOKS_EVERY * took, _LONGEST_PAUSE_SECONDS)
            self._closing.wait(max(self._behaviour.poll_seconds, pause))

    def _look_through(self) -> None:
        for state in _ORDERS_AWAITED:
            for order in self._office.items("/orders", state=state):
                if self._is_news(f"/orders/{order['id']}"):
                    self._plan_order(order)
        for enquiry in self._office.items("/enquiries", state="sent"):
            if self._is_news(f"/enquiries/{enquiry['id']}"):
                self._plan_enquiry(enquiry)

    def _is_news(self, resource: str) -> bool:
        with self._noting:
            return (
                not any(resource in each for each in (self._minded, self._settled, self._settled_before))
                and self._failed[resource] < _TRIES
            )

    def _plan_order(self, order: Mapping[str, Any]) -> None:
        """Put the next thing to do about an order on the agenda, if there is one."""
        course = self._habits.order(order["id"])
        ordered_at = _moment(order["ordered_at"])
        acknowledged_at = order["acknowledged_at"]
        if course.acknowledge is not None and acknowledged_at is None:
            self._plan(
                order, course.acknowledge, ordered_at, ordered_at, order["acknowledge_by"], "acknowledgement", {}
            )
            return
        since = ordered_at if acknowledged_at is None else _moment(acknowledged_at)
        if course.refuse is not None:
            refusal = {"code": course.refuse, "note": course.note}
            self._plan(order, _AT_ONCE, since, ordered_at, order["execute_by"], "refusal", refusal)
        elif course.execute is not None:
            self._plan(order, course.execute, since, ordered_at, order["execute_by"], "execution", {})

    def _plan_enquiry(self, enquiry: Mapping[str, Any]) -> None:
        course = self._habits.enquiry(enquiry["id"])
        if course.answer is None:
            return
        sent_at = _moment(enquiry["sent_at"])
        number, named = enquiry["number"], enquiry["addressed_because"] != "every-carrier"
        if self._book.knows(number):
            owner = self._book.owner(number)
        else:
            owner = self._behaviour.owner(number, self.code, named=named)
        answer = {"answer": "mine-unfiled" if owner == self.code else "not-mine"}
        self._plan(enquiry, course.answer, sent_at, sent_at, enquiry["answer_by"], "answer", answer)

    def _plan(
        self,
        thing: Mapping[str, Any],
        delay: str,
        after: datetime,
        begun: datetime,
        deadline: str,
        name: str,
        body: Mapping[str, Any],
    ) -> None:
        resource = f"/{'enquiries' if name == 'answer' else 'orders'}/{thing['id']}"
        with self._noting:
            self._minded.add(resource)
        when = due(delay, after=after, begun=begun, deadline=_moment(deadline))
        self._agenda.add(when, Act(resource, name, f'"{thing["version"]}"', body))

    # ------------------------------------------------------------------------------------------------------ acting

    def _act(self) -> None:
        while (act := self._agenda.take()) is not None:
            try:
                self._say(act)
            except Closed:
                return
            except Exception as error:  # one thing that cannot be said must not silence the carrier
                self._failure(act, str(error))

    def _say(self, act: Act) -> None:
        if act.name == "execution" and not act.body:
            act = replace(act, body={"evidence": self._evidence(act.resource)})
        answer = self._office.post(f"{act.resource}/{act.name}", act.body, etag=act.etag, key=act.key)
        if answer.is_success:
            self._said(act, answer.json())
        elif answer.status_code in (409, 412):
            self._reconsider(act, answer)
        elif answer.status_code == 404:
            self._settle(act)
        else:
            self._failure(act, f"HTTP {answer.status_code}: {answer.text[:500]}")

    def _said(self, act: Act, thing: Mapping[str, Any]) -> None:
        with self._noting:
            self.done[act.name] += 1
        self._settle(act)
        if act.name == "acknowledgement":
            self._plan_order(thing)

    def _reconsider(self, act: Act, answer: httpx2.Response) -> None:
        """Somebody else changed it, or the register says otherwise: read it again, and say what still can be said."""
        if act.tries == _TRIES:
            self._failure(act, f"HTTP {answer.status_code}: {answer.text[:500]}")
            return
        read = self._office.get(act.resource)
        if read.status_code == 404 or (read.is_success and read.json()["state"] not in _open_for(act)):
            self._settle(act)
            return
        read.raise_for_status()
        again = replace(act, etag=read.headers["etag"], tries=act.tries + 1)
        if answer.status_code == 409 and act.name == "answer" and act.body["answer"] in _SAYS_INSTEAD:
            again = replace(
                again, body={**act.body, "answer": _SAYS_INSTEAD[act.body["answer"]]}, key=str(uuid.uuid4())
            )
        self._agenda.add(clock.now(), again)

    def _settle(self, act: Act) -> None:
        with self._noting:
            self._minded.discard(act.resource)
            self._settled.add(act.resource)

    def _failure(self, act: Act, trouble: str) -> None:
        log.error("an act failed", carrier=self.code, resource=act.resource, act=act.name, trouble=trouble)
        with self._noting:
            self.done["failed"] += 1
            self._failed[act.resource] += 1
        self._settle(act)

    def _evidence(self, resource: str) -> str:
        """A work order's number and when the port was shut, as a carrier would say it."""
        now = clock.now().astimezone(LEGAL_TIME)
        ticket = f"{self.code}-{now:%Y%m%d}-{resource[-8:].upper()}"
        return f"工单{ticket}，{now.isoformat(timespec='seconds')}关停，拨测无法发送"


_AT_ONCE = "0s"


def _open_for(act: Act) -> set[str]:
    return _OPEN.get(act.name, _ANSWERABLE)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
