"""Carriers see orders and enquiries on a grid of moments, and no moment that a complaint determines."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from chassis import clock
from chassis.database import Database
from chassis.ids import first_id_at
from tests.integration.http.api import problem
from tests.integration.ports.api import Api
from tests.integration.ports.scenes import (
    NOON,
    assessed,
    consume,
    enquiries,
    file,
    five,
    form,
    open_initial_load,
    orders,
    unregistered,
    withdrawn,
)
from tests.integration.ports.test_enquiries_and_deadlines import OF_CARRIERS_OWN

CMCC, MIIT = "carrier:CMCC", "regulator:MIIT"
MADE = NOON + timedelta(minutes=2, seconds=17, microseconds=4_711)
SINCE = NOON + timedelta(minutes=5)
"""The next moment of the grid."""


@pytest.fixture(autouse=True)
def _packs(_process: None, packs: None, database: Database) -> None:
    """The rules in force, with their grid."""
    open_initial_load(database)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def items(api: Api, path: str, at: datetime, org: str = CMCC) -> list[dict[str, Any]]:
    with clock.frozen(at):
        found: list[dict[str, Any]] = api.get(org, path).json()["items"]
    return found


def test_a_carrier_sees_an_order_from_the_next_moment_of_the_grid_on(api: Api, database: Database) -> None:
    file(database, form())
    with clock.frozen(MADE):
        consume(database, *five())
    (stored,) = orders(database)
    assert stored.ordered_at == MADE
    before = SINCE - timedelta(microseconds=1)
    assert items(api, "/orders", before) == []
    assert len(items(api, "/orders", before, MIIT)) == 1
    with clock.frozen(before):
        assert problem(api.get(CMCC, f"/orders/{stored.id}")) == (404, "not-found")
        assert problem(api.post(CMCC, f"/orders/{stored.id}/acknowledgement", seen=1)) == (404, "not-found")
    (shown,) = items(api, "/orders", SINCE)
    assert moment(shown["ordered_at"]) == SINCE
    assert moment(shown["acknowledge_by"]) == SINCE + timedelta(hours=2)
    assert moment(shown["execute_by"]) == SINCE + timedelta(hours=24)
    with clock.frozen(SINCE):
        assert api.post(CMCC, f"/orders/{stored.id}/acknowledgement", seen=1).status_code == 200


def test_a_crime_is_visible_at_the_next_full_minute(api: Api, database: Database) -> None:
    file(database, form())
    with clock.frozen(MADE):
        consume(database, *(assessed(f"crime {n}", category="suspected-crime") for n in range(2)))
    assert items(api, "/orders", NOON + timedelta(minutes=3))
    assert not items(api, "/orders", NOON + timedelta(minutes=3, microseconds=-1))


def test_an_enquiry_is_visible_on_the_grid_and_its_deadline_counts_from_then(api: Api, database: Database) -> None:
    with clock.frozen(MADE):
        consume(database, *(unregistered(f"u{n}", OF_CARRIERS_OWN) for n in range(2)))
    (stored,) = enquiries(database)
    assert items(api, "/enquiries", SINCE - timedelta(microseconds=1)) == []
    with clock.frozen(SINCE - timedelta(microseconds=1)):
        answer = api.post(CMCC, f"/enquiries/{stored.id}/answer", {"answer": "not-mine"}, seen=1)
        assert problem(answer) == (404, "not-found")
    (shown,) = items(api, "/enquiries", SINCE)
    assert (moment(shown["sent_at"]), moment(shown["answer_by"])) == (SINCE, SINCE + timedelta(hours=24))


def test_the_id_of_an_order_states_when_it_became_visible(api: Api, database: Database) -> None:
    file(database, form())
    with clock.frozen(MADE):
        consume(database, *five())
    (stored,) = orders(database)
    assert first_id_at(SINCE) <= UUID(str(stored.id)) < first_id_at(SINCE + timedelta(milliseconds=1))


def test_a_carrier_reads_the_minute_in_which_a_ground_fell(api: Api, database: Database) -> None:
    file(database, form())
    with clock.frozen(MADE):
        consume(database, *five())
    fell = NOON + timedelta(hours=1, seconds=31, microseconds=17)
    with clock.frozen(fell):
        consume(database, withdrawn(f"{five()[1].event.sender.number} 1"))
    (carriers,), (staffs,) = items(api, "/orders", fell), items(api, "/orders", fell, MIIT)
    assert moment(carriers["ground_fell_at"]) == NOON + timedelta(hours=1)
    assert moment(staffs["ground_fell_at"]) == fell
