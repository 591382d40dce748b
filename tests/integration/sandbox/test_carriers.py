"""Carriers answer a real ports service over REST as their habits say, also when it is gone for a while."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from sandbox import install
from tests.integration.ports import scenes
from tests.integration.sandbox.serving import Overloaded, served
from tests.integration.sandbox.town import PROMPT, Town, eventually

ACCESS_CODE = "10690123"
"""On it all numbers of a town stand."""


@pytest.fixture
def open_town(town: Town) -> Iterator[Town]:
    """Issuer and service are there."""
    with town.open():
        yield town


def _states(town: Town) -> Counter[str]:
    return Counter(order.state for order in town.orders())


def _all_are(town: Town, state: str, count: int) -> bool:
    return _states(town) == {state: count}


def test_a_carrier_acknowledges_and_executes_with_evidence(open_town: Town) -> None:
    open_town.order_shutdowns(open_town.numbers(3))
    with open_town.at_work():
        eventually(lambda: _all_are(open_town, "executed", 3))
    for order in open_town.orders():
        assert order.ordered_at < order.acknowledged_at < order.executed_at < order.execute_by
        assert re.fullmatch(r"工单CMCC-\d{8}-[0-9A-F]{8}，\S+\+08:00关停，拨测无法发送", order.evidence)
    assert {row.status for row in scenes.rows(open_town.database, "SELECT status FROM ports")} == {"shut"}


def test_every_carrier_acts_on_its_own_and_on_nothing_else(open_town: Town) -> None:
    open_town.order_shutdowns(open_town.numbers(4), "CMCC")
    open_town.order_shutdowns(open_town.numbers(2, first=4), "CUCC")
    open_town.order_shutdowns(open_town.numbers(3, first=6), "CBN")
    with open_town.at_work() as carriers:
        eventually(lambda: _all_are(open_town, "executed", 9))
    assert {each.code: each.done["execution"] for each in carriers} == {"CMCC": 4, "CUCC": 2, "CTCC": 0, "CBN": 3}
    assert all(order.evidence.startswith(f"工单{order.carrier}") for order in open_town.orders())
    assert not any(each.done["failed"] for each in carriers)


MIXED = """
poll: 50ms
unlisted: 100%
carriers:
  CMCC:
    orders:
      - {share: 40%, acknowledge: 0s, execute: 100ms}
      - {share: 20%, acknowledge: 100ms, refuse: technical, note: 平台升级}
      - {share: 20%, acknowledge: 0s}
      - {share: 20%}
    enquiries: [{share: 100%}]
