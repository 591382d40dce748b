"""The persons in the chains of orders and enquiries, and who may decide on a listed enterprise's ports."""

from __future__ import annotations

from chassis.database import Database
from tests.integration.http.api import problem
from tests.integration.ports.api import Api
from tests.integration.ports.scenes import (
    assessed,
    consume,
    enforce,
    file,
    five,
    form,
    proposals,
    restriction,
    standing,
)
from tests.integration.ports.test_proposals import decide, proposed
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
