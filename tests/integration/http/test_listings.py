"""Listings by keyset, and acts that depend on what was read."""

from __future__ import annotations

import base64

import pytest
from fastapi.testclient import TestClient

Headers = dict[str, str]


def send(api: TestClient, headers: Headers, road: str) -> str:
    return str(api.post("/parcels", json={"road": road, "grams": 1}, headers=headers).json()["id"])


def test_pages_follow_each_other_without_a_gap_or_a_repeat(api: TestClient, sender: Headers) -> None:
    sent = [send(api, sender, "long") for _ in range(5)]
    found: list[str] = []
    url: str | None = "/parcels?road=long&page_size=2"
    pages = 0
    while url is not None:
        answer = api.get(url, headers=sender)
        found += [item["id"] for item in answer.json()["items"]]
        send(api, sender, "short")  # what comes in between on another road shifts nothing
        pages += 1
        link = answer.links.get("next")
        assert (link is None) == (answer.json()["next_page_token"] is None)
        url = link["url"] if link else None
    assert (found, pages) == (sent, 3)


def test_a_full_last_page_has_no_next(api: TestClient, sender: Headers) -> None:
    for _ in range(2):
        send(api, sender, "even")
    assert api.get("/parcels?road=even&page_size=2", headers=sender).json()["next_page_token"] is None


def forge(content: bytes) -> str:
    return base64.urlsafe_b64encode(b"000000" + content).decode().rstrip("=")


@pytest.mark.parametrize(
    "damage", [lambda t: t[:-1], lambda t: t[:-2] + "AA", lambda t: "x" + t, lambda t: forge(b"[]")]
)
def test_a_damaged_token_is_refused(api: TestClient, sender: Headers, damage: object) -> None:
    for _ in range(2):
        send(api, sender, "token")
    token = api.get("/parcels?road=token&page_size=1", headers=sender).json()["next_page_token"]
    assert callable(damage)
    answer = api.get("/parcels", params={"page_token": damage(token)}, headers=sender)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/validation")


def test_a_read_says_its_version_and_the_act_on_it_moves_it(api: TestClient, sender: Headers) -> None:
    parcel = send(api, sender, "versions")
    read = api.get(f"/parcels/{parcel}", headers=sender)
    assert read.headers["ETag"] == '"1"'
    headers = {**sender, "If-Match": read.headers["ETag"], "Idempotency-Key": parcel}
    assert api.post(f"/parcels/{parcel}/opening", headers=headers).headers["ETag"] == '"2"'


@pytest.mark.parametrize(
    ("if_match", "status"),
    [
        ('"1"', 200),
        ("*", 200),
        ('"7", "1"', 200),
        ('W/"9","1"', 200),
        ('"2"', 412),
        ('W/"1"', 412),
        ('""', 412),
        ('"一"', 400),
        ("1", 400),
        ('"1', 400),
        ("", 400),
        ('"1" "2"', 400),
        (None, 428),
    ],
)
def test_an_act_on_a_state_demands_that_it_was_seen(
    api: TestClient, sender: Headers, if_match: str | None, status: int
) -> None:
    parcel = send(api, sender, "seen")
    headers = {"Authorization": sender["Authorization"], "Idempotency-Key": parcel}
    if if_match is not None:
        headers["If-Match"] = if_match
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    answer = api.post(f"/parcels/{parcel}/opening", headers=raw)
    assert answer.status_code == status