"""


def test_what_becomes_of_an_order_follows_from_its_id(open_town: Town) -> None:
    open_town.order_shutdowns(open_town.numbers(40))
    with open_town.at_work(MIXED):
        habits = open_town.habits.carriers["CMCC"]
        courses = {order.id: habits.order(str(order.id)) for order in open_town.orders()}

        def expected(identifier: object) -> str:
            course = courses[identifier]
            if course.execute:
                return "executed"
            if course.refuse:
                return "refused"
            return "acknowledged" if course.acknowledge else "ordered"

        eventually(lambda: all(order.state == expected(order.id) for order in open_town.orders()))
        time.sleep(0.5)  # some looks later nothing has been added to that
        assert all(order.state == expected(order.id) for order in open_town.orders())
    assert len(_states(open_town)) == 4
    refused = [order for order in open_town.orders() if order.state == "refused"]
    assert {(order.refusal_code, order.refusal_note) for order in refused} == {("technical", "平台升级")}


LATE = PROMPT.replace("acknowledge: 0s, execute: 0s", "acknowledge: 20%, execute: 30%")


def test_a_carrier_may_take_a_part_of_the_time_it_has(open_town: Town) -> None:
    open_town.order_shutdowns(open_town.numbers(2))
    with open_town.at_work(LATE):
        eventually(lambda: _all_are(open_town, "executed", 2))
    for order in open_town.orders():
        for done, by, part in [
            (order.acknowledged_at, order.acknowledge_by, 0.2),
            (order.executed_at, order.execute_by, 0.3),
        ]:
            taken = (done - order.ordered_at) / (by - order.ordered_at)
            assert part <= taken < 1


def test_a_carrier_that_starts_anew_goes_on_where_it_was(open_town: Town) -> None:
    open_town.order_shutdowns(open_town.numbers(5))
    with open_town.at_work(PROMPT.replace("acknowledge: 0s, execute: 0s", "acknowledge: 0s")):
        eventually(lambda: _all_are(open_town, "acknowledged", 5))
    with open_town.at_work():
        eventually(lambda: _all_are(open_town, "executed", 5))


def test_orders_that_come_while_it_works_are_found_over_many_pages(
    open_town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.office._PAGE_SIZE", 4)
    open_town.order_shutdowns(open_town.numbers(10))
    with open_town.at_work():
        open_town.order_shutdowns(open_town.numbers(10, first=10))
        eventually(lambda: _all_are(open_town, "executed", 20))


def test_what_staff_lifted_meanwhile_is_left_alone(open_town: Town) -> None:
    open_town.order_shutdowns(open_town.numbers(2))
    lifted, other = open_town.orders()
    with open_town.at_work(PROMPT.replace("acknowledge: 0s", "acknowledge: 3s")) as carriers:
        eventually(lambda: carriers[0]._minded)
        with open_town.caller("regulator:MIIT") as staff:
            path = f"/orders/{lifted.id}"
            etag = staff.get(path).headers["etag"]
            answer = staff.post(f"{path}/lifting", json={"reason": "误判"}, headers={"If-Match": etag})
            assert answer.status_code == 200
        eventually(lambda: {order.id: order.state for order in open_town.orders()}[other.id] == "executed")
        eventually(lambda: not carriers[0]._minded)
    assert {order.id: order.state for order in open_town.orders()}[lifted.id] == "lifted"
    assert carriers[0].done == {"acknowledgement": 1, "execution": 1}


def test_what_was_acknowledged_by_another_hand_is_read_again_and_executed(open_town: Town) -> None:
    open_town.order_shutdowns(open_town.numbers(1))
    (order,) = open_town.orders()
    with open_town.at_work(PROMPT.replace("acknowledge: 0s", "acknowledge: 3s")) as carriers:
        eventually(lambda: carriers[0]._minded)
        with open_town.caller("carrier:CMCC") as colleague:
            answer = colleague.post(f"/orders/{order.id}/acknowledgement", headers={"If-Match": '"1"'})
            assert answer.status_code == 200
        eventually(lambda: _all_are(open_town, "executed", 1))
    assert carriers[0].done == {"execution": 1}


def test_a_carrier_says_what_its_book_says_and_is_ordered_to_shut_what_is_its_own(open_town: Town) -> None:
    scenes.file(open_town.database, scenes.form(f"{ACCESS_CODE}99", carrier="CMCC"))
    mine, nobodys = open_town.numbers(2)
    open_town.ask_about([mine, nobodys])
    with open_town.at_work(book=f"{mine},CMCC\n{nobodys},"):
        eventually(lambda: {each.state for each in open_town.enquiries()} == {"answered"})
        eventually(lambda: _all_are(open_town, "executed", 1))
    assert {each.number: each.answer for each in open_town.enquiries()} == {mine: "mine-unfiled", nobodys: "not-mine"}
    assert [order.number for order in open_town.orders()] == [mine]


def test_where_all_are_asked_one_at_most_says_that_the_number_is_its_own(open_town: Town) -> None:
    numbers = open_town.numbers(6)
    open_town.ask_about(numbers)
    with open_town.at_work(PROMPT.replace("unlisted: 100%", "unlisted: 70%")):
        eventually(lambda: {each.state for each in open_town.enquiries()} == {"answered"})
        owners = {number: open_town.habits.owner(number, "", named=False) for number in numbers}
        eventually(lambda: _all_are(open_town, "executed", sum(owner is not None for owner in owners.values())))
    assert {each.carrier for each in open_town.enquiries() if each.number == numbers[0]} == {
        *("CMCC", "CUCC", "CTCC", "CBN")
    }
    assert {order.number: order.carrier for order in open_town.orders()} == {
        number: owner for number, owner in owners.items() if owner
    }


def test_a_number_that_was_filed_meanwhile_is_answered_so(open_town: Town) -> None:
    scenes.file(open_town.database, scenes.form(f"{ACCESS_CODE}99", carrier="CMCC"))
    (number,) = open_town.numbers(1)
    open_town.ask_about([number])
    with open_town.at_work(PROMPT.replace("answer: 0s", "answer: 3s"), book=f"{number},CMCC") as carriers:
        eventually(lambda: carriers[0]._minded)
        scenes.file(open_town.database, scenes.form(number, carrier="CMCC", declared_from=None))
        eventually(lambda: [each.answer for each in open_town.enquiries()] == ["filed"])
    assert carriers[0].done == {"answer": 1}


def test_who_is_silent_leaves_the_enquiry_unanswered(open_town: Town) -> None:
    scenes.file(open_town.database, scenes.form(f"{ACCESS_CODE}99", carrier="CMCC"))
    open_town.ask_about(open_town.numbers(1))
    with open_town.at_work(MIXED):
        time.sleep(1)
    assert [each.state for each in open_town.enquiries()] == ["sent"]


def test_carriers_wait_for_an_issuer_and_a_service_that_are_not_there_yet(town: Town) -> None:
    town.order_shutdowns(town.numbers(3))
    with town.at_work(), ExitStack() as later:
        time.sleep(0.5)
        later.enter_context(served(town.issuer, town.issuer_port))
        time.sleep(0.5)
        later.enter_context(served(town.ports, town.ports_port))
        eventually(lambda: _all_are(town, "executed", 3))


def test_a_service_that_restarts_again_and_again_gets_every_act_once(town: Town) -> None:
    town.order_shutdowns(town.numbers(60))
    with served(town.issuer, town.issuer_port), town.at_work() as carriers:
        for _ in range(3):
            with served(town.ports, town.ports_port):
                time.sleep(0.4)
        with served(town.ports, town.ports_port):
            eventually(lambda: _all_are(town, "executed", 60))
    assert {order.version for order in town.orders()} == {3}
    assert carriers[0].done["failed"] == 0


@pytest.mark.parametrize("status", [503, 429])
def test_who_is_told_to_wait_waits(town: Town, status: int) -> None:
    town.order_shutdowns(town.numbers(10))
    with (
        served(town.issuer, town.issuer_port),
        served(Overloaded(town.ports, status), town.ports_port),
        town.at_work() as carriers,
    ):
        eventually(lambda: _all_are(town, "executed", 10))
        eventually(lambda: not carriers[0]._minded)
    assert {order.version for order in town.orders()} == {3}
    assert carriers[0].done == {"acknowledgement": 10, "execution": 10}


def test_every_scope_that_the_service_asks_for_is_somebodys(open_town: Town) -> None:
    with open_town.caller("regulator:MIIT") as staff:
        document = staff.get("/openapi.json").json()
    asked = {
        scope
        for path in document["paths"].values()
        for operation in path.values()
        if isinstance(operation, dict)
        for each in operation.get("security", [])
        for scopes in each.values()
        for scope in scopes
    }
    assert asked
    assert asked <= set(install.all_scopes())
