"""What staff do to close the loop, however often they have to ask: clues are sealed, the fined are listed, and what
they have is shut."""

from __future__ import annotations

from typing import Any

import httpx2

from sandbox.behaviour import load
from tests.faults.running import REVIEWER, STAFF, Running, eventually, insist


def seal(running: Running, key: str) -> None:
    """Hand over what is collected by now, and wait until that is done."""
    with running.api("referrals") as http:
        body = {"reason": "what is there goes out now"}
        asked = insist(http, "POST", "/sealings", json=body, headers={"Idempotency-Key": key})
        assert asked.status_code == 202, asked.text
        where = asked.headers["location"]
        eventually(lambda: insist(http, "GET", where).json()["state"] == "done")


def list_the_fined(running: Running) -> int:
    """Confirm whatever a fine led to, once its enterprise has contested it; how many acts that took."""
    with running.api("credit") as officer, running.api("credit", STAFF, REVIEWER) as reviewer:
        proposed = _items(officer, "/entries", state="proposed", ground="fined")
        for entry in proposed:
            _act(officer, f"/entries/{entry['id']}/objection", {"statement": "we object"})
        contested = _items(officer, "/entries", state="contested", ground="fined")
        for entry in contested:
            decision = {"decision": "confirm", "reason": "the decision of the authority is final"}
            _act(reviewer, f"/entries/{entry['id']}/decision", decision)
        return len(proposed) + len(contested)


def shut_what_they_have(running: Running) -> int:
    """Decide that the ports of the listed are shut; how many proposals were decided."""
    with running.api("ports") as officer, running.api("ports", STAFF, REVIEWER) as reviewer:
        proposed = _items(officer, "/shutdown-proposals", state="proposed")
        for each in proposed:
            decision = {"decision": "shut", "reason": "the enterprise is listed"}
            _act(reviewer, f"/shutdown-proposals/{each['id']}/decision", decision)
        return len(proposed)


def all_concluded(running: Running) -> bool:
    """Whether the authorities have every batch, and have said all that they say at once: some are late, some silent."""
    if running.one("referrals", "SELECT count(*) FROM batches WHERE state = 'sealed'"):
        return False
    habits = load().authorities
    waiting = running.rows("referrals", "SELECT id::text, authority, complainants FROM clues WHERE state = 'received'")
    delays = [habits[authority].clue(authority, clue, complainants).after for clue, authority, complainants in waiting]
    return all(delay is None or delay.endswith("%") for delay in delays)


def _items(http: httpx2.Client, path: str, **query: str) -> list[Any]:
    answer = insist(http, "GET", path, params={**query, "page_size": "500"})
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


def _act(http: httpx2.Client, path: str, body: dict[str, str]) -> None:
    """Do it once; a conflict says that an answer of before was lost."""
    answer = insist(http, "POST", path, json=body, headers={"If-Match": "*", "Idempotency-Key": path})
    assert answer.status_code in (200, 201, 409), answer.text
