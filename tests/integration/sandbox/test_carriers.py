"""Simulated carriers act at a real ports service over REST as their behaviour is configured, also when it is
unavailable at times."""

from __future__ import annotations

import re
import time
from collections import Counter
from contextlib import ExitStack

import pytest

from sandbox.people import all_scopes
from tests.integration.ports import scenes
from tests.integration.sandbox.ports_simulation import PROMPT, PortsSimulation
from tests.integration.sandbox.serving import Overloaded, served
from tests.integration.sandbox.simulation import eventually, required_scopes

ACCESS_CODE = "10690123"
"""The access code of all numbers in these tests."""


def _states(ports: PortsSimulation) -> Counter[str]:
    return Counter(order.state for order in ports.orders())


def _all_are(ports: PortsSimulation, state: str, count: int) -> bool:
    return _states(ports) == {state: count}


def test_a_carrier_acknowledges_and_executes_with_evidence(running_ports: PortsSimulation) -> None:
    running_ports.order_shutdowns(running_ports.numbers(3))
    with running_ports.carriers():
        eventually(lambda: _all_are(running_ports, "executed", 3))
    for order in running_ports.orders():
        assert order.ordered_at < order.acknowledged_at < order.executed_at < order.execute_by
        assert re.fullmatch(r"工单CMCC-\d{8}-[0-9A-F]{8}，\S+\+08:00关停，拨测无法发送", order.evidence)
    assert {row.status for row in scenes.rows(running_ports.database, "SELECT status FROM ports")} == {"shut"}


def test_every_carrier_acts_on_its_own_orders_only(running_ports: PortsSimulation) -> None:
    running_ports.order_shutdowns(running_ports.numbers(4), "CMCC")
    running_ports.order_shutdowns(running_ports.numbers(2, first=4), "CUCC")
    running_ports.order_shutdowns(running_ports.numbers(3, first=6), "CBN")
    with running_ports.carriers() as carriers:
        eventually(lambda: _all_are(running_ports, "executed", 9))
    assert {each.code: each.done["execution"] for each in carriers} == {"CMCC": 4, "CUCC": 2, "CTCC": 0, "CBN": 3}
    assert all(order.evidence.startswith(f"工单{order.carrier}") for order in running_ports.orders())
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


def test_the_course_of_an_order_is_determined_by_its_id(running_ports: PortsSimulation) -> None:
    running_ports.order_shutdowns(running_ports.numbers(40))
    with running_ports.carriers(MIXED):
        habits = running_ports.behaviour.carriers["CMCC"]
        courses = {order.id: habits.order(str(order.id)) for order in running_ports.orders()}

        def expected(identifier: object) -> str:
            course = courses[identifier]
            if course.execute:
                return "executed"
            if course.refuse:
                return "refused"
            return "acknowledged" if course.acknowledge else "ordered"

        eventually(lambda: all(order.state == expected(order.id) for order in running_ports.orders()))
        time.sleep(0.5)  # further polls change nothing
        assert all(order.state == expected(order.id) for order in running_ports.orders())
    assert len(_states(running_ports)) == 4
    refused = [order for order in running_ports.orders() if order.state == "refused"]
    assert {(order.refusal_code, order.refusal_note) for order in refused} == {("technical", "平台升级")}


LATE = PROMPT.replace("acknowledge: 0s, execute: 0s", "acknowledge: 20%, execute: 30%")


def test_a_carrier_can_use_a_fraction_of_its_term(running_ports: PortsSimulation) -> None:
    running_ports.order_shutdowns(running_ports.numbers(2))
    with running_ports.carriers(LATE):
        eventually(lambda: _all_are(running_ports, "executed", 2))
    for order in running_ports.orders():
        for done, deadline, fraction in [
            (order.acknowledged_at, order.acknowledge_by, 0.2),
            (order.executed_at, order.execute_by, 0.3),
        ]:
            taken = (done - order.ordered_at) / (deadline - order.ordered_at)
            assert fraction <= taken < 1


def test_a_carrier_continues_after_a_restart(running_ports: PortsSimulation) -> None:
    running_ports.order_shutdowns(running_ports.numbers(5))
    with running_ports.carriers(PROMPT.replace("acknowledge: 0s, execute: 0s", "acknowledge: 0s")):
        eventually(lambda: _all_are(running_ports, "acknowledged", 5))
    with running_ports.carriers():
        eventually(lambda: _all_are(running_ports, "executed", 5))


