"""Actions of staff that close the loop: seal clues, confirm the entries of fined enterprises, shut their ports.

Each request is repeated until it is answered.
"""

from __future__ import annotations

from typing import Any

import httpx2

from chassis.version import API_PREFIX
from sandbox.behaviour import load
from tests.faults.running import DIRECTOR, OFFICER, REVIEWER, RunningSystem, eventually, request_until_answered


def seal_clues(running: RunningSystem, key: str) -> None:
    """Seal the clues collected so far and hand them over; return when that is done."""
    with running.api_for("referrals", OFFICER) as http:
        body = {"reason": "hand over the clues collected so far"}
        accepted = request_until_answered(http, "POST", "/sealings", json=body, headers={"Idempotency-Key": key})
        assert accepted.status_code == 202, accepted.text
        location = accepted.headers["location"].removeprefix(API_PREFIX)
        eventually(lambda: request_until_answered(http, "GET", location).json()["state"] == "done")


def confirm_fined_entries(running: RunningSystem) -> int:
    """Record an objection to each entry proposed for a fine, with a waiver of the rest of the term, then let another
    person confirm it; return the number of requests."""
    with running.api_for("credit", OFFICER) as officer, running.api_for("credit", REVIEWER) as reviewer:
        proposed = _items(officer, "/entries", state="proposed", ground="fined")
        for entry in proposed:
            _post_once(officer, f"/entries/{entry['id']}/objection", {"statement": "we object", "waives_term": True})
        contested = _items(officer, "/entries", state="contested", ground="fined")
        for entry in contested:
            decision = {"decision": "confirm", "reason": "the decision of the authority is final"}
            _post_once(reviewer, f"/entries/{entry['id']}/decision", decision)
        return len(proposed) + len(contested)


def approve_shutdown_proposals(running: RunningSystem) -> int:
    """Decide that the ports of listed enterprises are shut; return the number of proposals."""
    with running.api_for("ports", OFFICER) as officer, running.api_for("ports", DIRECTOR) as director:
        proposed = _items(officer, "/shutdown-proposals", state="proposed")
        for proposal in proposed:
            decision = {"decision": "shut", "reason": "the enterprise is listed"}
            _post_once(director, f"/shutdown-proposals/{proposal['id']}/decision", decision)
        return len(proposed)


def prompt_clues_concluded(running: RunningSystem) -> bool:
    """Whether every batch is handed over, and every clue that its authority concludes promptly is concluded.

    By their configured behaviour authorities conclude some clues late and some never.
    """
    if running.one("referrals", "SELECT count(*) FROM batches WHERE state = 'sealed'"):
        return False
    habits = load().authorities
    waiting = running.rows("referrals", "SELECT id::text, authority, complainants FROM clues WHERE state = 'received'")
    delays = [habits[authority].clue(authority, clue, complainants).after for clue, authority, complainants in waiting]
    return all(delay is None or delay.endswith("%") for delay in delays)


def _items(http: httpx2.Client, path: str, **query: str) -> list[Any]:
    answer = request_until_answered(http, "GET", path, params={**query, "page_size": "500"})
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


def _post_once(http: httpx2.Client, path: str, body: dict[str, Any]) -> None:
    """Send a command; a conflict means that it was applied and the response was lost."""
    headers = {"If-Match": "*", "Idempotency-Key": path}
    answer = request_until_answered(http, "POST", path, json=body, headers=headers)
    assert answer.status_code in (200, 201, 409), answer.text
