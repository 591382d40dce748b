"""The persons in the chain of a conclusion: of its complaints, of routing and sealing, and who concluded."""

from __future__ import annotations

from chassis.database import Database
from tests.integration.referrals.api import Api
from tests.integration.referrals.scenes import MIIT, SAMR, assessed, clues, consume, received_clue, seal, withdrawn
from tests.integration.referrals.test_conclusions import FINE
from tests.parts.chains import chains, led_by


def test_a_conclusion_has_its_official_and_the_persons_behind_its_complaints(api: Api, database: Database) -> None:
    consume(database, led_by(assessed("one"), "filer"), led_by(assessed("two"), "corrector"), assessed("three"))
    clue = received_clue(api, database)
    assert api.post(SAMR, f"{clue}/conclusion", FINE, seen=3, by="official").status_code == 200
    (chain,) = chains(database, "clue-concluded.v1")
    assert {"filer", "corrector", "official"} <= set(str(chain).split())


def test_a_complaint_that_left_an_open_clue_takes_its_persons_along(api: Api, database: Database) -> None:
    consume(database, assessed("one"), led_by(assessed("two"), "filer"))
    consume(database, withdrawn("two"))
    clue = received_clue(api, database)
    assert api.post(SAMR, f"{clue}/conclusion", FINE, seen=3, by="official").status_code == 200
    (chain,) = chains(database, "clue-concluded.v1")
    assert "filer" not in str(chain).split()


def test_a_clue_that_one_person_routes_and_another_one_concludes_has_both(api: Api, database: Database) -> None:
    consume(database, assessed("one", industry="unknown"))
    path = f"/clues/{clues(database)[0].id}"
    assert (
        api.post(MIIT, f"{path}/routing", {"authority": "SAMR", "reason": "x"}, seen=1, by="router").status_code == 200
    )
    seal(database)
    assert api.post(SAMR, f"{path}/conclusion", FINE, seen=3, by="official").status_code == 200
    (chain,) = chains(database, "clue-concluded.v1")
    assert {"router", "official"} <= set(str(chain).split())
