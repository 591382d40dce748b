"""Shutdown by hand requires two persons: staff or the rules propose, and another person decides."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import msgspec
import pytest
from httpx2 import Response

from chassis.database import Database
from tests.integration.http.api import problem
from tests.integration.ports.api import SCOPES, Api
from tests.integration.ports.scenes import (
    HOLDER,
    NUMBER,
    PROVIDER,
    assessed,
    consume,
    enforce,
    file,
    five,
    form,
    lift,
    listed,
    named,
    order_at,
    ordered,
    orders,
    phases,
    proposals,
    published,
    repaired,
    restriction,
    rows,
    standing,
    withdrawn,
)

MIIT, GUANGDONG, BEIJING, CMCC = "regulator:MIIT", "regulator:CA-44", "regulator:CA-11", "carrier:CMCC"
LI, WANG = "li", "wang"
OF_GUANGDONG = "10629001947213"


def propose(api: Api, number: str = NUMBER, *, org: str = MIIT, by: str = LI, **rest: Any) -> Response:
    body = {"carrier": "CMCC", "number": number, "reason": "no recipient asked for it"}
    return api.post(org, "/shutdown-proposals", body, by=by, **rest)


def decide(api: Api, path: str, verdict: str = "shut", *, org: str = MIIT, by: str = WANG, **rest: Any) -> Response:
    body = {"decision": verdict, "reason": "so be it"}
    return api.post(org, f"{path}/decision", body, by=by, **{"seen": 1, **rest})


def proposed(api: Api, number: str = NUMBER, **rest: Any) -> str:
    """Make a proposal; returns its path."""
    answer = propose(api, number, **rest)
    assert answer.status_code == 201, answer.text
    return answer.headers["location"]


def of_the_listing(database: Database) -> str:
    """The path of the proposal that the rules made for a listing."""
    (row,) = [row for row in proposals(database) if row.listing is not None]
    return f"/v1/shutdown-proposals/{row.id}"


# -------------------------------------------------------------------------------------------------------- of a port


def test_one_person_proposes_another_decides_and_the_port_is_ordered_shut(api: Api, database: Database) -> None:
    file(database, form())
    made = propose(api)
    assert (made.status_code, made.headers["etag"], made.json()["state"]) == (201, '"1"', "proposed")
    assert (made.json()["proposed_by"], made.json()["proposer"]) == ("staff", LI)
    path = made.headers["location"]
    assert api.get(MIIT, path).json() == made.json()
    decided = decide(api, path)
    assert (decided.status_code, decided.headers["etag"], decided.json()["state"]) == (200, '"2"', "shut")
    (order,) = orders(database)
    assert decided.json()["order"] == str(order.id)
    assert (order.ground, order.cause, order.complainants) == ("by-hand", f"proposal:{made.json()['id']}", 0)
    assert (order.attribution, order.holder, order.provider) == ("declared", HOLDER, PROVIDER)
    assert order.reasons == [
        "proposed by staff: no recipient asked for it",
        "decided by another member of staff: so be it",
    ]
    assert [rule["rule"] for rule in order.rules] == ["order.deadlines"]
    assert published(database, "shutdown-ordered.v1") == 1
    story = rows(database, "SELECT correlation_id FROM shutdown_proposals")
    assert order.correlation_id == story[0].correlation_id


def test_neither_person_is_named_in_what_an_event_states_or_to_the_carrier(api: Api, database: Database) -> None:
    file(database, form())
    decide(api, proposed(api, by="person-one"), by="person-two")
    payloads = [row.payload for row in rows(database, "SELECT payload FROM outbox")]
    stated = " ".join(str(msgspec.json.decode(payload)["data"]) for payload in payloads)
    assert "person-" not in stated + api.get(CMCC, "/orders").text
    (order,) = api.get(CMCC, "/orders").json()["items"]
    assert order["causes"] == []
    assert api.get(MIIT, f"/orders/{order['id']}").json()["causes"] == [f"proposal:{proposals(database)[0].id}"]


def test_both_acts_are_in_the_audit_log(api: Api, database: Database) -> None:
    path = proposed(api)
    decide(api, path)
    log = rows(database, "SELECT act, object, subject, reason FROM audit_log ORDER BY id")
    about = f"proposal:{path.rpartition('/')[2]}"
    assert [(row.act, row.object, row.subject) for row in log] == [
        ("shutdown-proposed", about, LI),
        ("shutdown-decided", about, WANG),
    ]
    assert "so be it" in log[1].reason


def test_a_port_that_is_not_filed_can_be_shut_too(api: Api, database: Database) -> None:
    decide(api, proposed(api))
    (order,) = orders(database)
    assert (order.attribution, order.holder, order.provider, order.province) == ("unregistered", None, None, None)


def test_the_register_is_read_at_the_decision(api: Api, database: Database) -> None:
    path = proposed(api)
    file(database, form())
    decide(api, path)
    assert orders(database)[0].attribution == "declared"


@pytest.mark.parametrize("verdict", ["shut", "reject"])
def test_the_proposer_cannot_decide(api: Api, database: Database, verdict: str) -> None:
    path = proposed(api)
    assert problem(decide(api, path, verdict, by=LI)) == (403, "four-eyes")
    assert (api.get(MIIT, path).json()["state"], orders(database)) == ("proposed", [])


def test_a_rejected_proposal_shuts_nothing_and_another_can_be_made(api: Api, database: Database) -> None:
    path = proposed(api)
    rejected = decide(api, path, "reject")
    assert (rejected.json()["state"], rejected.json()["decision_reason"]) == ("rejected", "so be it")
    assert orders(database) == []
    assert problem(decide(api, path, seen=2)) == (409, "proposal-state")
    assert propose(api).status_code == 201


def test_a_port_has_one_open_proposal_at_a_time_per_carrier(api: Api) -> None:
    proposed(api)
    assert problem(propose(api, by=WANG)) == (409, "port-is-proposed")
    elsewhere = {"carrier": "CUCC", "number": NUMBER, "reason": "it, too"}
    assert api.post(MIIT, "/shutdown-proposals", elsewhere).status_code == 201


def test_a_proposal_for_a_port_with_an_open_order_waits_until_that_order_is_lifted(
    api: Api, database: Database
) -> None:
    path = proposed(api)
    ordered(database)
    assert problem(decide(api, path)) == (409, "port-is-ordered")
    assert api.get(MIIT, path).json()["state"] == "proposed"
    lift(database, orders(database)[0])
    assert decide(api, path).status_code == 200
    assert [row.ground for row in orders(database)] == ["commercial", "by-hand"]


def test_a_decision_requires_the_version_that_was_read(api: Api) -> None:
    path = proposed(api)
    assert problem(decide(api, path, seen=None)) == (428, "precondition-required")
    assert problem(decide(api, path, seen=7)) == (412, "precondition-failed")


def test_repeated_requests_with_their_key_act_once(api: Api, database: Database) -> None:
    first, again = propose(api, key="p"), propose(api, key="p")
    assert (again.status_code, again.json()) == (201, first.json())
    path = first.headers["location"]
    once, twice = decide(api, path, key="d"), decide(api, path, key="d")
    assert (twice.status_code, twice.json()) == (200, once.json())
    assert (len(proposals(database)), len(orders(database))) == (1, 1)


@pytest.mark.parametrize(
    ("field", "value"),
    [("number", "13900001234"), ("number", "1064"), ("number", "no number"), ("carrier", "UNKNOWN")],
)
def test_only_a_port_of_the_plan_at_a_known_carrier_can_be_proposed(
    api: Api, database: Database, field: str, value: str
) -> None:
    body = {"carrier": "CMCC", "number": NUMBER, "reason": "x"} | {field: value}
    answer = api.post(MIIT, "/shutdown-proposals", body)
    assert problem(answer) == (422, "validation")
    assert [each["pointer"] for each in answer.json()["errors"]] == [f"/{field}"]
    assert proposals(database) == []


def test_a_number_is_read_in_its_common_spellings(api: Api) -> None:
    assert propose(api, "+86 1069 0123 5665 71").json()["number"] == NUMBER


def test_complaints_do_not_affect_an_order_by_hand_nor_count_from_before_its_lifting(
    api: Api, database: Database
) -> None:
    file(database, form())
    consume(database, *five()[:4])
    decide(api, proposed(api))
    consume(database, withdrawn(f"{NUMBER} 0"))
    assert orders(database)[0].ground_fell_at is None
    lift(database, orders(database)[0])
    consume(database, assessed("a"), assessed("b"))
    assert len(orders(database)) == 1


# ------------------------------------------------------------------------------------------------- who may do what


def test_a_provincial_administration_proposes_and_decides_ports_filed_for_its_province(
    api: Api, database: Database
) -> None:
    file(database, form(OF_GUANGDONG, province="440000"), form())
    path = proposed(api, OF_GUANGDONG, org=GUANGDONG)
    assert problem(propose(api, org=GUANGDONG)) == (404, "not-found")
    assert problem(propose(api, f"{NUMBER}99", org=GUANGDONG)) == (404, "not-found")
    assert problem(api.get(BEIJING, path)) == (404, "not-found")
    assert problem(decide(api, path, org=BEIJING)) == (404, "not-found")
    assert api.get(BEIJING, "/shutdown-proposals").json()["items"] == []
    assert len(api.get(GUANGDONG, "/shutdown-proposals").json()["items"]) == 1
    assert decide(api, path, org=GUANGDONG).status_code == 200
    assert orders(database)[0].province == "440000"


def test_carriers_and_others_can_neither_see_nor_make_nor_decide_proposals(api: Api) -> None:
    path = proposed(api)
    for org in (CMCC, "authority:SAMR", "channel:app"):
        assert problem(propose(api, f"{NUMBER}1", org=org)) == (403, "forbidden")
        assert problem(decide(api, path, org=org)) == (403, "forbidden")
        assert problem(api.get(org, path)) == (403, "forbidden")
        assert problem(api.get(org, "/shutdown-proposals")) == (403, "forbidden")


def test_proposing_and_deciding_require_their_own_scopes(api: Api) -> None:
    path = proposed(api)
    assert problem(propose(api, scopes=SCOPES.replace("orders:propose", ""))) == (403, "forbidden")
    assert problem(decide(api, path, scopes=SCOPES.replace("orders:decide", ""))) == (403, "forbidden")
    assert problem(api.get(MIIT, path, scopes=SCOPES.replace("orders:read", ""))) == (403, "forbidden")


def test_a_proposal_that_does_not_exist_is_not_found(api: Api) -> None:
    assert problem(api.get(MIIT, f"/shutdown-proposals/{uuid4()}")) == (404, "not-found")
    assert problem(decide(api, f"/shutdown-proposals/{uuid4()}")) == (404, "not-found")


def test_proposals_are_filtered_and_paged(api: Api, database: Database) -> None:
    first, second = proposed(api), proposed(api, f"{NUMBER}1")
    decide(api, first, "reject")
    listed(database, existing="propose")
    third = of_the_listing(database)

    def found(**query: Any) -> list[str]:
        items = api.get(MIIT, "/shutdown-proposals", **query).json()["items"]
        return [f"/v1/shutdown-proposals/{each['id']}" for each in items]

    assert found() == [first, second, third]
    assert found(state="proposed") == [second, third]
    assert found(number=NUMBER) == [first]
    assert found(carrier="CMCC") == [first, second]
    assert found(listing=str(named("an entry"))) == [third]
    page = api.get(MIIT, "/shutdown-proposals", page_size=2).json()
    assert found(page_size=2, page_token=page["next_page_token"]) == [third]


# -------------------------------------------------------------------------------------------------- of an enterprise


def test_a_listing_proposes_to_shut_the_whole_enterprise_and_one_person_decides(api: Api, database: Database) -> None:
    numbers = [f"{NUMBER}{n}" for n in range(3)]
    listed(database, *numbers, existing="propose")
    assert (phases(database), orders(database)) == (["proposed"], [])
    path = of_the_listing(database)
    view = api.get(MIIT, path).json()
    assert (view["proposed_by"], view["proposer"], view["code"], view["number"]) == ("rules", None, HOLDER, None)
    decided = decide(api, path, by=LI)
    assert (decided.status_code, decided.json()["state"], decided.json()["order"]) == (200, "shut", None)
    assert phases(database) == ["shutting"]
    enforce(database)
    assert {row.number for row in orders(database)} == set(numbers)
    assert phases(database) == ["shut"]


def test_a_port_filed_between_the_listing_and_the_decision_is_shut_too(api: Api, database: Database) -> None:
    listed(database, existing="propose", new_resources="allow")
    file(database, form())
    decide(api, of_the_listing(database))
    enforce(database)
    assert order_at(database).cause == f"listing:{named('an entry')}"


def test_a_rejected_proposal_leaves_the_ports_and_new_filings_stay_refused(api: Api, database: Database) -> None:
    listed(database, NUMBER, existing="propose")
    assert decide(api, of_the_listing(database), "reject").status_code == 200
    consume(database, standing(restriction(existing="propose"), version=2))
    assert (enforce(database), phases(database), orders(database), len(proposals(database))) == (0, ["noted"], [], 1)
    assert file(database, form(f"{NUMBER}1"))[0].outcome == "refused"


def test_a_proposal_whose_listing_ended_is_withdrawn(api: Api, database: Database) -> None:
    listed(database, NUMBER, existing="propose")
    path = of_the_listing(database)
    consume(database, repaired())
    assert (api.get(MIIT, path).json()["state"], phases(database)) == ("withdrawn", ["ended"])
    assert problem(decide(api, path, seen=2)) == (409, "proposal-state")
    assert orders(database) == []


def test_a_proposal_for_an_enterprise_is_visible_to_national_staff_only(api: Api, database: Database) -> None:
    listed(database, NUMBER, existing="propose")
    path = of_the_listing(database)
    assert problem(api.get(GUANGDONG, path)) == (404, "not-found")
    assert problem(decide(api, path, org=GUANGDONG)) == (404, "not-found")
    assert problem(decide(api, path, org=CMCC)) == (403, "forbidden")


def test_redelivered_standings_propose_nothing_twice(database: Database) -> None:
    first = standing(restriction(existing="propose"))
    consume(database, first)
    consume(database, first)
    consume(database, standing(restriction(existing="propose"), version=2))
    assert len(proposals(database)) == 1
