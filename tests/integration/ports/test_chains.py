"""The persons in the chains of orders and enquiries, who may decide on a listed enterprise's ports, and who reviews a
lift."""

from __future__ import annotations

from httpx2 import Response

from chassis.database import Database
from tests.integration.http.api import problem
from tests.integration.ports.api import Api
from tests.integration.ports.scenes import (
    NUMBER,
    assessed,
    consume,
    enforce,
    file,
    five,
    form,
    listed,
    orders,
    proposals,
    repaired,
    restriction,
    standing,
    withdrawn,
)
from tests.integration.ports.test_proposals import CMCC, MIIT, decide, proposed
from tests.parts.chains import chains, led_by


def test_a_person_behind_a_complaint_of_its_ground_does_not_decide_a_proposal(api: Api, database: Database) -> None:
    file(database, form())
    first, *others = five()
    consume(database, led_by(first, "filer"))
    consume(database, *others)
    path = f"/shutdown-proposals/{proposals(database)[0].id}"
    assert problem(decide(api, path, by="filer")) == (403, "four-eyes")
    assert decide(api, path, by="wang").status_code == 200
    assert chains(database, "shutdown-ordered.v1") == ["filer wang"]


def test_an_order_on_complaints_of_channels_has_no_person(database: Database) -> None:
    file(database, form())
    consume(database, *five())
    assert chains(database, "shutdown-ordered.v1") == [None]


def test_an_enquiry_has_the_persons_behind_its_complaints(database: Database) -> None:
    consume(database, *(led_by(assessed(f"c{n}", kind="unregistered"), f"person-{n}") for n in range(9)))
    found = chains(database, "enquiry-sent.v1")
    assert found
    assert all(str(chain).startswith("person-0 ") for chain in found)


def test_an_order_by_hand_has_both_persons(api: Api, database: Database) -> None:
    file(database, form())
    decide(api, proposed(api, by="li"), by="wang")
    assert chains(database, "shutdown-ordered.v1") == ["li wang"]


def test_a_person_behind_a_listing_does_not_decide_on_the_ports_of_its_enterprise(api: Api, database: Database) -> None:
    file(database, form())
    consume(database, led_by(standing(restriction(existing="propose")), "official", "confirmer"))
    path = f"/shutdown-proposals/{proposals(database)[0].id}"
    for person in ("official", "confirmer"):
        assert problem(decide(api, path, by=person)) == (403, "four-eyes")
    assert decide(api, path, by="wang").status_code == 200
    enforce(database)
    assert chains(database, "shutdown-ordered.v1") == ["confirmer official wang"]


def lifted(api: Api, database: Database, *, by: str = "li") -> str:
    """The path of the only order, which staff have lifted."""
    path = f"/orders/{orders(database)[-1].id}"
    answer = api.post(MIIT, f"{path}/lifting", {"reason": "their letter"}, by=by, seen=orders(database)[-1].version)
    assert answer.status_code == 200, answer.text
    return path


def review(api: Api, path: str, outcome: str, *, by: str = "wang") -> Response:
    version = api.get(MIIT, path).json()["version"]
    return api.post(MIIT, f"{path}/lift-review", {"outcome": outcome, "reason": "seen"}, by=by, seen=version)


def test_a_lift_is_reviewed_by_another_person_within_a_term(api: Api, database: Database) -> None:
    file(database, form())
    consume(database, *five())
    path = lifted(api, database)
    assert [each["id"] for each in api.get(MIIT, "/orders", lift_to_review=True).json()["items"]] == [path[8:]]
    assert problem(review(api, path, "confirmed", by="li")) == (403, "four-eyes")
    confirmed = review(api, path, "confirmed").json()
    assert (confirmed["state"], confirmed["lift_review"], confirmed["replaced_by"]) == ("lifted", "confirmed", None)
    assert confirmed["lifted_at"] < confirmed["lift_reviewed_at"] < confirmed["review_lift_by"]
    assert problem(review(api, path, "reversed")) == (409, "order-state")
    assert api.get(MIIT, "/orders", lift_to_review=True).json()["items"] == []
    assert api.get(CMCC, path).json()["lift_review_reason"] is None


def test_a_reversed_lift_places_the_same_order_again_on_its_old_evidence(api: Api, database: Database) -> None:
    file(database, form())
    consume(database, *five())
    path = lifted(api, database)
    again = review(api, path, "reversed").json()["replaced_by"]
    old, new = (api.get(MIIT, each).json() for each in (path, f"/orders/{again}"))
    assert new["state"] == "ordered"
    assert new["causes"] == [f"order:{old['id']}", *old["causes"]]
    same = ("carrier", "number", "ground", "attribution", "holder", "provider", "complainants", "reasons", "rules")
    assert {name: new[name] for name in same} == {name: old[name] for name in same}
    assert chains(database, "lift-reviewed.v1") == ["li wang"]
    assert chains(database, "shutdown-ordered.v1") == [None, "li wang"]
    # Its ground is the old evidence: it holds until too few of these complaints count, and then falls.
    consume(database, withdrawn(f"{NUMBER} 1"))
    assert api.get(MIIT, f"/orders/{again}").json()["ground_fell_at"] is not None


def test_the_complaints_behind_a_reversed_lift_count_for_later_orders(api: Api, database: Database) -> None:
    file(database, form())
    consume(database, *five())
    review(api, lifted(api, database), "reversed")
    consume(database, assessed("late"))
    assert [each.ground_fell_at for each in orders(database)] == [None, None]


def test_a_lift_whose_port_is_shut_again_cannot_be_reversed(api: Api, database: Database) -> None:
    file(database, form())
    consume(database, *five())
    path = lifted(api, database)
    decide(api, proposed(api, by="li"), by="wang")
    assert problem(review(api, path, "reversed", by="chen")) == (409, "port-is-ordered")
    assert review(api, path, "confirmed", by="chen").status_code == 200


def test_the_reversed_lift_of_the_order_of_a_listing_ends_with_the_listing(api: Api, database: Database) -> None:
    listed(database, NUMBER)
    again = review(api, lifted(api, database), "reversed").json()["replaced_by"]
    consume(database, repaired())
    enforce(database)
    assert api.get(MIIT, f"/orders/{again}").json()["state"] == "lifted"


def test_after_the_end_of_its_listing_the_lift_of_an_order_cannot_be_reversed(api: Api, database: Database) -> None:
    listed(database, NUMBER)
    path = lifted(api, database)
    consume(database, repaired())
    enforce(database)
    assert problem(review(api, path, "reversed")) == (409, "order-state")
