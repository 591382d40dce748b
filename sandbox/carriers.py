"""Simulated carriers that respond well, late or not at all: each polls its own orders and enquiries over REST and acts
on them.

The response depends only on the configured behaviour and the id of the order or enquiry.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from chassis import clock
from chassis.calendar import LEGAL_TIME
from sandbox.behaviour import Behaviour, due
from sandbox.book import Book
from sandbox.correspondent import Act, Correspondent, Task
from sandbox.tokens import Tokens

_ORDERS_AWAITED = ("ordered", "acknowledged")
_OPEN = {"acknowledgement": {"ordered"}, "execution": {"acknowledged"}, "refusal": {*_ORDERS_AWAITED}}
_ANSWERABLE = {"sent", "unanswered"}
# The next answer of a carrier where the register contradicts it.
_NEXT_ANSWER = {"mine-unfiled": "filed", "filed": "not-mine"}
_AT_ONCE = "0s"


class SimulatedCarrier(Correspondent):
    """One simulated carrier, at the ports service."""

    def __init__(
        self, code: str, behaviour: Behaviour, book: Book, ports_url: str, tokens: Tokens, *, threads: int = 2
    ) -> None:
        super().__init__(f"carrier:{code}", ports_url, tokens, poll_seconds=behaviour.poll_seconds, threads=threads)
        self._habits = behaviour.carriers[code]
        self._behaviour = behaviour
        self._book = book

    def _poll(self) -> None:
        for state in _ORDERS_AWAITED:
            for order in self._office.items("/orders", state=state):
                if self._is_new(f"/orders/{order['id']}"):
                    self._plan_order(order)
        for enquiry in self._office.items("/enquiries", state="sent"):
            if self._is_new(f"/enquiries/{enquiry['id']}"):
                self._plan_enquiry(enquiry)

    def _plan_order(self, order: Mapping[str, Any]) -> None:
        """Plan the next act about an order, if there is one."""
        course = self._habits.order(order["id"])
        ordered_at = _moment(order["ordered_at"])
        acknowledged_at = order["acknowledged_at"]
        if course.acknowledge is not None and acknowledged_at is None:
            self._plan_act(
                order, course.acknowledge, ordered_at, ordered_at, order["acknowledge_by"], "acknowledgement", {}
            )
            return
        since = ordered_at if acknowledged_at is None else _moment(acknowledged_at)
        if course.refuse is not None:
            refusal = {"code": course.refuse, "note": course.note}
            self._plan_act(order, _AT_ONCE, since, ordered_at, order["execute_by"], "refusal", refusal)
        elif course.execute is not None:
            self._plan_act(order, course.execute, since, ordered_at, order["execute_by"], "execution", {})

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
        self._plan_act(enquiry, course.answer, sent_at, sent_at, enquiry["answer_by"], "answer", answer)

    def _plan_act(
        self,
        item: Mapping[str, Any],
        delay: str,
        after: datetime,
        begun: datetime,
        deadline: str,
        name: str,
        body: Mapping[str, Any],
    ) -> None:
        resource = f"/{'enquiries' if name == 'answer' else 'orders'}/{item['id']}"
        when = due(delay, after=after, begun=begun, deadline=_moment(deadline))
        self._plan(when, Act(name=name, about=(resource,), etag=f'"{item["version"]}"', body=body))

    def _do(self, task: Task) -> None:
        assert isinstance(task, Act)
        if task.name == "execution" and not task.body:
            task = replace(task, body={"evidence": self._evidence(task.resource)})
        self._send(task)

    def _plan_next(self, act: Act, item: Mapping[str, Any]) -> None:
        if act.name == "acknowledgement":
            self._plan_order(item)

    def _is_possible(self, act: Act, item: Mapping[str, Any]) -> bool:
        return item["state"] in _OPEN.get(act.name, _ANSWERABLE)

    def _alternative(self, act: Act) -> Act:
        if act.name != "answer" or act.body["answer"] not in _NEXT_ANSWER:
            return act
        return replace(act, body={**act.body, "answer": _NEXT_ANSWER[act.body["answer"]]}, key=str(uuid.uuid4()))

    def _evidence(self, resource: str) -> str:
        """A made-up work order number and time of shutdown."""
        now = clock.now().astimezone(LEGAL_TIME)
        ticket = f"{self.code}-{now:%Y%m%d}-{resource[-8:].upper()}"
        return f"工单{ticket}，{now.isoformat(timespec='seconds')}关停，拨测无法发送"


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