def test_new_orders_are_found_while_carriers_run_and_listings_have_many_pages(
    running_ports: PortsSimulation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.office._PAGE_SIZE", 4)
    running_ports.order_shutdowns(running_ports.numbers(10))
    with running_ports.carriers():
        running_ports.order_shutdowns(running_ports.numbers(10, first=10))
        eventually(lambda: _all_are(running_ports, "executed", 20))


def test_an_order_that_staff_have_lifted_is_not_changed(running_ports: PortsSimulation) -> None:
    running_ports.order_shutdowns(running_ports.numbers(2))
    lifted, other = running_ports.orders()
    with running_ports.carriers(PROMPT.replace("acknowledge: 0s", "acknowledge: 8s")) as carriers:
        eventually(lambda: carriers[0]._reserved)
        with running_ports.officer() as staff:
            path = f"/orders/{lifted.id}"
            etag = staff.get(path).headers["etag"]
            answer = staff.post(f"{path}/lifting", json={"reason": "误判"}, headers={"If-Match": etag})
            assert answer.status_code == 200
        eventually(lambda: {order.id: order.state for order in running_ports.orders()}[other.id] == "executed")
        eventually(lambda: not carriers[0]._reserved)
    assert {order.id: order.state for order in running_ports.orders()}[lifted.id] == "lifted"
    assert carriers[0].done == {"acknowledgement": 1, "execution": 1}


def test_an_order_that_a_colleague_has_acknowledged_is_executed(running_ports: PortsSimulation) -> None:
    running_ports.order_shutdowns(running_ports.numbers(1))
    (order,) = running_ports.orders()
    with running_ports.carriers(PROMPT.replace("acknowledge: 0s", "acknowledge: 8s")) as carriers:
        eventually(lambda: carriers[0]._reserved)
        with running_ports.client("carrier:CMCC") as colleague:
            answer = colleague.post(f"/orders/{order.id}/acknowledgement", headers={"If-Match": '"1"'})
            assert answer.status_code == 200
        eventually(lambda: _all_are(running_ports, "executed", 1))
    assert carriers[0].done == {"execution": 1}


def test_a_carrier_answers_enquiries_from_its_book_and_is_ordered_to_shut_its_own_number(
    running_ports: PortsSimulation,
) -> None:
    scenes.file(running_ports.database, scenes.form(f"{ACCESS_CODE}99", carrier="CMCC"))
    own, unowned = running_ports.numbers(2)
    running_ports.open_enquiries([own, unowned])
    with running_ports.carriers(book=f"{own},CMCC\n{unowned},"):
        eventually(lambda: {each.state for each in running_ports.enquiries()} == {"answered"})
        eventually(lambda: _all_are(running_ports, "executed", 1))
    assert {each.number: each.answer for each in running_ports.enquiries()} == {
        own: "mine-unfiled",
        unowned: "not-mine",
    }
    assert [order.number for order in running_ports.orders()] == [own]


def test_at_most_one_of_all_carriers_claims_a_number(running_ports: PortsSimulation) -> None:
    numbers = running_ports.numbers(6)
    running_ports.open_enquiries(numbers)
    with running_ports.carriers(PROMPT.replace("unlisted: 100%", "unlisted: 70%")):
        eventually(lambda: {each.state for each in running_ports.enquiries()} == {"answered"})
        owners = {number: running_ports.behaviour.owner(number, "", named=False) for number in numbers}
        eventually(lambda: _all_are(running_ports, "executed", sum(owner is not None for owner in owners.values())))
    assert {each.carrier for each in running_ports.enquiries() if each.number == numbers[0]} == {
        *("CMCC", "CUCC", "CTCC", "CBN")
    }
    assert {order.number: order.carrier for order in running_ports.orders()} == {
        number: owner for number, owner in owners.items() if owner
    }


def test_an_enquiry_about_a_number_filed_meanwhile_is_answered_with_filed(running_ports: PortsSimulation) -> None:
    scenes.file(running_ports.database, scenes.form(f"{ACCESS_CODE}99", carrier="CMCC"))
    (number,) = running_ports.numbers(1)
    running_ports.open_enquiries([number])
    with running_ports.carriers(PROMPT.replace("answer: 0s", "answer: 3s"), book=f"{number},CMCC") as carriers:
        eventually(lambda: carriers[0]._reserved)
        scenes.file(running_ports.database, scenes.form(number, carrier="CMCC", declared_from=None))
        eventually(lambda: [each.answer for each in running_ports.enquiries()] == ["filed"])
    assert carriers[0].done == {"answer": 1}


def test_an_enquiry_stays_open_when_the_carrier_does_not_answer(running_ports: PortsSimulation) -> None:
    scenes.file(running_ports.database, scenes.form(f"{ACCESS_CODE}99", carrier="CMCC"))
    running_ports.open_enquiries(running_ports.numbers(1))
    with running_ports.carriers(MIXED):
        time.sleep(1)
    assert [each.state for each in running_ports.enquiries()] == ["sent"]


def test_carriers_wait_until_issuer_and_service_are_available(ports: PortsSimulation) -> None:
    ports.order_shutdowns(ports.numbers(3))
    with ports.carriers(), ExitStack() as later:
        time.sleep(0.5)
        later.enter_context(served(ports.issuer, ports.issuer_port))
        time.sleep(0.5)
        later.enter_context(served(ports.api, ports.service_port))
        eventually(lambda: _all_are(ports, "executed", 3))


def test_a_service_that_restarts_repeatedly_receives_every_act_once(ports: PortsSimulation) -> None:
    ports.order_shutdowns(ports.numbers(60))
    with served(ports.issuer, ports.issuer_port), ports.carriers() as carriers:
        for _ in range(3):
            with served(ports.api, ports.service_port):
                time.sleep(0.4)
        with served(ports.api, ports.service_port):
            eventually(lambda: _all_are(ports, "executed", 60))
    assert {order.version for order in ports.orders()} == {3}
    assert carriers[0].done["failed"] == 0


@pytest.mark.parametrize("status", [503, 429])
def test_carriers_wait_when_the_service_rejects_requests(ports: PortsSimulation, status: int) -> None:
    ports.order_shutdowns(ports.numbers(10))
    with (
        served(ports.issuer, ports.issuer_port),
        served(Overloaded(ports.api, status), ports.service_port),
        ports.carriers() as carriers,
    ):
        eventually(lambda: _all_are(ports, "executed", 10))
        eventually(lambda: not carriers[0]._reserved)
    assert {order.version for order in ports.orders()} == {3}
    assert carriers[0].done == {"acknowledgement": 10, "execution": 10}


def test_every_scope_that_the_service_requires_is_granted_to_a_client_or_a_person(
    running_ports: PortsSimulation,
) -> None:
    required = required_scopes(running_ports)
    assert required
    assert required <= set(all_scopes())
