"""Parcels over a real database: routes, visibility, the sweep and the reaction."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from chassis import clock
from chassis.database import Database
from chassis.events.consumer import dispatch
from chassis.events.envelope import Decoder
from chassis.service import Service
from chassis.sweeper import Slice
from tests.integration.http.api import Api, problem

CMCC, CUCC, MIIT = "carrier:CMCC", "carrier:CUCC", "regulator:MIIT"


@pytest.fixture
def sent(api: Api) -> dict[str, Any]:
    """A parcel of CMCC."""
    response = api.post(CMCC, "/parcels", {"recipient": "收发室"})
    assert response.status_code == 201, response.text
    assert response.headers["Location"].endswith(f"/parcels/{response.json()['id']}")
    assert response.headers["ETag"] == '"1"'
    parcel: dict[str, Any] = response.json()
    return parcel


def published(database: Database) -> list[str]:
    """The types of the events in the outbox, in order."""
    with database.read() as read:
        return list(read.execute(sa.text("SELECT type FROM outbox ORDER BY position")).scalars())


def test_a_parcel_is_sent_and_delivered(api: Api, database: Database, sent: dict[str, Any]) -> None:
    delivered = api.post(CMCC, f"/parcels/{sent['id']}/delivery", seen=1)
    assert (delivered.status_code, delivered.json()["state"]) == (200, "delivered")
    assert published(database) == ["parcel-sent.v1", "parcel-delivered.v1"]


def test_a_repeated_request_with_the_same_key_has_the_same_response(api: Api, database: Database) -> None:
    first, second = (api.post(CMCC, "/parcels", {"recipient": "收发室"}, key="one") for _ in range(2))
    assert first.json() == second.json()
    assert published(database) == ["parcel-sent.v1"]


def test_a_second_delivery_is_a_conflict(api: Api, sent: dict[str, Any]) -> None:
    api.post(CMCC, f"/parcels/{sent['id']}/delivery", seen=1)
    assert problem(api.post(CMCC, f"/parcels/{sent['id']}/delivery", seen=2)) == (409, "parcel-state")


def test_an_outdated_version_is_refused(api: Api, sent: dict[str, Any]) -> None:
    assert problem(api.post(CMCC, f"/parcels/{sent['id']}/delivery", seen=7)) == (412, "precondition-failed")


def test_parcels_of_another_organisation_are_not_found(api: Api, sent: dict[str, Any]) -> None:
    assert problem(api.get(CUCC, f"/parcels/{sent['id']}")) == (404, "not-found")
    assert problem(api.post(CUCC, f"/parcels/{sent['id']}/delivery", seen=1)) == (404, "not-found")
    assert api.get(CUCC, "/parcels").json()["items"] == []
    assert [each["id"] for each in api.get(MIIT, "/parcels").json()["items"]] == [sent["id"]]


def test_the_sweep_marks_a_missed_deadline(
    api: Api, database: Database, service: Service, sent: dict[str, Any]
) -> None:
    (sweep,) = service.sweeps
    with clock.shifted(timedelta(days=30)), database.begin() as tx:
        assert sweep.run(tx, Slice(10)) == 1
    assert api.get(CMCC, f"/parcels/{sent['id']}").json()["overdue_since"] == sent["deliver_by"]
    assert published(database) == ["parcel-sent.v1", "parcel-overdue.v1"]


def test_the_reaction_counts_each_delivery_once(
    api: Api, database: Database, service: Service, sent: dict[str, Any]
) -> None:
    api.post(CMCC, f"/parcels/{sent['id']}/delivery", seen=1)
    with database.read() as read:
        payloads = read.execute(sa.text("SELECT payload FROM outbox ORDER BY position")).scalars().all()
    decoded = [Decoder(service.reactions).decode(bytes(payload)) for payload in payloads]
    messages = [message for message in decoded if message is not None]
    for _ in range(2):
        with database.begin() as tx:
            dispatch(tx, messages, service.reactions)
    assert api.get(CMCC, "/statistics").json() == {"arrived": 1, "late": 0}
