"""Keyset pagination, and conditional requests."""

from __future__ import annotations

import base64

import pytest
from fastapi.testclient import TestClient

Headers = dict[str, str]


def send(api: TestClient, headers: Headers, road: str) -> str:
    return str(api.post("/parcels", json={"road": road, "grams": 1}, headers=headers).json()["id"])


def test_pages_have_no_gap_and_no_repetition(api: TestClient, sender: Headers) -> None:
    sent = [send(api, sender, "long") for _ in range(5)]
    found: list[str] = []
    url: str | None = "/parcels?road=long&page_size=2"
    pages = 0
    while url is not None:
        response = api.get(url, headers=sender)
        found += [item["id"] for item in response.json()["items"]]
        send(api, sender, "short")  # parcels on another road shift nothing
        pages += 1
        link = response.links.get("next")
        assert (link is None) == (response.json()["next_page_token"] is None)
        url = link["url"] if link else None
    assert (found, pages) == (sent, 3)


def test_a_full_last_page_has_no_next_page(api: TestClient, sender: Headers) -> None:
    for _ in range(2):
        send(api, sender, "even")
    assert api.get("/parcels?road=even&page_size=2", headers=sender).json()["next_page_token"] is None


def forge(content: bytes) -> str:
    return base64.urlsafe_b64encode(b"000000" + content).decode().rstrip("=")


@pytest.mark.parametrize(
    "damage", [lambda t: t[:-1], lambda t: t[:-2] + "AA", lambda t: "x" + t, lambda t: forge(b"[]")]
)
def test_a_damaged_page_token_is_refused(api: TestClient, sender: Headers, damage: object) -> None:
    for _ in range(2):
        send(api, sender, "token")
    token = api.get("/parcels?road=token&page_size=1", headers=sender).json()["next_page_token"]
    assert callable(damage)
    response = api.get("/parcels", params={"page_token": damage(token)}, headers=sender)
    assert (response.status_code, response.json()["type"]) == (422, "/problems/validation")


def test_a_read_returns_the_version_and_a_transition_increments_it(api: TestClient, sender: Headers) -> None:
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
def test_a_transition_requires_the_current_version_in_if_match(
    api: TestClient, sender: Headers, if_match: str | None, status: int
) -> None:
    parcel = send(api, sender, "seen")
    headers = {"Authorization": sender["Authorization"], "Idempotency-Key": parcel}
    if if_match is not None:
        headers["If-Match"] = if_match
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    response = api.post(f"/parcels/{parcel}/opening", headers=raw)
    assert response.status_code == status
