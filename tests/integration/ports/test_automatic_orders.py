"""Attacks on the automatic order: with one channel's credential, all at once, or by one person of staff.

Each leads to a proposal that another person decides.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from chassis import clock
from chassis.database import Database
from chassis.events.envelope import Message
from contracts.complaints import ComplaintAssessed
from services.ports.model import Answer
from tests.integration.http.api import problem
from tests.integration.ports.api import Api
from tests.integration.ports.scenes import (
    HOLDER,
    NOON,
    NUMBER,
    PROVIDER,
    assessed,
    consume,
    file,
    five,
    form,
    hours,
    lift,
    open_initial_load,
    orders,
    proposals,
    rows,
    unregistered,
    withdrawn,
)
from tests.integration.ports.test_enquiries_and_deadlines import OF_CARRIERS_OWN, answer, sweep
from tests.integration.ports.test_proposals import MIIT, WANG, decide
from tests.parts.chains import chains

Messages = list[Message[ComplaintAssessed]]
VISIBLE = timedelta(minutes=6)
"""After so long an enquiry is visible to its carrier."""


@pytest.fixture(autouse=True)
def _packs(_process: None, packs: None, database: Database) -> None:
    """The rules in force, with the time of receipt that an automatic order needs."""
    open_initial_load(database)


ATTACKS: dict[str, Messages] = {
    "one channel": five(channel="app"),
    "one channel, a crime": [assessed(f"crime {n}", category="suspected-crime", channel="app") for n in range(2)],
    "one channel, another signature": [
        assessed(f"sublet {n}", kind="sublet-suspected", signature="模拟到家", channel="app") for n in range(3)
    ],
    "all at once": five(at=NOON),
    "filed by one person of staff": five(actors=("li",)),
    "corrected by one person of staff": [*five()[:4], assessed("corrected", version=3, actors=("li",))],
    "stored by an earlier release": five(actors=("unknown",)),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_leads_to_a_proposal_and_to_no_order(api: Api, database: Database, attack: str) -> None:
    file(database, form())
    consume(database, *ATTACKS[attack])
    assert orders(database) == []
    (found,) = api.get(MIIT, "/shutdown-proposals").json()["items"]
    assert (found["carrier"], found["number"], found["state"], found["proposed_by"], found["proposer"]) == (
        *("CMCC", NUMBER, "proposed", "rules"),
        None,
    )
    basis = found["basis"]
    assert basis["reservations"]
    assert found["reason"] == "; ".join((*basis["reasons"], *basis["reservations"]))
    assert len(basis["causes"]) == basis["complainants"]
    assert [rule["rule"] for rule in basis["rules"]][1:] == ["shutdown.automatic"]


def test_the_order_after_a_decision_has_the_ground_and_the_complaints_of_the_proposal(
    api: Api, database: Database
) -> None:
    file(database, form())
    consume(database, *five(channel="app"))
    (proposal,) = proposals(database)
    decided = decide(api, f"/shutdown-proposals/{proposal.id}", by=WANG)
    assert decided.status_code == 200
    (order,) = orders(database)
    assert str(order.id) == decided.json()["order"]
    assert (order.ground, order.holder, order.provider, order.complainants) == ("commercial", HOLDER, PROVIDER, 5)
    assert (order.cause, order.causes[0], len(order.causes)) == (*[f"proposal:{proposal.id}"] * 2, 6)
    assert not any("app" in reason for reason in order.reasons)
    assert chains(database, "shutdown-ordered.v1") == [WANG]
    consume(database, withdrawn(f"{NUMBER} 1"))
    assert orders(database)[0].ground_fell_at is not None


def test_a_carrier_reads_no_proposal(api: Api, database: Database) -> None:
    file(database, form())
    consume(database, *five(channel="app"))
    assert problem(api.get("carrier:CMCC", f"/shutdown-proposals/{proposals(database)[0].id}")) == (403, "forbidden")


def test_an_order_follows_when_a_second_channel_reports_the_port(database: Database) -> None:
    file(database, form())
    consume(database, *five(channel="app"))
    consume(database, assessed("another", channel="sms"))
    (order,), (proposal,) = orders(database), proposals(database)
    assert order.cause.startswith("complaint:")
    assert (proposal.state, proposal.decision_reason) == ("withdrawn", "the port is ordered shut")


def test_a_pending_proposal_is_not_repeated(database: Database) -> None:
    file(database, form())
    for message in [*five(channel="app"), *(assessed(f"more {n}", channel="app") for n in range(5))]:
        consume(database, message)
    assert len(proposals(database)) == 1


def test_complaints_about_messages_sent_before_a_rejection_lead_to_nothing(api: Api, database: Database) -> None:
    file(database, form())
    consume(database, *five(channel="app"))
    decide(api, f"/shutdown-proposals/{proposals(database)[0].id}", "reject")
    consume(database, *(assessed(f"more {n}") for n in range(5)))
    assert (len(orders(database)), len(proposals(database))) == (0, 1)
    later = clock.now() + hours(2)
    consume(database, *(assessed(f"later {n}", sent=later, channel="app") for n in range(5)))
    assert [each.state for each in proposals(database)] == ["rejected", "proposed"]


def test_a_proposal_is_withdrawn_with_its_complaints(database: Database) -> None:
    file(database, form())
    consume(database, *five(channel="app"))
    consume(database, withdrawn(f"{NUMBER} 1"))
    (proposal,) = proposals(database)
    assert (proposal.state, proposal.decision_reason) == ("withdrawn", "its ground no longer holds")


def test_a_correction_does_not_move_the_arrival_of_a_complaint(database: Database) -> None:
    consume(database, assessed("early", at=NOON))
    consume(database, assessed("early", version=3, category="suspected-crime", at=NOON + hours(9)))
    (row,) = rows(database, "SELECT category, arrived_at FROM evidence")
    assert tuple(row) == ("suspected-crime", NOON)


def test_after_a_lifting_the_complaints_behind_a_proposal_lead_to_nothing(api: Api, database: Database) -> None:
    file(database, form())
    consume(database, *five(channel="app"))
    decide(api, f"/shutdown-proposals/{proposals(database)[0].id}")
    lift(database, orders(database)[0])
    consume(database, *five(version=3), *(assessed(f"more {n}") for n in range(5)))
    assert (len(orders(database)), len(proposals(database))) == (1, 1)


def ask_through(database: Database, **evidence: Any) -> None:
    consume(database, *(unregistered(f"u{n}", OF_CARRIERS_OWN, **evidence) for n in range(2)))


@pytest.mark.parametrize("evidence", [{"channel": "app"}, {"at": NOON}, {"actors": ("li",)}], ids=str)
@pytest.mark.parametrize("silent", [False, True])
def test_what_a_carrier_answers_to_an_attack_leads_to_a_proposal(
    api: Api, database: Database, evidence: dict[str, Any], silent: bool
) -> None:
    ask_through(database, **evidence)
    if silent:
        with clock.shifted(timedelta(hours=25)):
            sweep(database)
    else:
        with clock.shifted(VISIBLE):
            answer(database, "CMCC", Answer.MINE_UNFILED)
    assert orders(database) == []
    (proposal,) = proposals(database)
    assert decide(api, f"/shutdown-proposals/{proposal.id}", by=WANG).status_code == 200
    (order,) = orders(database)
    assert (order.ground, order.causes[1].partition(":")[0]) == ("unregistered", "enquiry")
    consume(database, withdrawn("u1", OF_CARRIERS_OWN))
    # An admission of the carrier does not depend on complaints.
    assert (orders(database)[0].ground_fell_at is not None) is silent


def test_an_order_follows_an_enquiry_when_a_second_channel_has_reported_the_number_by_then(database: Database) -> None:
    ask_through(database, channel="app")
    consume(database, unregistered("another", OF_CARRIERS_OWN, channel="sms"))
    with clock.shifted(VISIBLE):
        answer(database, "CMCC", Answer.MINE_UNFILED)
    assert (len(orders(database)), proposals(database)) == (1, [])


def test_rows_of_proposals_without_complaints_have_no_basis(api: Api, database: Database) -> None:
    file(database, form())
    api.post(MIIT, "/shutdown-proposals", {"carrier": "CMCC", "number": NUMBER, "reason": "no recipient asked for it"})
    with database.read() as read:
        assert read.execute(sa.text("SELECT basis IS NULL FROM shutdown_proposals")).scalars().all() == [True]
    assert api.get(MIIT, "/shutdown-proposals").json()["items"][0]["basis"] is None
