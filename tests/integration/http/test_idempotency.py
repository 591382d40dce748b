"""Idempotency keys: a repeated request is executed once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import httpx2
import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient

from chassis import clock
from chassis.database import Database
from chassis.http import idempotency
from chassis.http.idempotency import IDEMPOTENCY_KEYS
from tests.integration.http import parcels
from tests.integration.http.issuer import Issuer

Headers = dict[str, str]


def send(api: TestClient, headers: Headers, key: str, **parcel: Any) -> httpx2.Response:
    return api.post("/parcels", json={"road": "a", "grams": 1, **parcel}, headers={**headers, "Idempotency-Key": key})


def count(database: Database, road: str) -> int:
    with database.read() as read:
        statement = sa.select(sa.func.count()).where(parcels.PARCELS.c.road == road)
        return int(read.execute(statement).scalar_one())


def test_a_repeated_request_gets_the_same_response(api: TestClient, database: Database, sender: Headers) -> None:
    first = send(api, sender, "same", road="same")
    repeated = send(api, sender, "same", road="same")
    assert first.status_code == repeated.status_code == 201
    assert first.content == repeated.content
    for name in ("location", "etag", "content-type"):
        assert first.headers[name] == repeated.headers[name]
    assert "Idempotency-Replayed" not in first.headers
    assert repeated.headers["Idempotency-Replayed"] == "true"
    assert count(database, "same") == 1


def test_requests_without_a_key_are_executed_separately(api: TestClient, database: Database, sender: Headers) -> None:
    for _ in range(2):
        api.post("/parcels", json={"road": "keyless", "grams": 1}, headers=sender)
    assert count(database, "keyless") == 2


def test_concurrent_requests_with_one_key_are_executed_once(
    api: TestClient, database: Database, sender: Headers
) -> None:
    gate = parcels.gates["twice"] = parcels.Gate()
    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(send, api, sender, "twice", road="twice")
        assert gate.reached.wait(10)
        others = [pool.submit(send, api, sender, "twice", road="twice") for _ in range(2)]
        # The others wait for the first and cannot complete before it continues.
        with pytest.raises(TimeoutError):
            others[0].result(0.3)
        gate.opened.set()
        responses = [each.result(10) for each in (first, *others)]
    del parcels.gates["twice"]
    assert [each.status_code for each in responses] == [201, 201, 201]
    assert len({each.content for each in responses}) == 1
    assert count(database, "twice") == 1


def test_a_request_is_executed_when_an_earlier_one_with_its_key_has_failed(
    api: TestClient, database: Database, sender: Headers
) -> None:
    send(api, sender, "blocker", road="failing", label="taken")
    # The label is taken: the commit fails, and the key is rolled back with it.
    assert send(api, sender, "retry", road="failing", label="taken").status_code == 409
    with database.begin() as tx:
        tx.execute(parcels.PARCELS.delete().where(parcels.PARCELS.c.label == "taken"))
    assert send(api, sender, "retry", road="failing", label="taken").status_code == 201
    assert count(database, "failing") == 1


@pytest.mark.parametrize("change", [{"grams": 2}, {"road": "elsewhere"}])
def test_a_key_cannot_be_reused_for_another_request(api: TestClient, sender: Headers, change: dict[str, Any]) -> None:
    key = f"reused {change}".replace(" ", "-")
    assert send(api, sender, key).status_code == 201
    reused = send(api, sender, key, **change)
    assert (reused.status_code, reused.json()["type"]) == (422, "/problems/idempotency-key-reused")


def test_a_key_cannot_be_reused_for_another_parcel(api: TestClient, sender: Headers) -> None:
    ids = [send(api, sender, f"parcel-{number}").json()["id"] for number in range(2)]
    headers = {**sender, "If-Match": '"1"', "Idempotency-Key": "opening"}
    responses = [api.post(f"/parcels/{each}/opening", headers=headers).status_code for each in (*ids, ids[0])]
    assert responses == [200, 422, 200]


def test_each_caller_has_its_own_keys(api: TestClient, issuer: Issuer) -> None:
    scope = "parcels:send"
    mine = send(api, issuer.bearer(scope), "shared")
    theirs = send(api, issuer.bearer(scope, org="carrier:CUCC"), "shared", grams=9)
    colleague = send(api, issuer.bearer(scope, sub="system-2"), "shared", grams=8)
    assert [each.status_code for each in (mine, theirs, colleague)] == [201, 201, 201]
    assert len({each.json()["id"] for each in (mine, theirs, colleague)}) == 3


def test_an_operation_that_requires_a_key_refuses_a_request_without_one(api: TestClient, sender: Headers) -> None:
    parcel = send(api, sender, "required").json()["id"]
    response = api.post(f"/parcels/{parcel}/opening", headers={**sender, "If-Match": '"1"'})
    assert (response.status_code, response.json()["type"]) == (400, "/problems/idempotency-key-required")


@pytest.mark.parametrize("key", ["", "two words", "x" * 256, "schlüssel"])
def test_an_invalid_key_is_refused(api: TestClient, sender: Headers, key: str) -> None:
    response = api.post(
        "/parcels",
        json={"road": "a", "grams": 1},
        headers=[(b"authorization", sender["Authorization"].encode()), (b"idempotency-key", key.encode())],
    )
    assert response.status_code == 422
    assert response.json()["errors"][0]["pointer"] == "/Idempotency-Key"


def test_a_repeated_transition_gets_its_first_response_although_the_state_has_changed(
    api: TestClient, sender: Headers
) -> None:
    parcel = send(api, sender, "moved-on").json()["id"]
    headers = {**sender, "If-Match": '"1"', "Idempotency-Key": "open-moved-on"}
    first, repeated = (api.post(f"/parcels/{parcel}/opening", headers=headers) for _ in range(2))
    assert (repeated.status_code, repeated.json(), repeated.headers["etag"]) == (200, first.json(), '"2"')
    other = api.post(f"/parcels/{parcel}/opening", headers={**headers, "If-Match": "*", "Idempotency-Key": "other"})
    assert (other.status_code, other.json()["type"]) == (409, "/problems/parcel-open")


def test_keys_are_pruned_after_their_retention_and_not_earlier(
    api: TestClient, database: Database, sender: Headers
) -> None:
    with clock.shifted(timedelta(days=-8)):
        send(api, sender, "old", road="pruned")
    send(api, sender, "young", road="pruned")
    with database.begin() as tx:
        while idempotency.prune(tx, timedelta(days=7), limit=1):
            pass
        kept = set(tx.execute(sa.select(IDEMPOTENCY_KEYS.c.key)).scalars())
    assert "young" in kept
    assert "old" not in kept
    assert send(api, sender, "old", road="pruned").status_code == 201
    assert count(database, "pruned") == 3
