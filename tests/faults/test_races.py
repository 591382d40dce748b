"""Ports that are declared while people complain of them, and carriers that answer at the same moment."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import httpx2
import pytest

from tests.faults.crowd import BAR, BAR_ENQUIRY, complaint
from tests.faults.running import Running, eventually, insist, port

pytestmark = pytest.mark.timeout(600)

CARRIER = "carrier:CMCC"


def declare(http: httpx2.Client, number: str, *, long_ago: bool) -> str:
    """File a port, to hold since years ago or from this moment on; what became of it."""
    since = "2020-01-01" if long_ago else None
    said = port(number) | {"province": None, "covers_extensions": False, "declared_from": since}
    answer = insist(http, "POST", "/filings", json=said)
    assert answer.status_code in (200, 201), answer.text
    decision: str = answer.json()["decision"]
    return decision


def own_to(http: httpx2.Client, number: str) -> int | None:
    """As its carrier say that the number is one's own and unfiled, where one is asked; how that is answered."""
    asked = insist(http, "GET", "/enquiries", params={"number": number}).json()["items"]
    if not asked:
        return None
    headers = {"If-Match": "*"}
    answer = insist(
        http, "POST", f"/enquiries/{asked[0]['id']}/answer", json={"answer": "mine-unfiled"}, headers=headers
    )
    assert answer.status_code in (200, 409), answer.text
    return answer.status_code


def test_a_port_declared_while_people_complain_is_never_shut_as_unregistered(running: Running) -> None:
    draw = random.Random(7)
    # The plan gives these to one carrier, so it is asked as soon as two have complained.
    numbers = [f"106571236{place:04}" for place in range(40)]
    outcomes: dict[str, str] = {}

    def complain(number: str) -> None:
        with running.api("complaints") as http:
            for person in draw.sample(range(10_000), BAR_ENQUIRY + 1):
                said = complaint(f"{number}-{person}", number, person)
                assert insist(http, "POST", "/complaints", json=said).status_code == 201

    def file(number: str) -> None:
        with running.api("ports") as http:
            # Some are filed at once, some when the enquiry is out already.
            if draw.random() < 0.5:
                eventually(lambda: insist(http, "GET", "/enquiries", params={"number": number}).json()["items"])
            outcomes[number] = declare(http, number, long_ago=draw.random() < 0.5)

    def answer(number: str) -> None:
        with running.api("ports", CARRIER) as http:
            for _ in range(5):
                if own_to(http, number) is not None:
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
    # Whoever was first won, and the other was told: either it is filed, or it is shut and its filing refused.
    assert accepted | unregistered == set(numbers)
    assert accepted & unregistered == set()
    assert accepted


def test_a_port_declared_after_its_complaints_is_left_alone(running: Running) -> None:
    numbers = [f"106903710{place:04}" for place in range(5)]
    sent = datetime.now(UTC) - timedelta(days=1)
    with running.api("ports") as http:
        for number in numbers:
            assert declare(http, number, long_ago=False) == "accepted"
    # Sent before, filed here after: complaints knows nothing of the port as it was then, and nobody shuts it for that.
    late = [
        complaint(f"late-{number}-{person}", number, person, sent_at=sent.isoformat())
        for number in numbers
        for person in range(BAR + 1)
    ]
    filed = running.file(*(each | {"received_at": (sent + timedelta(hours=1)).isoformat()} for each in late))
    running.settle()
    assert running.heard_of(*filed)
    standings = running.rows("ports", "SELECT DISTINCT standing FROM evidence WHERE number = ANY(%s)", numbers)
    assert standings == [("declared-late",)]
    for table in ("orders", "enquiries"):
        assert running.rows("ports", f"SELECT number FROM {table} WHERE number = ANY(%s)", numbers) == []
