"""A 2xx response is sent after the commit; a request with any other response changes nothing."""

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
from tests.integration.http.clients import ApiClient
from tests.integration.http.issuer import Issuer
from tests.integration.http.serving import settings
from tests.parts.protocols import Postgres

Headers = dict[str, str]


def labels(database: Database) -> list[str]:
    with database.read() as read:
        return list(read.execute(sa.select(parcels.PARCELS.c.label)).scalars())


def test_a_failed_commit_is_never_reported_as_success(api: TestClient, database: Database, sender: Headers) -> None:
    parcel = {"road": "north", "grams": 5, "label": "one of a kind"}
    assert api.post("/parcels", json=parcel, headers=sender).status_code == 201

    # The constraint is deferred: the route succeeds, but its commit fails.
    duplicate = api.post("/parcels", json=parcel, headers=sender)

    assert duplicate.status_code == 409
    assert duplicate.json()["type"] == "/problems/conflict"
    assert labels(database).count("one of a kind") == 1


def test_the_writes_of_a_refused_request_are_rolled_back(api: TestClient, database: Database, sender: Headers) -> None:
    parcel = api.post("/parcels", json={"road": "north", "grams": 5}, headers=sender).json()
    opening = f"/parcels/{parcel['id']}/opening"

    refused = api.post(opening, headers={**sender, "If-Match": '"7"', "Idempotency-Key": "open-1"})
    assert refused.status_code == 412
    # If the key were not rolled back too, this request would get the refusal again.
    opened = api.post(opening, headers={**sender, "If-Match": '"1"', "Idempotency-Key": "open-1"})
    assert (opened.status_code, opened.json()["state"]) == (200, "opened")


def test_an_audit_entry_is_written_in_the_transaction_of_its_act(
    api: TestClient, database: Database, sender: Headers
) -> None:
    parcel = api.post("/parcels", json={"road": "north", "grams": 5}, headers=sender).json()["id"]
    api.post(f"/parcels/{parcel}/opening", headers={**sender, "If-Match": '"9"', "Idempotency-Key": parcel})
    api.post(f"/parcels/{parcel}/opening", headers={**sender, "If-Match": '"1"', "Idempotency-Key": parcel})

    with database.read() as read:
        entries = read.execute(
            sa.text("SELECT subject, org, act FROM audit_log WHERE object = :object"), {"object": f"parcel:{parcel}"}
        ).all()
    assert [tuple(row) for row in entries] == [("system-1", "carrier:CMCC", "parcel-opened")]


def test_only_one_of_several_concurrent_changes_succeeds(api: TestClient, sender: Headers) -> None:
    parcel = api.post("/parcels", json={"road": "north", "grams": 5}, headers=sender).json()["id"]

    def open_it(key: str) -> int:
        headers = {**sender, "If-Match": '"1"', "Idempotency-Key": key}
        return api.post(f"/parcels/{parcel}/opening", headers=headers).status_code

    with ThreadPoolExecutor(4) as pool:
        responses = sorted(pool.map(open_it, "abcd"))
    assert responses[0] == 200
    assert set(responses[1:]) == {412}


@pytest.mark.parametrize(
    ("kind", "status", "problem"),
    [
        ("deadlock", 503, "busy"),
        ("check", 500, "internal"),
        ("number", 422, "validation"),
        ("bug", 500, "internal"),
    ],
)
def test_each_database_error_has_its_problem(
    api: TestClient, sender: Headers, kind: str, status: int, problem: str
) -> None:
    response = api.post(f"/statements/{kind}", headers=sender)
    assert (response.status_code, response.json()["type"]) == (status, f"/problems/{problem}")
    assert ("Retry-After" in response.headers) == (status == 503)
    assert "secret" not in response.text
    assert "DO $$" not in response.text


def test_a_lock_timeout_is_reported_as_busy(api: TestClient, database: Database, sender: Headers) -> None:
    parcel = api.post("/parcels", json={"road": "north", "grams": 5}, headers=sender).json()["id"]
    with database.begin() as other:
        other.execute(sa.select(parcels.PARCELS).where(parcels.PARCELS.c.id == parcel).with_for_update())
        headers = {**sender, "If-Match": '"1"', "Idempotency-Key": f"locked-{parcel}"}
        response = api.post(f"/parcels/{parcel}/opening", headers=headers)
    assert (response.status_code, response.json()["type"]) == (503, "/problems/busy")


@pytest.fixture
def without_database(database_url: str, issuer: Issuer) -> FastAPI:
    """The API with an unreachable database."""
    unreachable = "postgresql://role:secret-word@127.0.0.1:1/nothing"
    return create_app(parcels.Parcels(), settings(unreachable, issuer), Database(unreachable))


def test_without_a_database_every_route_that_needs_it_is_a_503(without_database: FastAPI, sender: Headers) -> None:
    with ApiClient(without_database, raise_server_exceptions=False) as api:
        responses = [
            api.post("/parcels", json={"road": "north", "grams": 5}, headers=sender),
            api.get("/parcels", headers=sender),
            api.get("/roads"),
        ]
        ready, live = api.get("/readyz"), api.get("/healthz")
    for response in responses:
        assert response.status_code == 503
        assert response.headers["content-type"] == "application/problem+json"
        assert response.headers["Retry-After"] == "2"
        assert response.json()["type"] == "/problems/database-unavailable"
        assert "secret-word" not in response.text
    assert ready.status_code == 503
    assert list(without_database.state.health.problems()) == ["database: connection"]
    assert live.status_code == 200


def test_a_database_crash_during_a_request_is_a_503_until_the_restart(
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


def test_an_exhausted_pool_is_a_503_and_does_not_hang(database_url: str, issuer: Issuer) -> None:
    narrow = Database(database_url, pool=1)
    narrow.engine.pool._timeout = 0.2  # type: ignore[attr-defined]
    app = create_app(parcels.Parcels(), settings(database_url, issuer), narrow)
    with ApiClient(app, raise_server_exceptions=False) as api, narrow.read():
        assert api.get("/roads").status_code == 503
    narrow.close()


def test_a_request_without_a_free_thread_is_refused_as_busy(
    app: FastAPI, api: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operations, "PATIENCE_SECONDS", 0.2)
    app.state.threads = ThreadPoolExecutor(1)
    done = threading.Event()
    app.state.threads.submit(done.wait)
    try:
        response = api.get("/roads")
    finally:
        done.set()
    assert (response.status_code, response.json()["type"]) == (503, "/problems/busy")
    assert api.get("/roads").status_code == 200


def test_connections_that_the_server_has_closed_while_idle_cause_no_error(
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
