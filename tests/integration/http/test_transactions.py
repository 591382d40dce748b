"""An answer of 2xx is a fact; whatever else happened left nothing behind."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from fastapi.testclient import TestClient

from chassis.database import Database
from chassis.http import operations
from chassis.http.app import create_app
from tests.integration.http import parcels
from tests.integration.http.issuer import Issuer
from tests.integration.http.serving import settings
from tests.parts.protocols import Postgres

Headers = dict[str, str]


def labels(database: Database) -> list[str]:
    with database.read() as read:
        return list(read.execute(sa.select(parcels.PARCELS.c.label)).scalars())


def test_a_commit_that_fails_is_never_answered_with_success(
    api: TestClient, database: Database, sender: Headers
) -> None:
    parcel = {"road": "north", "grams": 5, "label": "one of a kind"}
    assert api.post("/parcels", json=parcel, headers=sender).status_code == 201

    # The constraint is deferred: the route succeeds, its commit does not.
    again = api.post("/parcels", json=parcel, headers=sender)

    assert again.status_code == 409
    assert again.json()["type"] == "/problems/conflict"
    assert labels(database).count("one of a kind") == 1


def test_what_a_refused_request_wrote_is_rolled_back(api: TestClient, database: Database, sender: Headers) -> None:
    parcel = api.post("/parcels", json={"road": "north", "grams": 5}, headers=sender).json()
    opening = f"/parcels/{parcel['id']}/opening"

    refused = api.post(opening, headers={**sender, "If-Match": '"7"', "Idempotency-Key": "open-1"})
    assert refused.status_code == 412
    # Were the key not rolled back with the rest, this would replay a refusal.
    opened = api.post(opening, headers={**sender, "If-Match": '"1"', "Idempotency-Key": "open-1"})
    assert (opened.status_code, opened.json()["state"]) == (200, "opened")


def test_an_act_is_audited_in_its_own_transaction(api: TestClient, database: Database, sender: Headers) -> None:
    parcel = api.post("/parcels", json={"road": "north", "grams": 5}, headers=sender).json()["id"]
    api.post(f"/parcels/{parcel}/opening", headers={**sender, "If-Match": '"9"', "Idempotency-Key": parcel})
    api.post(f"/parcels/{parcel}/opening", headers={**sender, "If-Match": '"1"', "Idempotency-Key": parcel})

    with database.read() as read:
        noted = read.execute(
            sa.text("SELECT subject, org, act FROM audit_log WHERE object = :object"), {"object": f"parcel:{parcel}"}
        ).all()
    assert [tuple(row) for row in noted] == [("system-1", "carrier:CMCC", "parcel-opened")]


def test_two_that_change_the_same_at_once_cannot_both_succeed(api: TestClient, sender: Headers) -> None:
    parcel = api.post("/parcels", json={"road": "north", "grams": 5}, headers=sender).json()["id"]

    def open_it(key: str) -> int:
        headers = {**sender, "If-Match": '"1"', "Idempotency-Key": key}
        return api.post(f"/parcels/{parcel}/opening", headers=headers).status_code

    with ThreadPoolExecutor(4) as pool:
        answers = sorted(pool.map(open_it, "abcd"))
    assert answers[0] == 200
    assert set(answers[1:]) == {412}


@pytest.mark.parametrize(
    ("kind", "status", "problem"),
    [
        ("deadlock", 503, "busy"),
        ("check", 500, "internal"),
        ("number", 422, "validation"),
        ("bug", 500, "internal"),
    ],
)
def test_each_failure_of_the_database_has_its_problem(
    api: TestClient, sender: Headers, kind: str, status: int, problem: str
) -> None:
    answer = api.post(f"/statements/{kind}", headers=sender)
    assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{problem}")
    assert ("Retry-After" in answer.headers) == (status == 503)
    assert "secret" not in answer.text
    assert "DO $$" not in answer.text


def test_a_lock_that_takes_too_long_is_a_busy_service(api: TestClient, database: Database, sender: Headers) -> None:
    parcel = api.post("/parcels", json={"road": "north", "grams": 5}, headers=sender).json()["id"]
    with database.begin() as other:
        other.execute(sa.select(parcels.PARCELS).where(parcels.PARCELS.c.id == parcel).with_for_update())
        headers = {**sender, "If-Match": '"1"', "Idempotency-Key": f"locked-{parcel}"}
        answer = api.post(f"/parcels/{parcel}/opening", headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/busy")


@pytest.fixture
def gone(database_url: str, issuer: Issuer) -> FastAPI:
    """The API over an address where nobody answers."""
    nowhere = "postgresql://nobody:secret-word@127.0.0.1:1/nothing"
    return create_app(parcels.Parcels(), settings(nowhere, issuer), Database(nowhere))


def test_without_a_database_every_route_that_needs_it_says_so(gone: FastAPI, sender: Headers) -> None:
    with TestClient(gone, raise_server_exceptions=False) as api:
        answers = [
            api.post("/parcels", json={"road": "north", "grams": 5}, headers=sender),
            api.get("/parcels", headers=sender),
            api.get("/roads"),
        ]
        ready, live = api.get("/readyz"), api.get("/healthz")
    for answer in answers:
        assert answer.status_code == 503
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["Retry-After"] == "2"
        assert answer.json()["type"] == "/problems/database-unavailable"
        assert "secret-word" not in answer.text
    assert ready.status_code == 503
    assert list(ready.json()["problems"]) == ["database: connection"]
    assert live.status_code == 200


def test_a_database_that_dies_under_requests_is_a_503_and_comes_back(
    api: TestClient, postgres: Postgres, sender: Headers
) -> None:
    new = {"road": "south", "grams": 5}
    gate = parcels.gates["south"] = parcels.Gate()
    statuses: list[int] = []
    request = threading.Thread(
        target=lambda: statuses.append(api.post("/parcels", json=new, headers=sender).status_code)
    )
    request.start()
    assert gate.reached.wait(10)
    postgres.kill()
    try:
        gate.opened.set()
        request.join(20)
        assert statuses == [503]
        assert api.post("/parcels", json=new, headers=sender).status_code == 503
    finally:
        postgres.start()
    del parcels.gates["south"]
    assert api.post("/parcels", json=new, headers=sender).status_code == 201
    listed = api.get("/parcels", params={"road": "south"}, headers=sender).json()["items"]
    assert len(listed) == 1


def test_an_exhausted_pool_is_a_503_and_not_a_hanging_service(database_url: str, issuer: Issuer) -> None:
    narrow = Database(database_url, pool=1)
    narrow.engine.pool._timeout = 0.2  # type: ignore[attr-defined]
    app = create_app(parcels.Parcels(), settings(database_url, issuer), narrow)
    with TestClient(app, raise_server_exceptions=False) as api, narrow.read():
        assert api.get("/roads").status_code == 503
    narrow.close()


def test_who_finds_every_thread_taken_is_told_to_come_again(
    app: FastAPI, api: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operations, "PATIENCE_SECONDS", 0.2)
    app.state.threads = ThreadPoolExecutor(1)
    done = threading.Event()
    app.state.threads.submit(done.wait)
    try:
        answer = api.get("/roads")
    finally:
        done.set()
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/busy")
    assert api.get("/roads").status_code == 200


def test_the_connections_that_a_server_ended_while_nobody_used_them_fail_nobody(
    api: TestClient, database: Database, sender: Headers
) -> None:
    assert api.get("/roads").status_code == 200
    with database.begin() as tx:
        tx.execute(
            sa.text(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
    assert [api.get("/roads").status_code for _ in range(5)] == [200] * 5
