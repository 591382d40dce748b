"""Ports that are declared while complaints about them are filed and while their carrier answers an enquiry."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import httpx2
import pytest

from tests.faults.running import CARRIER, RunningSystem, eventually, port, request_until_answered
from tests.faults.workload import BAR, BAR_ENQUIRY, CHANNELS, complaint

pytestmark = pytest.mark.timeout(600)


def declare(http: httpx2.Client, number: str, *, long_ago: bool) -> str:
    """File a port that is valid since 2020, or from now on; the decision on the filing."""
    since = "2020-01-01" if long_ago else None
    body = port(number) | {"province": None, "covers_extensions": False, "declared_from": since}
    answer = request_until_answered(http, "POST", "/filings", json=body)
    assert answer.status_code in (200, 201), answer.text
    decision: str = answer.json()["decision"]
    return decision


def claim_as_unfiled(http: httpx2.Client, number: str) -> int | None:
    """As the carrier, answer the enquiry about a number with "mine-unfiled"; the status code, or None without an
    enquiry."""
    enquiries = request_until_answered(http, "GET", "/enquiries", params={"number": number}).json()["items"]
    if not enquiries:
        return None
    headers = {"If-Match": "*"}
    answer = request_until_answered(
        http, "POST", f"/enquiries/{enquiries[0]['id']}/answer", json={"answer": "mine-unfiled"}, headers=headers
    )
    assert answer.status_code in (200, 409), answer.text
    return answer.status_code


def test_a_port_declared_while_complaints_arrive_is_never_shut_as_unregistered(running: RunningSystem) -> None:
    draw = random.Random(7)
    # The numbering plan assigns these numbers to one carrier, so it is asked after two complaints.
    numbers = [f"106571236{index:04}" for index in range(40)]
    outcomes: dict[str, str] = {}

    def complain(number: str) -> None:
        with running.filing() as http:
            for index, person in enumerate(draw.sample(range(10_000), BAR_ENQUIRY + 1)):
                body = complaint(f"{number}-{person}", number, person, channel=CHANNELS[index % 2])
                assert request_until_answered(http, "POST", "/complaints", json=body).status_code == 201

    def file(number: str) -> None:
        with running.api("ports", CARRIER) as http:
            # About half are filed at once, the others after the enquiry has been opened.
            if draw.random() < 0.5:
                eventually(
                    lambda: request_until_answered(http, "GET", "/enquiries", params={"number": number}).json()["items"]
                )
            outcomes[number] = declare(http, number, long_ago=draw.random() < 0.5)

    def answer(number: str) -> None:
        with running.api("ports", CARRIER) as http:
            for _ in range(5):
                if claim_as_unfiled(http, number) is not None:
                    return

    acts = [(act, number) for number in numbers for act in (complain, file, answer)]
    with ThreadPoolExecutor(9) as threads:
        for each in [threads.submit(act, number) for act, number in acts]:
            each.result()
    running.settle()

    unregistered = {
        number
        for (number,) in running.rows("ports", "SELECT number FROM orders WHERE ground = 'unregistered'")
        if number in outcomes
    }
    accepted = {number for number, decision in outcomes.items() if decision == "accepted"}
    # The first one wins: either the port is filed, or it is shut and its filing is refused.
    assert accepted | unregistered == set(numbers)
    assert accepted & unregistered == set()
    assert accepted


def test_a_port_declared_after_the_messages_complained_of_is_not_shut(running: RunningSystem) -> None:
    numbers = [f"106903710{index:04}" for index in range(5)]
    sent = datetime.now(UTC) - timedelta(days=1)
    with running.api("ports", CARRIER) as http:
        for number in numbers:
            assert declare(http, number, long_ago=False) == "accepted"
    # The messages were sent before the port was filed here. Complaints does not know the port's state at that time, so
    # no order follows.
    late = [
        complaint(f"late-{number}-{person}", number, person, sent_at=sent.isoformat())
        for number in numbers
        for person in range(BAR + 1)
    ]
    filed = running.file(*(each | {"received_at": (sent + timedelta(hours=1)).isoformat()} for each in late))
    running.settle()
    assert running.in_evidence(*filed)
    standings = running.rows("ports", "SELECT DISTINCT standing FROM evidence WHERE number = ANY(%s)", numbers)
    assert standings == [("declared-late",)]
    for table in ("orders", "enquiries"):
        assert running.rows("ports", f"SELECT number FROM {table} WHERE number = ANY(%s)", numbers) == []
