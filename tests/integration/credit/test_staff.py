"""Staff: filters and pages, visibility by province, scopes, and the figures."""

from __future__ import annotations

from uuid import uuid4

import pytest

from chassis import clock
from chassis.database import Database
from tests.integration.credit.api import CMCC, GUANGDONG, MIIT, PROPOSAL, REJECT, SCOPES, Api, confirmed, proposed
from tests.integration.credit.scenes import OF_BEIJING, SHOP, consume, days, entries, executed, fined, three_orders
from tests.integration.http.api import problem

# ------------------------------------------------------------------------------------------------------------- listing


def test_entries_are_filtered_and_paged(api: Api, database: Database) -> None:
    consume(database, fined("one", 50_000), fined("two", 100, enterprise=OF_BEIJING))
    by_hand = proposed(api, list="dishonest")
    api.post(MIIT, f"{by_hand}/objection", {"statement": "no"}, seen=1)

    def found(**query: str) -> int:
        return len(api.get(MIIT, "/entries", **query).json()["items"])

    assert (found(), found(state="contested"), found(code=SHOP), found(ground="fined")) == (3, 1, 2, 2)
    assert (found(list="dishonest"), found(tier="serious"), found(tier="serious", code=OF_BEIJING)) == (1, 1, 0)
    page, seen = api.get(MIIT, "/entries", page_size=1).json(), []
    while True:
        seen += [each["id"] for each in page["items"]]
        if page["next_page_token"] is None:
            break
        page = api.get(MIIT, "/entries", page_size=1, page_token=page["next_page_token"]).json()
    assert seen == [str(row.id) for row in entries(database)]


# ----------------------------------------------------------------------------------------------------------- visibility


def test_a_province_sees_and_acts_on_the_entries_of_its_enterprises(api: Api) -> None:
    own = api.post(GUANGDONG, "/entries", PROPOSAL)
    assert own.status_code == 201
    assert problem(api.post(GUANGDONG, "/entries", PROPOSAL | {"code": OF_BEIJING})) == (403, "forbidden")
    foreign = proposed(api, code=OF_BEIJING)
    assert [each["code"] for each in api.get(GUANGDONG, "/entries").json()["items"]] == [SHOP]
    assert api.get(GUANGDONG, "/entries", code=OF_BEIJING).json()["items"] == []
    assert problem(api.get(GUANGDONG, foreign)) == (404, "not-found")
    assert problem(api.post(GUANGDONG, f"{foreign}/decision", REJECT, by="chen", seen=1)) == (404, "not-found")
    path = own.headers["location"]
    assert problem(api.post(GUANGDONG, f"{path}/decision", REJECT, seen=1)) == (403, "four-eyes")
    assert api.post(GUANGDONG, f"{path}/decision", REJECT, by="chen", seen=1).status_code == 200


@pytest.mark.parametrize("org", ["carrier:CMCC", "authority:SAMR", "channel:app", "regulator:CA-99", "citizen:me"])
def test_entries_are_for_staff_only(api: Api, org: str) -> None:
    path = proposed(api)
    assert problem(api.get(org, "/entries")) == (403, "forbidden")
    assert problem(api.get(org, path)) == (403, "forbidden")
    assert problem(api.post(org, "/entries", PROPOSAL)) == (403, "forbidden")
    assert problem(api.post(org, f"{path}/decision", REJECT, by="x", seen=1)) == (403, "forbidden")
    assert problem(api.get(org, "/statistics")) == (403, "forbidden")


def test_an_unknown_entry_is_not_found(api: Api) -> None:
    path = f"/entries/{uuid4()}"
    assert problem(api.get(MIIT, path)) == (404, "not-found")
    assert problem(api.post(MIIT, f"{path}/decision", REJECT, seen=1)) == (404, "not-found")


def test_every_route_needs_its_scope(api: Api) -> None:
    path = proposed(api)

    def without(scope: str) -> str:
        return SCOPES.replace(scope, "")

    assert problem(api.get(MIIT, "/entries", scopes=without("credit:read"))) == (403, "forbidden")
    assert problem(api.get(CMCC, f"/standings/{SHOP}", scopes=without("credit:check"))) == (403, "forbidden")
    answer = api.post(CMCC, "/standings/checks", {"codes": [SHOP]}, scopes=without("credit:check"))
    assert problem(answer) == (403, "forbidden")
    assert problem(api.post(MIIT, "/entries", PROPOSAL, scopes=without("credit:propose"))) == (403, "forbidden")
    objected = api.post(MIIT, f"{path}/objection", {"statement": "x"}, seen=1, scopes=without("credit:propose"))
    assert problem(objected) == (403, "forbidden")
    for act, body in (
        ("decision", REJECT),
        ("repair", {"statement": "x"}),
        ("withdrawal", {"reason": "mistake", "note": "x"}),
        ("withdrawal-review", {"outcome": "confirmed", "reason": "x"}),
    ):
        answer = api.post(MIIT, f"{path}/{act}", body, by="wang", seen=1, scopes=without("credit:decide"))
        assert problem(answer) == (403, "forbidden")


# ---------------------------------------------------------------------------------------------------------- statistics


def test_the_figures_add_up(api: Api, database: Database) -> None:
    consume(database, *three_orders(), fined(enterprise=OF_BEIJING, amount=1), executed("l", ground="listing"))
    confirmed(api)
    confirmed(api, code=OF_BEIJING, tier="minor")
    repaired = confirmed(api, list="dishonest")
    with clock.shifted(days(100)):
        api.post(MIIT, f"{repaired}/repair", {"statement": "x"}, seen=2)
    path = proposed(api)
    api.post(MIIT, f"{path}/objection", {"statement": "no"}, seen=1)
    api.post(MIIT, f"{path}/decision", REJECT, by="wang", seen=2)
    figures = api.get(MIIT, "/statistics").json()
    assert figures == {
        "entries": {"proposed": 6, "contested": 1, "effective": 3, "repaired": 1, "expired": 0, "withdrawn": 1},
        "states": {"proposed": 2, "contested": 0, "effective": 2, "repaired": 1, "expired": 0, "withdrawn": 1},
        "grounds": {"fined": 1, "orders": 1, "by-hand": 4},
        "standings": {"codes": 2, "listed": 2, "refused": 1},
        "orders": {"counting": 3},
    }
    assert sum(figures["states"].values()) == sum(figures["grounds"].values()) == figures["entries"]["proposed"]
    assert problem(api.get(GUANGDONG, "/statistics")) == (403, "forbidden")
